"""One row on its way through the form of earlier releases: how leaves of a map become objects and references.

What stands around the objects, and the objects of several rows, are in `classic_engine.py`.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from stix_shifter_utils.results.transformers.texts import StringToBool
from stix_shifter_utils.results.transformers.times import EpochSecondsToTimestamp, EpochToTimestamp
from stix_shifter_utils.stix.classic import properties as CHECKED  # noqa: N812 -- a table, named as one here
from stix_shifter_utils.stix.classic_ids import properties as CONTRIBUTING  # noqa: N812 -- the same

Object = dict[str, Any]
Renaming = Callable[[Mapping[str, Any], str, str], str]
_FALLBACK: Final = "cust_object"
_NAMESPACE: Final = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
_WHOLE: Final = frozenset({EpochSecondsToTimestamp, EpochToTimestamp})
"""Transformers of this library that once read whole numbers only; what they do with others is told here."""
_UNREACHED: Final = -1
"""The index of what a list under a longer key became: no reference finds it."""


class _Place(NamedTuple):
    """Where a value stands: the indexes of the lists around its own list, and its index in that."""

    path: tuple[int, ...] = ()
    item: int | None = None

    @property
    def inner(self) -> tuple[int, ...]:
        """The path of what lies in a list here."""
        return self.path if self.item is None else (*self.path, self.item)


_TOP: Final = _Place()


class _Reference(NamedTuple):
    """A reference to the object of this number."""

    number: int


class ClassicRow:
    """The objects of a row, by number; `observed` are the properties of its observed-data."""

    def __init__(self, transformers: Mapping[str, Any], rename: Renaming, fallback_type: str | None) -> None:
        self.observed: Object = {}
        self.left_out: list[tuple[str, str]] = []
        self._objects: list[Object] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self._named: list[tuple[str, tuple[int, ...]]] = []
        self._filled: dict[int, None] = {}
        self._transformers, self._rename, self._fallback = transformers, rename, fallback_type

    def walk(self, row: Mapping[str, Any], level: Mapping[str, Any], place: _Place = _TOP) -> None:
        """Take up every native value of a level, in the order of the row."""
        for native, value in row.items():
            if value is None:
                continue
            node = level.get(native)
            if node is None:
                self._unmapped(native, value, place)
            elif _is_leaf(node):
                self._leaf(row, native, node, value, place)
            elif isinstance(node, list):
                self._leaves(row, native, node, value, place)
            elif isinstance(node, Mapping):
                self._nested(value, node, place)

    def _nested(self, value: Any, node: Mapping[str, Any], place: _Place) -> None:
        if isinstance(value, Mapping):
            self.walk(value, node, place)
        elif isinstance(value, list):
            path = place.inner
            for index, item in enumerate(value):
                if not isinstance(item, (Mapping, list)):
                    break
                self._nested(item, node, _Place(path, index))
            self._group_references(node, place, len(value))

    def _leaves(
        self, row: Mapping[str, Any], native: str, node: list[Any], value: Any, place: _Place
    ) -> None:
        structures = value[:1] if isinstance(value, list) else [value]
        if any(isinstance(one, Mapping) for one in structures):
            self._nested(value, {}, place)
            return
        if isinstance(value, list) and not value:
            return
        for leaf in node:
            if _is_leaf(leaf):
                self._leaf(row, native, leaf, value, place)

    def _leaf(
        self, row: Mapping[str, Any], native: str, leaf: Mapping[str, Any], value: Any, place: _Place
    ) -> None:
        try:
            key = self._rename(row, native, leaf["key"])
        except Exception as error:  # noqa: BLE001 -- a connector's own function: its failure skips this leaf
            self.left_out.append((native, str(error)))
            return
        if "." not in key:
            self.observed[key] = self._own_value(key, leaf, value, place)
            return
        if leaf.get("ds_key"):
            value = row.get(leaf["ds_key"])
        if value is not None:
            self._property(key, leaf, value, place)

    def _own_value(self, key: str, leaf: Mapping[str, Any], value: Any, place: _Place) -> Any:
        """A property of the observed-data; None for a value that does not fit."""
        found = self._transformed(leaf, value)
        if found is not None and leaf.get("references"):
            return self._referred(leaf, found, place)
        return found if _fits(key, found) else None

    def _property(self, key: str, leaf: Mapping[str, Any], value: Any, place: _Place) -> None:
        kind, _, rest = key.partition(".")
        if not rest:
            return
        steps = rest.split(".")
        name = str(leaf.get("object") or kind)
        found = self._found(key, leaf, value, place)
        if _is_plain(leaf) and "unwrap" in leaf and isinstance(found, list) and isinstance(value, list):
            if len(steps) == 1:
                for index, item in enumerate(found):
                    self._write(name, _Place(place.inner, index), kind, steps, item, leaf)
                return
            place = _Place(place.inner, _UNREACHED)
        if not _is_empty(_wrapped(steps, found)[steps[0]]):
            self._write(name, place, kind, steps, found, leaf)

    def _found(self, key: str, leaf: Mapping[str, Any], value: Any, place: _Place) -> Any:
        """The value of a leaf; None where there is none. What is to be unwrapped is not checked."""
        if "value" in leaf:
            return leaf["value"]
        found = self._transformed(leaf, value)
        if leaf.get("references"):
            is_made = found is None or (isinstance(found, list) and not isinstance(value, list))
            return None if is_made else self._referred(leaf, found, place)
        is_unwrapped = "unwrap" in leaf and isinstance(found, list) and isinstance(value, list)
        return found if is_unwrapped or _fits(key, found) else None

    def _transformed(self, leaf: Mapping[str, Any], value: Any) -> Any:
        """The value as the leaf's transformer makes it; None for one that it cannot read."""
        name = leaf.get("transformer")
        if not name:
            return value
        if name not in self._transformers:
            self.left_out.append((str(leaf["key"]), f"there is no transformer {name}"))
            return None
        transformer = self._transformers[name]
        if transformer in _WHOLE and isinstance(value, (bool, float)):
            value = int(value)
        elif transformer is StringToBool and not isinstance(value, str):
            return None
        try:
            return transformer.transform(value)
        except Exception:  # noqa: BLE001 -- a transformer may raise anything for a value that it cannot read
            return None

    def _referred(self, leaf: Mapping[str, Any], value: Any, place: _Place) -> Any:
        """References to objects that are there already: by the index of a list's items, else by the place.

        None where there is no such object.
        """
        names = leaf["references"]
        is_list = isinstance(names, list)
        indexes: Any = range(len(value)) if isinstance(value, list) else [place.item or 0]
        path = place.inner if isinstance(value, list) else place.path
        if not is_list:
            names, indexes = [names], indexes[:1]
        numbers = [self._numbers.get((_called(name, path), index)) for name in names for index in indexes]
        found = [_Reference(number) for number in numbers if number is not None]
        if not found:
            return None
        return found if is_list or ("unwrap" in leaf and isinstance(value, list)) else found[0]

    def _group_references(self, level: Mapping[str, Any], place: _Place, length: int) -> None:
        """Properties of outer objects that refer to all that a list has made."""
        for leaf in level.values():
            if not _is_leaf(leaf) or not leaf.get("group_ref") or not leaf.get("references"):
                continue
            names = leaf["references"]
            found = [
                _Reference(number)
                for name in (names if isinstance(names, list) else [names])
                for index in range(length if isinstance(names, list) else min(length, 1))
                for number in self._made_at(name, place.inner, index)
            ]
            kind, _, rest = str(leaf["key"]).partition(".")
            value = (found if isinstance(names, list) else found[0]) if found else None
            if value is not None or "." in rest:
                self._write(str(leaf.get("object") or kind), place, kind, rest.split("."), value, leaf)

    def _made_at(self, name: str, path: tuple[int, ...], index: int) -> list[int]:
        """The object of a name at this place of a list, or else all of that name in lists below it."""
        number = self._numbers.get((_called(name, path), index))
        if number is not None:
            return [number]
        below = (*path, index)
        depth = len(below)
        inner = (at[depth] for called, at in self._named if called == name and at[:-1][:depth] == below)
        return [one for at in dict.fromkeys(inner) for one in self._made_at(name, below, at)]

    def _unmapped(self, native: str, value: Any, place: _Place) -> None:
        steps = str(native).split(".")
        if self._fallback and not _is_empty(_wrapped(steps, value)[steps[0]]):
            self._write(_FALLBACK, place, self._fallback, steps, value, {})

    def _write(
        self, name: str, place: _Place, kind: str, steps: list[str], value: Any, leaf: Mapping[str, Any]
    ) -> None:
        known = _called(name, place.path), place.item or 0
        group = leaf.get("group")
        is_named = bool(group) and group is not True and group != "true"
        prop, value = steps[0], _wrapped(steps, value)[steps[0]]
        number = self._numbers.get(known)
        is_new = number is None
        if number is None:
            self._numbers[known] = number = len(self._objects)
            self._named.append((name, (*place.path, place.item or 0)))
            self._objects.append({"type": kind, prop: [value] if is_named else value})
        item = self._objects[number]
        if "_ref" not in prop:
            self._filled[number] = None
        if is_new:
            return
        if prop not in item:
            item[prop] = value
        elif isinstance(item[prop], dict) and isinstance(value, dict):
            item[prop] = _merged(item[prop], value)
        elif isinstance(item[prop], list) and group:
            _extend(item[prop], value, is_named=is_named)

    def numbered(self) -> Object:
        """The objects as STIX 2.0 embeds them, without those that hold nothing but references."""
        marks = {number: str(number) for number in range(len(self._objects))}
        self.observed = _resolved(self.observed, marks)
        return {marks[number]: _resolved(self._objects[number], marks) for number in sorted(self._filled)}

    def identified(self) -> dict[str, Object]:
        """The objects of STIX 2.1 by id, those first that first held more than references.

        Of objects with one id, the first one stands.
        """
        marks = {number: str(number) for number in range(len(self._objects))}
        for number in sorted(self._filled):
            marks[number] = _id_of(_resolved(self._objects[number], marks))
        self.observed = _resolved(self.observed, marks)
        found: dict[str, Object] = {}
        for number in self._filled:
            written = _resolved(self._objects[number], marks)
            found.setdefault(marks[number], {**written, "id": marks[number], "spec_version": "2.1"})
        return found


