"""The finish of a row: references resolved, objects made whole, ids given, observed-data around them.

Works on one row alone. Objects of different rows meet in `stix.merge`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.results.writers import TAKEN, inside
from stix_shifter_utils.stix import deterministic_id, own_id, unite
from stix_shifter_utils.stix.ids import COMPATIBLE, CONTRIBUTING
from stix_shifter_utils.stix.objects import SECOND_LOOK, make_partial, settle, settle_references
from stix_shifter_utils.stix.times import in_order, to_milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stix_shifter_utils.results.build import InstanceKey, Object, Path, Reference, RowBuild

_BASE_LENGTH: Final = {"2.0": 1, "2.1": 3}
"""What an object holds before it has any property: its type; in 2.1 also spec_version and id."""
_RANKS: Final = {"email-message": 1, "file": 1, "network-traffic": 2}
"""Types whose ids contain references: after the types that they refer to. An archive is after other files."""
_LAST_RANK: Final = 2


@dataclass(slots=True)
class Slot:
    """A reference property: where it stands, what it points to, and whether it is a list."""

    holder: Object
    name: str
    targets: list[InstanceKey]
    is_list: bool
    typed: bool

    def show(self) -> None:
        """Put the targets' keys in place of ids, until there are some."""
        self.holder[self.name] = list(self.targets) if self.is_list else self.targets[0]

    def fill(self, ids: Mapping[InstanceKey, str]) -> None:
        """Put ids in place; two targets may have the same."""
        if self.is_list:
            self.holder[self.name] = list(dict.fromkeys([ids[target] for target in self.targets]))
        else:
            self.holder[self.name] = ids[self.targets[0]]


def settle_row(build: RowBuild) -> list[Slot]:
    """Resolve references and make every object whole or partial; objects of references only are removed.

    Afterwards all that `build.objects` holds is to be emitted, but for the ids.
    """
    bare = _BASE_LENGTH[build.version]
    whole = {key: item for key, item in build.objects.items() if len(item) > bare}
    build.objects = whole
    for item in whole.values():
        if not settle(item, build.version):
            _make_partial(build, item)
    slots = [] if not build.pending else _resolve(build)
    _look_again(build, slots)
    return slots


def _make_partial(build: RowBuild, item: Object) -> None:
    build.report.partial[item["type"]] += 1
    make_partial(item)


def _resolve(build: RowBuild) -> list[Slot]:
    """The row's references that lead somewhere, each in its place with the keys of its targets."""
    slots: dict[tuple[int, str], Slot] = {}
    for key, reference, count, path in build.pending:
        item = build.objects.get(key)
        targets = [] if item is None else _allowed(build, reference, _targets(build, reference, count, path))
        if item is None or not targets:
            continue
        holder = (
            inside(build, item, reference.steps[:-1], reference.kinds) if len(reference.steps) > 1 else item
        )
        slot = None if holder is None else _slot(slots, holder, reference, targets)
        if slot is None:
            build.drop(reference.field, TAKEN)
            continue
        slot.show()
        if holder is not item and not settle(item, build.version):
            _make_partial(build, item)
    return list(slots.values())


def _slot(
    slots: dict[tuple[int, str], Slot], holder: Object, reference: Reference, targets: list[InstanceKey]
) -> Slot | None:
    """The slot of a reference, new or with more targets; None when something else stands there."""
    name = reference.steps[-1]
    slot = slots.get((id(holder), name))
    if slot is None:
        if name in holder:
            return None
        is_list = _is_list(reference, len(targets))
        typed = bool(reference.kinds[-1].targets)
        slot = slots[id(holder), name] = Slot(holder, name, [], is_list, typed)
    elif not slot.is_list:
        return slot if targets[:1] == slot.targets else None
    slot.targets += (target for target in targets if target not in slot.targets)
    if not slot.is_list:
        del slot.targets[1:]
    return slot


def _is_list(reference: Reference, count: int) -> bool:
    """Whether a reference property is a list: as its kind or its name says, else as the map writes it."""
    shape, name = reference.kinds[-1].shape, reference.steps[-1]
    if shape == "refs" or name.endswith("_refs"):
        return True
    if shape == "ref" or (name.endswith("_ref") and count == 1):
        return False
    return reference.as_list or count > 1


def _allowed(build: RowBuild, reference: Reference, targets: Sequence[InstanceKey]) -> list[InstanceKey]:
    """The targets whose type the property may refer to; others are counted."""
    types = reference.kinds[-1].targets
    if not types:
        return list(targets)
    found = []
    for target in targets:
        kind = build.objects[target]["type"]
        if kind in types:
            found.append(target)
        else:
            build.drop(reference.field, f"{reference.steps[-1]} may not refer to {kind}")
    return found


def _targets(build: RowBuild, reference: Reference, count: int | None, path: Path) -> list[InstanceKey]:
    """The objects that a reference means.

    Of a list, those made of its items; else the nearest of each name: in the same place, in a place around
    it, or the first below it.
    """
    names, objects = reference.names, build.objects
    if reference.everywhere:
        return [key for name in names for key in _instances(build, name, path)]
    if count is not None:
        exact = [key for at in range(count) for name in names if (key := (name, (*path, at))) in objects]
        if exact:
            every = reference.as_list or reference.kinds[-1].shape == "refs"
            return list(exact if every else exact[:1])
    nearest = (_nearest(build, name, path) for name in names)
    return [key for key in nearest if key is not None]


