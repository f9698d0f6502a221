"""What a to_stix map says to the engine of the earlier form, read once: its levels, and its leaves as data.

A part of the map is read when a row first has a value for it. What leaves do to a row is in `classic_row.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from stix_shifter_utils.results.transformers.texts import StringToBool
from stix_shifter_utils.results.transformers.times import EpochSecondsToTimestamp, EpochToTimestamp
from stix_shifter_utils.stix.classic import properties as CHECKED  # noqa: N812 -- a table, named as one here

_FALLBACK: Final = "cust_object"
_WHOLE: Final = frozenset({EpochSecondsToTimestamp, EpochToTimestamp})
"""Transformers of this library that once read whole numbers only; what they do with others is told here."""
_KEPT_FALLBACKS: Final = 4096
"""Unmapped fields that are kept as leaves, over all data sources."""
_KEPT_MAPS: Final = 32
"""Maps that are kept as read for the next call."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the map. `kind`, `name`, `steps` say where a value goes; without steps, to observed-data."""

    key: str
    kind: str
    name: str
    steps: tuple[str, ...]
    prop: str
    known: tuple[str, int]
    """How references find its object outside lists."""
    fills: bool
    """Whether its values make an object more than a list of references."""
    is_quick: bool = False
    """Whether a plain value needs nothing but the reading, the check and the writing."""
    is_deep: bool = False
    """Whether the value lies inside a structure."""
    read: Callable[[Any], Any] | None = None
    """Its transformer; None for a value that this cannot read."""
    missing: str = ""
    """Its transformer's name, when there is none of that name."""
    fits: Callable[[str], object] | None = None
    names: tuple[str, ...] = ()
    """What it refers to."""
    targets: tuple[tuple[str, int], ...] = ()
    """The same as `known` of those objects."""
    is_list: bool = False
    is_unwrapped: bool = False
    is_grouped: bool = False
    is_named_group: bool = False
    borrowed: Any = None
    is_constant: bool = False
    constant: Any = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a level holds under a native name: leaves, a level, or neither.

    `sources` are the leaves as the map writes them.
    """

    leaves: tuple[Leaf, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()
    level: Level | None = None
    is_several: bool = False


@dataclass(slots=True)
class Level:
    """A level of the map; what it holds is read on demand."""

    node: Mapping[str, Any]
    transformers: Mapping[str, Any]
    entries: dict[Any, Entry] = field(default_factory=dict)
    _groups: tuple[Leaf, ...] | None = None

    def entry(self, native: Any) -> Entry | None:
        """What stands under a native name; None for nothing. Read at the first call."""
        found = self.entries.get(native)
        if found is None:
            node = self.node.get(native)
            if node is None:
                return None
            found = self.entries[native] = self._read(node)
        return found

    def _read(self, node: Any) -> Entry:
        if _is_leaf(node):
            return Entry((self.leaf(node, node["key"]),), (node,))
        if isinstance(node, list):
            sources = tuple(one for one in node if _is_leaf(one))
            leaves = tuple(self.leaf(one, one["key"]) for one in sources)
            return Entry(leaves, sources, is_several=True)
        return Entry(level=Level(node, self.transformers)) if isinstance(node, Mapping) else Entry()

    def leaf(self, node: Mapping[str, Any], key: str) -> Leaf:
        """A leaf under a key, its own or another."""
        return _read_leaf(node, key, self.transformers)

    def group_references(self) -> tuple[Leaf, ...]:
        """Leaves that refer to all that a list has made. Read at the first call."""
        if self._groups is None:
            self._groups = tuple(self._read_groups())
        return self._groups

    def _read_groups(self) -> Iterator[Leaf]:
        for node in self.node.values():
            if _is_leaf(node) and node.get("group_ref") and node.get("references"):
                key = node["key"]
                yield self.leaf(node, key if "." in key else f"{key}.")


class _Kept(NamedTuple):
    """A map as read, and its text then."""

    text: bytes
    level: Level


_KEPT: Final[dict[int, _Kept]] = {}


def level_of(map_data: Mapping[str, Any], transformers: Mapping[str, Any]) -> Level:
    """A map to be read, or as it was read for an earlier call, unless anything in it has changed since."""
    level = Level(map_data, dict(transformers))
    try:
        text = orjson.dumps(map_data)
    except TypeError:  # more than JSON in it
        return level
    kept = _KEPT.get(id(map_data))
    if kept is not None and kept.text == text and kept.level.node is map_data:
        if kept.level.transformers == level.transformers:
            return kept.level
    elif len(_KEPT) >= _KEPT_MAPS:
        _KEPT.clear()
    _KEPT[id(map_data)] = _Kept(text, level)
    return level


def _is_leaf(node: Any) -> bool:
    return isinstance(node, Mapping) and isinstance(node.get("key"), str)


def _read_leaf(node: Mapping[str, Any], key: str, transformers: Mapping[str, Any]) -> Leaf:
    kind, dot, rest = key.partition(".")
    steps = tuple(rest.split(".")) if dot else ()
    name = str(node.get("object") or kind)
    references, transformer, group = node.get("references"), node.get("transformer"), node.get("group")
    names = tuple(references if isinstance(references, list) else [references]) if references else ()
    form = CHECKED.get(key, {}).get("valid_regex")
    is_missing = bool(transformer) and transformer not in transformers
    is_deep, is_odd = len(steps) > 1, is_missing or "value" in node or bool(node.get("ds_key"))
    return Leaf(
        key=str(node["key"]),
        kind=kind,
        name=name,
        steps=steps,
        prop=steps[0] if steps else key,
        known=(name, 0),
        fills=not steps or "_ref" not in steps[0],
        is_quick=rest != "" and not is_odd and not (names and (transformer or is_deep)),
        is_deep=is_deep,
        read=_reader(transformers[transformer]) if transformer and not is_missing else None,
        missing=str(transformer) if is_missing else "",
        fits=re.compile(form).match if form is not None else None,
        names=names,
        targets=tuple((one, 0) for one in names),
        is_list=isinstance(references, list),
        is_unwrapped="unwrap" in node,
        is_grouped=bool(group),
        is_named_group=bool(group) and group is not True and group != "true",
        borrowed=node.get("ds_key") or None,
        is_constant="value" in node,
        constant=node.get("value"),
    )


def _reader(transformer: Any) -> Callable[[Any], Any]:
    """A transformer as a function that gives None for a value that it cannot read."""
    is_whole = transformer in _WHOLE
    is_for_text = transformer is StringToBool

    def read(value: Any) -> Any:
        if is_for_text and not isinstance(value, str):
            return None
        try:
            number = int(value) if is_whole and isinstance(value, (bool, float)) else value
            return transformer.transform(number)
        except Exception:  # noqa: BLE001 -- a transformer may raise anything for a value that it cannot read
            return None

    return read


@lru_cache(maxsize=_KEPT_FALLBACKS)
def fallback_leaf(kind: str, native: str) -> Leaf:
    """The leaf that takes a field without one to the object of unmapped fields."""
    steps = tuple(native.split("."))
    return Leaf(
        key=native,
        kind=kind,
        name=_FALLBACK,
        steps=steps,
        prop=steps[0],
        known=(_FALLBACK, 0),
        fills="_ref" not in steps[0],
        is_deep=len(steps) > 1,
    )
