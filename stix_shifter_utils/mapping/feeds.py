"""Which leaves of a to_stix map feed an object path: directly, by the other name, or behind references.

Also what can keep a native value from showing under the path. Kinds, relations and from_stix maps are
`index`'s work.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.mapping.checks import check_of
from stix_shifter_utils.pattern.spellings import other_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stix_shifter_utils.mapping.leaves import Leaf
    from stix_shifter_utils.pattern import ObjectPath, PathStep

Names = tuple[str, ...]
Feed = tuple["Leaf", tuple[str, ...]]
"""A leaf, and the reasons why its value may not show."""

_MAX_HOPS: Final = 8  # references followed one after the other: `process:parent_ref.parent_ref...`
_ALONE: Final = "an object that holds nothing but references is left out of results"
_RENAMED: Final = "the value shows only where the property's other name is absent"
_RIVAL: Final = "another field may fill the same property first"
_MIXED: Final = "the object may become one of another type"


def plain(steps: Iterable[PathStep]) -> Names:
    """The names of a path without its list indexes."""
    return tuple(step for step in steps if isinstance(step, str))


def is_reference(name: str) -> bool:
    """Whether a property refers to other objects, as its name says."""
    return name.endswith(("_ref", "_refs"))


class Feeds:
    """The leaves of one map by property and by object. Immutable after it is made."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.observed: dict[str, list[Leaf]] = defaultdict(list)
        self._by_property: dict[tuple[str, Names], list[Leaf]] = defaultdict(list)
        self._by_object: dict[str, list[tuple[Leaf, ObjectPath]]] = defaultdict(list)
        for leaf in leaves:
            if leaf.path is None:
                self.observed[leaf.key].append(leaf)
                continue
            self._by_property[leaf.path.object_type, plain(leaf.path.steps)].append(leaf)
            self._by_object[leaf.object_name].append((leaf, leaf.path))
        self._doubts = {name: _doubts(members) for name, members in self._by_object.items()}

    def paths(self) -> tuple[ObjectPath, ...]:
        """All properties that are fed, in the order of the map."""
        return tuple(found[0].path for found in self._by_property.values() if found[0].path)

    def holds(self, path: ObjectPath) -> bool:
        """Whether results can hold something under this path, also as part of a value that is taken whole."""
        names = plain(path.steps)
        if any((path.object_type, names[:length]) in self._by_property for length in range(1, len(names))):
            return True
        return bool(self.of(path))

    def of(self, path: ObjectPath) -> list[Feed]:
        """The leaves that feed a path, whatever its list indexes."""
        return self._fed(path.object_type, plain(path.steps), _MAX_HOPS)

    def _fed(self, object_type: str, names: Names, hops: int) -> list[Feed]:
        found: list[Feed] = []
        for spelled, doubts in self._spellings(object_type, names):
            direct = self._by_property.get((object_type, spelled), ())
            found += [(leaf, (*self._doubts[leaf.object_name][leaf.key], *doubts)) for leaf in direct]
            found += self._behind_references(object_type, spelled, doubts, hops)
        return found

    def _spellings(self, object_type: str, names: Names) -> Iterator[tuple[Names, tuple[str, ...]]]:
        """The names as given, and with the first one's other spelling (STIX 2.0 and 2.1)."""
        other = other_name(object_type, names[0])
        yield names, ()
        if other is not None:
            first = {used[0] for kind, used in self._by_property if kind == object_type}
            yield (other, *names[1:]), (_RENAMED,) if names[0] in first else ()

    def _behind_references(
        self, object_type: str, names: Names, doubts: tuple[str, ...], hops: int
    ) -> list[Feed]:
        if hops == 0:
            return []
        found: list[Feed] = []
        for place, name in enumerate(names[:-1], start=1):
            if is_reference(name):
                for leaf in self._by_property.get((object_type, names[:place]), ()):
                    for target in leaf.references:
                        found += self._in_object(target, names[place:], doubts, hops - 1)
        return found

    def _in_object(self, name: str, rest: Names, doubts: tuple[str, ...], hops: int) -> list[Feed]:
        types = dict.fromkeys(path.object_type for _, path in self._by_object.get(name, ()))
        found: list[Feed] = []
        for object_type in types:
            for leaf, more in self._fed(object_type, rest, hops):
                if leaf.object_name == name or is_reference(rest[0]):
                    found.append((leaf, (_ALONE, *doubts, *more)))
        return found


def _doubts(members: list[tuple[Leaf, ObjectPath]]) -> dict[str, tuple[str, ...]]:
    """For each key of one object, why another leaf may stand in its way.

    The first writer of a property wins, and the first of an object decides its type.
    """
    by_property: dict[Names, list[Leaf]] = defaultdict(list)
    for leaf, path in members:
        by_property[plain(path.steps)].append(leaf)
    types = {path.object_type for _, path in members}
    mixed = len(types) > 1 and not _take_turns([leaf for leaf, _ in members if not leaf.references])
    doubts: dict[str, tuple[str, ...]] = {}
    for names, rivals in by_property.items():
        found = [_MIXED] if mixed else []
        above = any(names[:length] in by_property for length in range(1, len(names)))
        if above or (len(rivals) > 1 and not _take_turns(rivals)):
            found.append(_RIVAL)
        for leaf in rivals:
            doubts[leaf.key] = tuple(found)
    return doubts


def _take_turns(rivals: list[Leaf]) -> bool:
    """Whether leaves never compete: items of one list, or checks of one value that let one leaf pass."""
    if all(leaf.group for leaf in rivals):
        return True
    checks = [check_of(leaf.path) for leaf in rivals]
    return (
        None not in checks and len(set(checks)) == len(checks) and len({leaf.native for leaf in rivals}) == 1
    )
