"""Writers: how a clean value gets into its object, next to what is there already. Nested parts and groups.

The first value of a property stays; parts of an object are merged, where a later one stands. What makes a
value clean is in `stix.kinds`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.results.build import Object, RowBuild, merge_into

if TYPE_CHECKING:
    from stix_shifter_utils.results.keys import Key

Write = Callable[[RowBuild, Object, Any], str | None]
"""Writes a value into an object; says why not, when another value stands in its place."""

TAKEN: Final = "another value was there first"
EXTEND: Final = "true"
"""The value of `group` that extends a list; any other text names an item of one."""


def writer(key: Key, group: str | None) -> Write:
    """The writer for a leaf's key and its `group`."""
    if len(key.steps) == 1 and group is None:
        return _write_top(key.steps[0])
    if len(key.steps) == 1 and group == EXTEND:
        return _extend_top(key.steps[0], wrap=key.kind.shape == "any")
    if len(key.steps) == 1:
        return _write_group(key.steps[0], str(group), wrap=key.kind.shape == "any")
    if len(key.steps) == 2 and group is None and key.kinds[0].shape != "structs":  # noqa: PLR2004  one part
        return _write_part(*key.steps)
    return _write_deep(key, group)


def _write_part(name: str, part: str) -> Write:
    def write(_build: RowBuild, item: Object, value: Any) -> str | None:
        mine = item.get(name)
        if mine is None:
            item[name] = {part: value}
            return None
        if isinstance(mine, list) and mine and isinstance(mine[0], dict):
            mine = mine[0]
        if not isinstance(mine, dict):
            return TAKEN
        there = mine.get(part)
        if isinstance(there, dict) and isinstance(value, dict):
            merge_into(there, value)
        else:
            mine[part] = value
        return None

    return write


def _write_top(name: str) -> Write:
    def write(_build: RowBuild, item: Object, value: Any) -> str | None:
        if name not in item:
            item[name] = value
            return None
        return _meet(item, name, value)

    return write


def _meet(item: Object, name: str, value: Any) -> str | None:
    """A second value for a property: parts of objects are merged, any other value has to be the same."""
    mine = item[name]
    if isinstance(mine, dict) and isinstance(value, dict):
        merge_into(mine, value)
        return None
    return None if mine == value else TAKEN


def _extend_top(name: str, *, wrap: bool) -> Write:
    def write(_build: RowBuild, item: Object, value: Any) -> str | None:
        if name not in item:
            item[name] = [value] if wrap and not isinstance(value, list) else value
            return None
        return _extend(item, name, value)

    return write


def _extend(item: Object, name: str, value: Any) -> str | None:
    if not isinstance(item[name], list):
        return _meet(item, name, value)
    if isinstance(value, list):
        item[name].extend(value)
    else:
        item[name].append(value)
    return None


def _write_group(name: str, group: str, *, wrap: bool) -> Write:
    def write(build: RowBuild, item: Object, value: Any) -> str | None:
        if isinstance(value, dict):
            items = _list_at(item, name)
            if items is None:
                return TAKEN
            merge_into(build.item_of(items, group), value)
            return None
        if name not in item:
            item[name] = [value] if wrap and not isinstance(value, list) else value
            return None
        return _extend(item, name, value)

    return write


def _write_deep(key: Key, group: str | None) -> Write:
    *above, name = key.steps
    named = group if group is not None and group != EXTEND else ""
    # a struct whose property is a list is its first item; a named group makes a list of the first step
    lists = [kind.shape == "structs" or (bool(named) and at == 0) for at, kind in enumerate(key.kinds)]
    wrap = group == EXTEND and key.kind.shape == "any"

    def write(build: RowBuild, item: Object, value: Any) -> str | None:
        place = item
        for step, is_list in zip(above, lists, strict=False):
            inner = _inside(build, place, step, named if is_list else None)
            if inner is None:
                return TAKEN
            place = inner
        if group == EXTEND and name in place:
            return _extend(place, name, value)
        mine = place.get(name)
        if isinstance(mine, dict) and isinstance(value, dict):
            merge_into(mine, value)
        else:
            place[name] = [value] if wrap and not isinstance(value, list) else value
        return None

    return write


def inside(build: RowBuild, item: Object, steps: tuple[str, ...], kinds: tuple[Any, ...]) -> Object | None:
    """The part of an object that steps lead to, made where missing; None where something else stands."""
    place: Object | None = item
    for step, kind in zip(steps, kinds, strict=False):
        if place is not None:
            place = _inside(build, place, step, "" if kind.shape == "structs" else None)
    return place


def _inside(build: RowBuild, place: Object, step: str, group: str | None) -> Object | None:
    """The object one step down, made if need be. With a group: the item of it in the list there."""
    inner = place.get(step)
    if group is None and not (isinstance(inner, list) and inner and isinstance(inner[0], dict)):
        inner = place.setdefault(step, {})
        return inner if isinstance(inner, dict) else None
    items = _list_at(place, step)
    return None if items is None else build.item_of(items, group or "")


def _list_at(place: Object, step: str) -> list[Any] | None:
    """The list at a step, made if need be; an object that stands there becomes its first item."""
    inner = place.get(step)
    if inner is None or isinstance(inner, dict):
        inner = place[step] = [] if inner is None else [inner]
    return inner if isinstance(inner, list) else None
