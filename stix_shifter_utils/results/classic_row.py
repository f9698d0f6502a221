"""One row on its way through the form of earlier releases: how leaves of a map become objects and references.

Leaves are read in `classic_map.py`, ids of STIX 2.1 made in `classic_id.py`. What stands around the objects,
and the objects of several rows, are in `classic_engine.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from stix_shifter_utils.results.classic_id import classic_id
from stix_shifter_utils.results.classic_map import Entry, Leaf, Level, fallback_leaf

Object = dict[str, Any]
Renaming = Callable[[Mapping[str, Any], str, str], str]
_UNREACHED: Final = -1
"""The index of what a list under a longer key became: no reference finds it."""
_PLAIN: Final = frozenset({str, int, float, bool})
"""Types of values that hold no others."""
_ALONE: Final[tuple[int, ...]] = (0,)


class _Place(NamedTuple):
    """Where a value stands: the indexes of the lists around its own list, and its index in that."""

    path: tuple[int, ...] = ()
    item: int | None = None

    @property
    def inner(self) -> tuple[int, ...]:
        """The path of what lies in a list here."""
        return self.path if self.item is None else (*self.path, self.item)


_TOP: Final = _Place()


class _Made:
    """An object that the row has made. As a value it is a reference to itself, until references are written.

    `name` and `at` are its name in the map and its place in lists, `mark` how references name it in the end.
    """

    __slots__ = ("at", "is_deep", "is_filled", "item", "mark", "name")

    def __init__(self, name: str, at: tuple[int, ...], mark: str, item: Object) -> None:
        self.name, self.at, self.mark, self.item = name, at, mark, item
        self.is_filled = False
        """Whether it holds more than references."""
        self.is_deep = False
        """Whether a value of it may hold references, or what belongs to the row."""


class ClassicRow:
    """The objects of a row; `observed` are the properties of its observed-data."""

    def __init__(self, rename: Renaming | None, fallback_type: str | None) -> None:
        self.observed: Object = {}
        self.left_out: list[tuple[str, str]] = []
        self._objects: list[_Made] = []
        self._known: dict[tuple[str, int], _Made] = {}
        self._filled: list[_Made] = []
        self._rename, self._fallback = rename, fallback_type

    def walk(self, row: Mapping[str, Any], level: Level, place: _Place = _TOP) -> None:
        """Take up every native value of a level, in the order of the row."""
        entries, rename = level.entries, self._rename
        for native, value in row.items():
            if value is None:
                continue
            entry = entries.get(native) or level.entry(native)
            is_plain = value.__class__ in _PLAIN
            if entry is None:
                self._unmapped(native, value, place)
            elif entry.level is not None:
                if not is_plain:
                    self._nested(value, entry.level, place)
            elif is_plain or not entry.is_several or self._is_for_leaves(value, place):
                leaves = entry.leaves if rename is None else self._renamed(rename, row, native, entry, level)
                for leaf in leaves:
                    if not (is_plain and leaf.is_quick):
                        self._leaf(row, leaf, value, place)
                    elif leaf.targets:
                        self._refer(leaf, place)
                    else:
                        self._quick(leaf, value, place)

    def _nested(self, value: Any, level: Level, place: _Place) -> None:
        if isinstance(value, Mapping):
            self.walk(value, level, place)
        elif isinstance(value, list):
            path = place.inner
            for index, item in enumerate(value):
                if not isinstance(item, (Mapping, list)):
                    break
                self._nested(item, level, _Place(path, index))
            for leaf in level.group_references():
                self._group_reference(leaf, place, len(value))

    def _is_for_leaves(self, value: Any, place: _Place) -> bool:
        """Whether several leaves take a value. A structure goes to unmapped fields, an empty list nowhere."""
        structures = value[:1] if isinstance(value, list) else [value]
        if any(isinstance(one, Mapping) for one in structures):
            self._nested(value, Level({}, {}), place)
            return False
        return not isinstance(value, list) or bool(value)

    def _renamed(
        self, rename: Renaming, row: Mapping[str, Any], native: str, entry: Entry, level: Level
    ) -> Iterator[Leaf]:
        """The leaves under the keys that a connector's function gives them."""
        for leaf, node in zip(entry.leaves, entry.sources, strict=True):
            try:
                key = rename(row, native, node["key"])
            except Exception as error:  # noqa: BLE001 -- a connector's function: its failure skips this leaf
                self.left_out.append((native, str(error)))
                continue
            yield leaf if key == node["key"] else level.leaf(node, key)

    def _quick(self, leaf: Leaf, value: Any, place: _Place) -> None:
        """A plain value of a leaf that does not refer."""
        if leaf.read is not None:
            value = leaf.read(value)
        if leaf.fits is not None and leaf.fits(str(value)) is None:
            value = None
        if leaf.is_deep:
            value = _wrapped(leaf.steps, value)
        if value != "" if value.__class__ in _PLAIN else not _is_empty(value):
            self._write(leaf, value, place)

    def _refer(self, leaf: Leaf, place: _Place) -> None:
        """References to objects of the same place, for a plain value there."""
        known, targets = self._known, leaf.targets
        if place is not _TOP:
            targets = tuple((_called(name, place.path), place.item or 0) for name in leaf.names)
        found: Any
        if leaf.is_list:
            found = [known[target] for target in targets if target in known]
        else:
            found = known.get(targets[0])
        if found:
            self._write(leaf, found, place)

    def _leaf(self, row: Mapping[str, Any], leaf: Leaf, value: Any, place: _Place) -> None:
        if not leaf.steps:
            self.observed[leaf.prop] = self._own_value(leaf, value, place)
            return
        if leaf.borrowed is not None:
            value = row.get(leaf.borrowed)
        if value is not None and leaf.steps != ("",):
            self._property(leaf, value, place)

    def _own_value(self, leaf: Leaf, value: Any, place: _Place) -> Any:
        """A property of the observed-data; None for a value that does not fit."""
        found = self._transformed(leaf, value)
        if found is not None and leaf.names:
            return self._referred(leaf, found, place)
        return found if _fits(leaf, found) else None

    def _property(self, leaf: Leaf, value: Any, place: _Place) -> None:
        found = self._found(leaf, value, place)
        is_plain = not leaf.is_constant and not leaf.names
        if is_plain and leaf.is_unwrapped and isinstance(found, list) and isinstance(value, list):
            if len(leaf.steps) == 1:
                for index, item in enumerate(found):
                    self._write(leaf, item, _Place(place.inner, index))
                return
            place = _Place(place.inner, _UNREACHED)
        found = _wrapped(leaf.steps, found)
        if not _is_empty(found):
            self._write(leaf, found, place)

    def _found(self, leaf: Leaf, value: Any, place: _Place) -> Any:
        """The value of a leaf; None where there is none. What is to be unwrapped is not checked."""
        if leaf.is_constant:
            return leaf.constant
        found = self._transformed(leaf, value)
        if leaf.names:
            is_made = found is None or (isinstance(found, list) and not isinstance(value, list))
            return None if is_made else self._referred(leaf, found, place)
        is_unwrapped = leaf.is_unwrapped and isinstance(found, list) and isinstance(value, list)
        return found if is_unwrapped or _fits(leaf, found) else None

    def _transformed(self, leaf: Leaf, value: Any) -> Any:
        """The value as the leaf's transformer makes it; None for one that it cannot read."""
        if leaf.missing:
            self.left_out.append((leaf.key, f"there is no transformer {leaf.missing}"))
            return None
        return value if leaf.read is None else leaf.read(value)

    def _referred(self, leaf: Leaf, value: Any, place: _Place) -> Any:
        """References to objects that are there already: by the index of a list's items, else by the place.

        None where there is no such object.
        """
        indexes: Any = range(len(value)) if isinstance(value, list) else [place.item or 0]
        path = place.inner if isinstance(value, list) else place.path
        if not leaf.is_list:
            indexes = indexes[:1]
        made = [self._known.get((_called(name, path), index)) for name in leaf.names for index in indexes]
        found = [one for one in made if one is not None]
        if not found:
            return None
        return found if leaf.is_list or (leaf.is_unwrapped and isinstance(value, list)) else found[0]

    def _group_reference(self, leaf: Leaf, place: _Place, length: int) -> None:
        """A property of an outer object that refers to all that a list has made."""
        found = [
            made
            for name in leaf.names
            for index in range(length if leaf.is_list else min(length, 1))
            for made in self._made_at(name, place.inner, index)
        ]
        value = (found if leaf.is_list else found[0]) if found else None
        if value is not None or len(leaf.steps) > 1:
            self._write(leaf, _wrapped(leaf.steps, value), place)

    def _made_at(self, name: str, path: tuple[int, ...], index: int) -> list[_Made]:
        """The object of a name at this place of a list, or else all of that name in lists below it."""
        made = self._known.get((_called(name, path), index))
        if made is not None:
            return [made]
        below = (*path, index)
        depth = len(below)
        inner = (one.at[depth] for one in self._objects if one.name == name and one.at[:-1][:depth] == below)
        return [one for at in dict.fromkeys(inner) for one in self._made_at(name, below, at)]

    def _unmapped(self, native: Any, value: Any, place: _Place) -> None:
        if not self._fallback:
            return
        leaf = fallback_leaf(self._fallback, str(native))
        if value.__class__ in _PLAIN:
            self._quick(leaf, value, place)
            return
        found = _wrapped(leaf.steps, value)
        if not _is_empty(found):
            self._write(leaf, found, place)

    def _write(self, leaf: Leaf, value: Any, place: _Place) -> None:
        """A value, wrapped in what stands between it and the property, to the object of a place."""
        known = leaf.known if place is _TOP else (_called(leaf.name, place.path), place.item or 0)
        made, prop = self._known.get(known), leaf.prop
        if made is None:
            at = _ALONE if place is _TOP else (*place.path, place.item or 0)
            item = {"type": leaf.kind, prop: [value] if leaf.is_named_group else value}
            made = self._known[known] = _Made(leaf.name, at, str(len(self._objects)), item)
            self._objects.append(made)
        elif prop not in made.item:
            made.item[prop] = value
        elif leaf.is_grouped or isinstance(value, dict):
            _add(made.item, leaf, value)
        if value.__class__ not in _PLAIN or leaf.is_grouped:
            made.is_deep = True
        if leaf.fills and not made.is_filled:
            made.is_filled = True
            self._filled.append(made)

    def numbered(self) -> Object:
        """The objects as STIX 2.0 embeds them, without those that hold nothing but references."""
        _settle(self._filled)
        self.observed = _resolved(self.observed)
        return {made.mark: made.item for made in self._objects if made.is_filled}

    def identified(self) -> dict[str, Object]:
        """The objects of STIX 2.1 by id, those first that first held more than references.

        Of objects with one id, the first one stands.
        """
        for made in self._objects:
            if made.is_filled:
                made.mark = classic_id(_resolved(made.item) if made.is_deep else made.item)
        _settle(self._filled)
        self.observed = _resolved(self.observed)
        found: dict[str, Object] = {}
        for made in self._filled:
            made.item["id"] = made.mark
            made.item["spec_version"] = "2.1"
            found.setdefault(made.mark, made.item)
        return found


