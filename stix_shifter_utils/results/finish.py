"""The finish of a row: references resolved, objects made whole, ids given, observed-data around them.

Works on one row alone. Objects of different rows meet in `stix.merge`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.results.writers import TAKEN, inside
from stix_shifter_utils.stix import deterministic_id, own_id, unite
from stix_shifter_utils.stix.ids import COMPATIBLE, CONTRIBUTING
from stix_shifter_utils.stix.objects import SECOND_LOOK, SURE, make_partial, settle, settle_references
from stix_shifter_utils.stix.times import in_order, to_milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stix_shifter_utils.results.build import InstanceKey, Object, Path, Reference, RowBuild

_BASE_LENGTH: Final = {"2.0": 1, "2.1": 3}
"""What an object holds before it has any property: its type; in 2.1 also spec_version and id."""
_RANKS: Final = {"email-message": 0, "file": 0, "network-traffic": 1}
"""Types whose ids contain references, in their order after all others. An archive comes after other files."""


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
    version = build.version
    bare = _BASE_LENGTH[version]
    whole: dict[InstanceKey, Object] = {}
    for key, item in build.objects.items():
        if len(item) > bare:
            whole[key] = item
            sure = SURE.get(item["type"])
            if (sure is None or sure not in item or "extensions" in item) and not settle(item, version):
                _make_partial(build, item)
    build.objects = whole
    slots = _resolve(build) if build.pending else []
    _look_again(build, slots)
    return slots


def _make_partial(build: RowBuild, item: Object) -> None:
    build.report.partial[item["type"]] += 1
    make_partial(item)


def _resolve(build: RowBuild) -> list[Slot]:
    """The row's references that lead somewhere, each in its place with the keys of its targets."""
    slots: list[Slot] = []
    objects = build.objects
    for key, reference, count, path in build.pending:
        item = objects.get(key)
        if item is None:
            continue
        simple, types = reference.simple, reference.types
        if simple in objects and not path and count is None:
            name = reference.steps[0]
            if not reference.is_list and name not in item and (not types or objects[simple]["type"] in types):
                item[name] = simple  # by far the most references are of this kind
                slots.append(Slot(item, name, [simple], is_list=False, typed=bool(types)))
                continue
        targets = _targets(build, reference, count, path)
        if types:
            targets = _allowed(build, reference, targets)
        if targets and not _place(build, slots, item, reference, targets):
            build.drop(reference.field, TAKEN)
    return slots


def _place(
    build: RowBuild, slots: list[Slot], item: Object, reference: Reference, targets: list[InstanceKey]
) -> bool:
    """Put a reference in its place; False when something else stands there."""
    name = reference.steps[-1]
    holder = item
    if len(reference.steps) > 1:
        inner = inside(build, item, reference.steps[:-1], reference.kinds)
        if inner is None:
            return False
        holder = inner
    if name not in holder:
        is_list = len(targets) > 1 if reference.is_list is None else reference.is_list
        slot = Slot(holder, name, targets, is_list, bool(reference.types))
        slots.append(slot)
    else:
        found = next((slot for slot in slots if slot.holder is holder and slot.name == name), None)
        if found is None or (not found.is_list and targets[:1] != found.targets):
            return False
        slot = found
        slot.targets += (target for target in targets if target not in slot.targets)
    if not slot.is_list:
        del slot.targets[1:]
    slot.show()
    if holder is not item and not settle(item, build.version):
        _make_partial(build, item)
    return True


def _allowed(build: RowBuild, reference: Reference, targets: list[InstanceKey]) -> list[InstanceKey]:
    """The targets of a type that the property may refer to; others are counted."""
    types = reference.types
    found: list[InstanceKey] = []
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


@dataclass(slots=True)
class Row:
    """Where a row comes from, for the ids of what is its own."""

    source: str
    key: bytes

    def own_id(self, object_type: str, key: InstanceKey) -> str:
        name = key if isinstance(key, str) else "_".join((key[0], *map(str, key[1])))
        return own_id(object_type, self.source, self.key, name)


def number_objects(build: RowBuild, made: Sequence[InstanceKey], slots: list[Slot]) -> Object:
    """The objects of a row as STIX 2.0 embeds them: by number, in the order in which they were made.

    `made` names the removed ones too, which leave their numbers unused.
    """
    ids = {key: str(number) for number, key in enumerate(made)}
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
    later: tuple[list[tuple[InstanceKey, Object]], ...] = ([], [])
    for key, item in build.objects.items():
        rank = _RANKS.get(item["type"])
        if rank is None:
            ids[key] = _id(item, key, row, contributing, forced)
        elif rank == 0 and "archive-ext" in item.get("extensions", ()):
            later[1].append((key, item))
        else:
            later[rank].append((key, item))
    waiting = _fill_ready(slots, ids) if slots else slots
    for items in later:
        for key, item in items:
            ids[key] = _id(item, key, row, contributing, forced)
        if waiting and items:
            waiting = _fill_ready(waiting, ids)
    for slot in waiting:  # archives that contain each other: some id was made without the other's
        slot.fill(ids)
    return ids


def _id(
    item: Object,
    key: InstanceKey,
    row: Row,
    contributing: Mapping[str, tuple[str, ...]],
    forced: set[InstanceKey],
) -> str:
    found = None if key in forced else deterministic_id(item["type"], item, contributing)
    return found or row.own_id(item["type"], key)


def _fill_ready(slots: list[Slot], ids: Mapping[InstanceKey, str]) -> list[Slot]:
    """Fill the references whose targets all have ids; those that are left."""
    waiting = []
    for slot in slots:
        if slot.is_list and all(target in ids for target in slot.targets):
            slot.fill(ids)
        elif not slot.is_list and slot.targets[0] in ids:
            slot.holder[slot.name] = ids[slot.targets[0]]
        else:
            waiting.append(slot)
    return waiting


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
    made: Object = {
        "type": "observed-data",
        "id": row.own_id("observed-data", ""),
        "created_by_ref": identity_id,
        "created": created,
        "modified": max(created, str(given["modified"])) if "modified" in given else created,
        "first_observed": first,
        "last_observed": last,
        "number_observed": given.get("number_observed", 1),
    }
    if build.version == "2.1":
        made["spec_version"] = "2.1"
    for name, value in given.items():
        if name not in made:
            made[name] = value
    return made