def _nearest(build: RowBuild, name: str, path: Path) -> InstanceKey | None:
    for length in range(len(path), 0, -1):
        if (name, path[:length]) in build.objects:
            return name, path[:length]
    return next(iter(_instances(build, name, path)), name if name in build.objects else None)


def _instances(build: RowBuild, name: str, path: Path) -> Iterator[InstanceKey]:
    """All objects of a name at a place or below it."""
    if not path and name in build.objects:
        yield name
    for key in build.instances.get(name, ()):
        if key[1][: len(path)] == path and key in build.objects:
            yield key


def _look_again(build: RowBuild, slots: list[Slot]) -> None:
    """Check the objects for which references count; one that becomes partial may lose references to it."""
    objects = build.objects

    def type_of(target: Any) -> str:
        return str(objects[target]["type"])

    while True:
        broken = {
            key
            for key, item in objects.items()
            if item["type"] in SECOND_LOOK and not settle_references(item, type_of)
        }
        if not broken:
            return
        for key in broken:
            _make_partial(build, objects[key])
        for slot in [slot for slot in slots if slot.typed and not broken.isdisjoint(slot.targets)]:
            slot.targets = [target for target in slot.targets if target not in broken]
            if slot.targets:
                slot.show()
            else:
                del slot.holder[slot.name]
                slots.remove(slot)


@dataclass(frozen=True, slots=True)
class Row:
    """Where a row comes from, for the ids of what is its own."""

    source: str
    key: bytes

    def own_id(self, object_type: str, key: InstanceKey) -> str:
        name = key if isinstance(key, str) else "_".join((key[0], *map(str, key[1])))
        return own_id(object_type, self.source, self.key, name)


def number_objects(build: RowBuild, numbers: Mapping[InstanceKey, int], slots: list[Slot]) -> Object:
    """The objects of a row as STIX 2.0 embeds them: by number, in the order in which they were made."""
    ids = {key: str(numbers[key]) for key in build.objects}
    for slot in slots:
        slot.fill(ids)
    return {ids[key]: item for key, item in build.objects.items()}


def identify_objects(build: RowBuild, slots: list[Slot], row: Row, *, compatible: bool) -> list[Object]:
    """The objects of a row with STIX 2.1 ids. Two of one id are one object, or the later has its own id."""
    contributing = COMPATIBLE if compatible else CONTRIBUTING
    forced: set[InstanceKey] = set()
    while True:
        ids = _ids(build, slots, row, contributing, forced)
        if len(set(ids.values())) == len(ids):
            break
        contradicting = _unite_same(build, ids)
        if contradicting is None:
            break
        forced.add(contradicting)
    for key, item in build.objects.items():
        item["id"] = ids[key]
    return list(build.objects.values())


def _ids(
    build: RowBuild,
    slots: list[Slot],
    row: Row,
    contributing: Mapping[str, tuple[str, ...]],
    forced: set[InstanceKey],
) -> dict[InstanceKey, str]:
    """Ids for all objects, those first that others' ids contain; references are filled on the way."""
    ids: dict[InstanceKey, str] = {}
    waiting = slots
    for rank in range(_LAST_RANK + 1):
        for key, item in build.objects.items():
            kind = item["type"]
            archive = kind == "file" and "archive-ext" in item.get("extensions", ())
            if _RANKS.get(kind, 0) + archive != rank:
                continue
            found = None if key in forced else deterministic_id(kind, item, contributing)
            ids[key] = found or row.own_id(kind, key)
        ready = [
            slot for slot in waiting if rank == _LAST_RANK or all(target in ids for target in slot.targets)
        ]
        for slot in ready:
            slot.fill(ids)
        waiting = [slot for slot in waiting if slot not in ready]
    return ids


def _unite_same(build: RowBuild, ids: Mapping[InstanceKey, str]) -> InstanceKey | None:
    """Make one of objects with the same id; or, changing nothing, the first that contradicts another."""
    united: dict[str, Object] = {}
    first: dict[str, InstanceKey] = {}
    for key, item in build.objects.items():
        name = ids[key]
        mine = united.get(name)
        joined = item if mine is None else unite(mine, item)
        if joined is None:
            return key
        united[name] = joined
        first.setdefault(name, key)
    build.objects = {key: united[name] for name, key in first.items()}
    return None


def observed_data(build: RowBuild, row: Row, identity_id: str, now: str) -> Object:
    """The observed-data of a row without its objects: times in order, and made when first observed."""
    given = build.observed
    first = given.get("first_observed") or given.get("last_observed") or now
    last = given.get("last_observed") or first
    if first is not last:
        first, last = in_order(first, last)
    created = str(given.get("created") or to_milliseconds(first))
    made: Object = {"type": "observed-data", "id": row.own_id("observed-data", "")}
    if build.version == "2.1":
        made["spec_version"] = "2.1"
    made |= {
        "created_by_ref": identity_id,
        "created": created,
        "modified": max(created, str(given.get("modified", created))),
        "first_observed": first,
        "last_observed": last,
        "number_observed": given.get("number_observed", 1),
    }
    for name, value in given.items():
        made.setdefault(name, value)
    return made