def _is_leaf(node: Any) -> bool:
    return isinstance(node, Mapping) and isinstance(node.get("key"), str)


def _is_plain(leaf: Mapping[str, Any]) -> bool:
    """Whether a leaf holds the native value, not a constant or a reference."""
    return "value" not in leaf and not leaf.get("references")


def _called(name: str, path: tuple[int, ...]) -> str:
    """The name of an object inside lists, by which references find it."""
    return "_".join([name, *map(str, path)])


def _wrapped(steps: list[str], value: Any) -> Object:
    for step in reversed(steps):
        value = {step: value}
    found: Object = value
    return found


def _fits(key: str, value: Any) -> bool:
    form = CHECKED.get(key, {}).get("valid_regex")
    return form is None or re.match(form, str(value)) is not None


def _is_empty(value: Any) -> bool:
    """Nothing to write: None, "" or [], or a structure that has such a one first in one of its parts."""
    if isinstance(value, dict):
        parts = (part for part in value.values() if isinstance(part, dict))
        return any(_is_blank(next(iter(part.values()), None)) for part in parts)
    return value is None or _is_blank(value)


def _is_blank(value: Any) -> bool:
    return isinstance(value, (str, list)) and not value


def _merged(one: Object, two: Object) -> Object:
    """Both, and of what both have, the second."""
    found = dict(one)
    for name, value in two.items():
        mine = found.get(name)
        found[name] = _merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return found


def _extend(items: list[Any], value: Any, *, is_named: bool) -> None:
    if is_named and isinstance(value, dict) and items and isinstance(items[0], dict):
        items[0] = _merged(items[0], value)
    elif isinstance(value, (list, str, dict)):
        items.extend(value)
    else:
        items.append(value)


def _id_of(item: Object) -> str:
    """The id of earlier releases: of the contributing properties, without hashes and references."""
    kind = item["type"]
    names = [name for name in CONTRIBUTING.get(kind, ()) if name != "hashes" and "_ref" not in name]
    values = {name: item[name] for name in names if name in item}
    if not values:
        return f"{kind}--{uuid.uuid4()}"
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return f"{kind}--{uuid.uuid5(_NAMESPACE, text)}"


def _resolved(value: Any, marks: Mapping[int, str]) -> Any:
    """The same with references written out."""
    if isinstance(value, _Reference):
        return marks[value.number]
    if isinstance(value, dict):
        return {key: _resolved(item, marks) for key, item in value.items()}
    return [_resolved(item, marks) for item in value] if isinstance(value, list) else value
