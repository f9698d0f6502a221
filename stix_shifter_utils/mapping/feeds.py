"""Which leaves of a to_stix map feed an object path: directly, by other names, or behind references.

Also what can keep a native value from showing under the path. Kinds, relations and from_stix maps are the
work of `index`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.frozen import changed, frozen
from stix_shifter_utils.mapping.checks import check_of
from stix_shifter_utils.mapping.fills import (
    FILLS,
    Names,
    copied_from,
    gives_way,
    set_aside_from,
    without_partial_extension,
)
from stix_shifter_utils.mapping.properties import Property, is_partial, property_of
from stix_shifter_utils.pattern import make_path
from stix_shifter_utils.pattern.spellings import other_name
from stix_shifter_utils.stix.contributing import CONTRIBUTING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stix_shifter_utils.mapping.leaves import Leaf
    from stix_shifter_utils.mapping.versions import Version
    from stix_shifter_utils.pattern import ObjectPath, PathStep

_MAX_HOPS: Final = 8  # references followed one after the other: `process:parent_ref.parent_ref...`
_ALONE: Final = "an object that holds nothing but references is left out of results"
_RENAMED: Final = "the value shows only where the property's other name is absent"
_RIVAL: Final = "another field may fill the same property first"
_MIXED: Final = "the object may become one of another type"
_PARTIAL: Final = "an object that has too little else is kept as a partial one, of another type"
_FILLED: Final = "it is filled in only where the source has no value"
_UNITED: Final = "it shows only where both objects of the row get the same id, and so are one"
_WHOLE: Final = "it is a part of a value that is taken whole"
_GIVES_WAY: Final = "another property may make results set it aside"
_ASIDE: Final = "only values that do not fit their own property are kept under this name"


def plain(steps: Iterable[PathStep]) -> Names:
    """The names of a path without its list indexes."""
    return tuple(step for step in steps if isinstance(step, str))


def is_reference(name: str) -> bool:
    """Whether a property refers to other objects, as its name says."""
    return name.endswith(("_ref", "_refs"))


@frozen
class Feed:
    """A leaf that can fill a property, and the reasons why its value may not show there.

    `opaque`: how the value follows from the native one is not known. `filled`: the leaf only triggers it.
    """

    leaf: Leaf
    property: Property
    doubts: tuple[str, ...] = ()
    opaque: bool = False
    filled: bool = False

    def doubted(self, *doubts: str) -> Feed:
        return changed(self, doubts=(*self.doubts, *doubts))


class Feeds:
    """The leaves of one map by property and by object. Immutable after it is made."""

    def __init__(self, leaves: Iterable[Leaf], version: Version = "2.1") -> None:
        self._version = version
        self.observed: dict[str, list[Leaf]] = defaultdict(list)
        self.aliases: dict[tuple[str, Names], ObjectPath] = {}
        self._by_property: dict[tuple[str, Names], list[Feed]] = defaultdict(list)
        self._by_object: dict[str, list[Feed]] = defaultdict(list)
        self._paths: dict[ObjectPath, None] = {}
        for leaf in leaves:
            if leaf.path is None:
                self.observed[leaf.key].append(leaf)
            else:
                self._add(leaf, leaf.path)
        for name, members in self._by_object.items():
            self._doubt(name, members)
        self.natives = frozenset(each.leaf.native for members in self._by_object.values() for each in members)

    def _add(self, leaf: Leaf, path: ObjectPath) -> None:
        shown = property_of(path, self._version)
        self._by_object[leaf.object_name].append(Feed(leaf, shown))
        self._paths[path] = None
        written = (path.object_type, plain(path.steps))
        if written != (shown.path.object_type, plain(shown.path.steps)):
            self.aliases[written] = shown.path

    def _doubt(self, name: str, members: list[Feed]) -> None:
        """Find the doubts about the members of one object, and file them by property."""
        doubts = _doubts(members)
        self._by_object[name] = [each.doubted(*doubts[each.leaf.key]) for each in members]
        for feed in self._by_object[name]:
            self._by_property[feed.property.path.object_type, plain(feed.property.path.steps)].append(feed)

    def paths(self) -> tuple[ObjectPath, ...]:
        """All properties that are fed, in the order of the map."""
        return tuple(self._paths)

    def holds(self, path: ObjectPath) -> bool:
        """Whether results can hold something under this path."""
        return is_partial(path.object_type) or bool(self.of(path))

    def of(self, path: ObjectPath) -> list[Feed]:
        """The leaves that feed a path, whatever its list indexes."""
        return self._fed(path.object_type, plain(path.steps), _MAX_HOPS)

    def _fed(self, object_type: str, names: Names, hops: int) -> list[Feed]:
        if is_partial(object_type):
            return list(self._partial(names, hops))
        found: list[Feed] = []
        for spelled, doubts in self._spellings(object_type, names):
            found += [each.doubted(*doubts) for each in self._by_property.get((object_type, spelled), ())]
            found += [each.doubted(*doubts) for each in self._behind_references(object_type, spelled, hops)]
        return found + list(self._derived(object_type, names))

    def _spellings(self, object_type: str, names: Names) -> Iterator[tuple[Names, tuple[str, ...]]]:
        """The names as given, and with the first one's other spelling (STIX 2.0 and 2.1)."""
        yield names, ()
        other = other_name(object_type, names[0])
        if other is not None:
            first = {used[0] for kind, used in self._by_property if kind == object_type}
            yield (other, *names[1:]), (_RENAMED,) if names[0] in first else ()

    def _behind_references(self, object_type: str, names: Names, hops: int) -> list[Feed]:
        if hops == 0:
            return []
        found: list[Feed] = []
        for place, name in enumerate(names[:-1], start=1):
            if is_reference(name):
                for feed in self._by_property.get((object_type, names[:place]), ()):
                    for target in feed.leaf.references:
                        found += self._in_object(target, names[place:], hops - 1)
        return found

    def _in_object(self, name: str, rest: Names, hops: int) -> list[Feed]:
        if rest == ("partial_type",):
            return [changed(each.doubted(_PARTIAL), opaque=True) for each in self._by_object.get(name, ())]
        types = dict.fromkeys(each.property.path.object_type for each in self._by_object.get(name, ()))
        found: list[Feed] = []
        for object_type in types:
            united = self._version == "2.1" and _unites(object_type, rest)
            for each in self._fed(object_type, rest, hops):
                if each.leaf.object_name == name or is_reference(rest[0]):
                    found.append(each.doubted(_ALONE))
                elif united:
                    found.append(each.doubted(_UNITED))
        return found

    def _derived(self, object_type: str, names: Names) -> Iterator[Feed]:
        """Leaves whose values get under a path though their own key is another one."""
        for other in copied_from(object_type, names):
            for feed in self._by_property.get((object_type, other), ()):
                yield feed.doubted(_FILLED)
        for feed, doubt in self._hidden(object_type, names):
            yield changed(feed.doubted(doubt), opaque=True)
        yield from self._filled(object_type, names)

    def _hidden(self, object_type: str, names: Names) -> Iterator[tuple[Feed, str]]:
        """Leaves whose values, or parts of them, may stand under a path in a way that nothing is known of."""
        for length in range(1, len(names)):
            for feed in self._by_property.get((object_type, names[:length]), ()):
                if not feed.leaf.references:
                    yield feed, _WHOLE
        whole = without_partial_extension(names)
        if whole is not None:
            yield from ((feed, _PARTIAL) for feed in self._fed(object_type, whole, 0))
        aside = set_aside_from(names)
        if aside is not None and (object_type, names) not in self._by_property:
            yield from ((feed, _ASIDE) for feed in self._by_property.get((object_type, aside), ()))

    def _partial(self, names: Names, hops: int) -> Iterator[Feed]:
        """All that can stand under these names in an object of any type."""
        own = dict.fromkeys(kind for kind, _ in self._by_property)
        found = [feed for kind in own for feed in self._fed(kind, names, hops)]
        if names[0] == "partial_type":
            found = [feed for members in self._by_object.values() for feed in members]
        for feed in found:
            yield changed(feed.doubted(_PARTIAL), opaque=True)

    def _filled(self, object_type: str, names: Names) -> Iterator[Feed]:
        fill = FILLS.get(object_type, {}).get(names)
        if fill is None:
            return
        target = property_of(make_path(object_type, ".".join(f"'{name}'" for name in names)), self._version)
        for (kind, used), feeds in list(self._by_property.items()):
            if kind != object_type or used == names:
                continue
            if any(used[: len(trigger)] == trigger for trigger in fill.triggers):
                for feed in feeds:
                    for constant in fill.constants:
                        leaf = changed(
                            feed.leaf, references=(), transformer=None, has_constant=True, constant=constant
                        )
                        yield Feed(leaf, target, (*feed.doubts, _FILLED), filled=True)


