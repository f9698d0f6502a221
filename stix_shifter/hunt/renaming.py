"""Giving STIX objects other ids, with the references to them; dictionaries are never changed, but copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Object = dict[str, Any]


def renamed(objects: Iterable[Object], names: Mapping[str, str]) -> list[Object]:
    """Copies of objects in which ids and references follow `names`."""
    return [_renamed(item, names) for item in objects]


def _renamed(item: Object, names: Mapping[str, str]) -> Object:
    made: Object = _follow(item, names, "")
    if item.get("id") in names:
        made["id"] = names[item["id"]]
    return made


def _follow(value: Any, names: Mapping[str, str], key: str) -> Any:
    if isinstance(value, dict):
        return {name: _follow(part, names, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_follow(part, names, key) for part in value]
    if isinstance(value, str) and key.endswith(("_ref", "_refs")):
        return names.get(value, value)
    return value
