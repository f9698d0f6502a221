"""Rows with dotted names, as document stores keep them, made into the structures that maps speak of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), int),
    **dict.fromkeys(("real", "float", "double"), float),
    "json": json.loads,
    "boolean": lambda text: text.lower() == "true",
}


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


def listed_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """`{"a[].b": [1, None], "c.d": 2}` as `{"a": [{"b": 1}, {}], "c": {"d": 2}}`; what is None is left out.

    Names with the same beginning before `[]` are members of the same objects, whose order the values keep.
    """
    found: dict[str, Any] = {}
    for name, value in record.items():
        before, is_listed, inner = name.partition("[].")
        if value is None:
            continue
        if not is_listed:
            found[name] = value
            continue
        items = found.setdefault(before, [])
        items += [{} for _ in value[len(items) :]]
        for item, each in zip(items, value, strict=False):
            if each is not None:
                item[inner] = each
    return nested_record(found)


def typed(text: str, kind: str) -> Any:
    """The value that a text stands for, by the SQL type of its column; text of any other type stays."""
    read = _READ.get(kind.lower())
    return text if read is None else read(text)


def typed_records(
    names: Sequence[str], kinds: Sequence[str], rows: Iterable[Sequence[str | None]]
) -> list[dict[str, Any]]:
    """Rows of texts (None: no value) as `listed_record` makes them, each text as its column's SQL type."""
    return [
        listed_record(
            {
                name: typed(text, kind)
                for name, kind, text in zip(names, kinds, row, strict=True)
                if text is not None
            }
        )
        for row in rows
    ]


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