def _unites(object_type: str, names: Names) -> bool:
    """Whether an object may have a property from another one of its row, because both got the same id.

    What an id is made of is the same in both, except that only one of several hashes is used.
    """
    made_of = CONTRIBUTING.get(object_type, ())
    return bool(made_of) and (names[0] not in made_of or names[0] == "hashes")


def _doubts(members: list[Feed]) -> dict[str, tuple[str, ...]]:
    """For each key of one object, why its value may not show, or not under the key's type.

    The first writer of a property wins, and the first of an object decides its type.
    """
    by_property: dict[Names, list[Feed]] = defaultdict(list)
    for each in members:
        by_property[plain(each.property.path.steps)].append(each)
    types = {each.property.path.object_type for each in members}
    mixed = len(types) > 1 and not _take_turns([each.leaf for each in members if not each.leaf.references])
    doubts: dict[str, tuple[str, ...]] = {}
    for names, rivals in by_property.items():
        found = [_MIXED] if mixed else []
        above = any(names[:length] in by_property for length in range(1, len(names)))
        if above or (len(rivals) > 1 and not _take_turns([each.leaf for each in rivals])):
            found.append(_RIVAL)
        for each in rivals:
            kept = () if each.property.stands else (_PARTIAL,)
            stays = (_GIVES_WAY,) if gives_way(each.property.path.object_type, names) else ()
            doubts[each.leaf.key] = (*found, *kept, *stays)
    return doubts


def _take_turns(rivals: list[Leaf]) -> bool:
    """Whether leaves never compete: items of one list, or checks of one value that let one leaf pass."""
    if all(leaf.group for leaf in rivals):
        return True
    checks = [check_of(leaf.path) for leaf in rivals]
    return (
        None not in checks and len(set(checks)) == len(checks) and len({leaf.native for leaf in rivals}) == 1
    )
