"""Rows with dotted names, as document stores keep them, made into the structures that maps speak of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def nested_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """`{"a.b": 1, "a": {"c": 2}}` as `{"a": {"b": 1, "c": 2}}`, also inside lists; the input stays as it is.

    A dotted name whose beginning is a plain value already keeps its dots.
    """
    found: dict[str, Any] = {}
    for name, value in record.items():
        inner = _nested(value)
        if "." in name.strip("."):
            _put(found, name, inner)
        else:
            _join(found, name, inner)
    return found


def _nested(value: Any) -> Any:
    if isinstance(value, Mapping):
        return nested_record(value)
    return [_nested(item) for item in value] if isinstance(value, list) else value


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    *folders, last = name.split(".")
    level: Any = found
    for folder in folders:
        level = level.setdefault(folder, {})
        if not isinstance(level, dict):
            found[name] = value
            return
    _join(level, last, value)


def _join(level: dict[str, Any], name: str, value: Any) -> None:
    known = level.get(name)
    if isinstance(known, dict) and isinstance(value, dict):
        for inner, each in value.items():
            _join(known, inner, each)
    else:
        level[name] = value