def _settle(filled: Iterable[_Made]) -> None:
    """Write out the references of objects, in place."""
    for made in filled:
        if made.is_deep:
            item = made.item
            for prop, value in item.items():
                if value.__class__ not in _PLAIN:
                    item[prop] = _resolved(value)


def _add(item: Object, leaf: Leaf, value: Any) -> None:
    """A second value of a property: structures merge, grouped lists grow, of others the first stands."""
    held = item[leaf.prop]
    if isinstance(held, dict) and isinstance(value, dict):
        item[leaf.prop] = _merged(held, value)
    elif isinstance(held, list) and leaf.is_grouped:
        item[leaf.prop] = grown = list(held)  # what is held may be the caller's row, or the map's constant
        _extend(grown, value, is_named=leaf.is_named_group)


def _called(name: str, path: tuple[int, ...]) -> str:
    """The name of an object inside lists, by which references find it."""
    return "_".join([name, *map(str, path)]) if path else name


def _wrapped(steps: tuple[str, ...], value: Any) -> Any:
    """The value of the first step, which holds the others."""
    for step in steps[:0:-1]:
        value = {step: value}
    return value


def _fits(leaf: Leaf, value: Any) -> bool:
    return leaf.fits is None or leaf.fits(str(value)) is not None


def _is_empty(value: Any) -> bool:
    """Nothing to write: None, "" or [], or a structure that has such a one first in one of its parts."""
    if isinstance(value, dict):
        for part in value.values():
            if isinstance(part, dict) and _is_blank(next(iter(part.values()), None)):
                return True
        return False
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


def _resolved(value: Any) -> Any:
    """The same with references written out."""
    if value.__class__ in _PLAIN:
        return value
    if value.__class__ is _Made:
        return value.mark
    if isinstance(value, dict):
        return {key: _resolved(item) for key, item in value.items()}
    return [_resolved(item) for item in value] if isinstance(value, list) else value
