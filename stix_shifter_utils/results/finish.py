"""The finish of a row: ids given, references filled, the observed-data around the objects.

Works on one row alone. Objects of different rows meet in `stix.merge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.stix import deterministic_id, own_id, unite
from stix_shifter_utils.stix.ids import COMPATIBLE, CONTRIBUTING
from stix_shifter_utils.stix.times import in_order, to_milliseconds

if TYPE_CHECKING:
    from stix_shifter_utils.results.build import InstanceKey, Object, RowBuild
    from stix_shifter_utils.results.settle import Settled, Slot

Contributing = Mapping[str, tuple[str, ...]]

_RANKS: Final = {"email-message": 0, "file": 0, "network-traffic": 1}
"""Types whose ids contain references, in their order after all others. An archive comes after other files."""


@dataclass(slots=True)
class Row:
    """Where a row comes from, for the ids of what is its own."""

    source: str
    key: bytes

    def own_id(self, object_type: str, key: InstanceKey) -> str:
        name = key if isinstance(key, str) else "_".join((key[0], *map(str, key[1])))
        return own_id(object_type, self.source, self.key, name)


def number_objects(settled: Settled) -> Object:
    """The objects of a row as STIX 2.0 embeds them: by number, in the order in which they were named.

    An object that was left out leaves its number unused.
    """
    ids = {key: str(number) for number, key in enumerate(settled.build.objects)}
    for slot in settled.slots:
        slot.fill(ids)
    return {ids[key]: item for key, item in settled.objects.items()}


def identify_objects(settled: Settled, row: Row, *, compatible: bool) -> list[Object]:
    """The objects of a row with STIX 2.1 ids. Two of one id are one object, or the later has its own id."""
    contributing = COMPATIBLE if compatible else CONTRIBUTING
    objects = settled.objects
    forced: set[InstanceKey] = set()
    while True:
        ids = _ids(settled, row, contributing, forced)
        if len(set(ids.values())) == len(ids):
            break
        united, contradicting = _unite_same(objects, ids)
        if contradicting is None:
            objects = united
            break
        forced.add(contradicting)
    for key, item in objects.items():
        item["id"] = ids[key]
    return list(objects.values())


def _ids(
    settled: Settled, row: Row, contributing: Contributing, forced: set[InstanceKey]
) -> dict[InstanceKey, str]:
    """Ids for all objects, those first that others' ids contain; references are filled on the way."""

    def name(key: InstanceKey, item: Object) -> str:
        found = None if key in forced else deterministic_id(item["type"], item, contributing)
        return found or row.own_id(item["type"], key)

    ids: dict[InstanceKey, str] = {}
    later: tuple[list[tuple[InstanceKey, Object]], ...] = ([], [])
    for key, item in settled.objects.items():
        rank = _RANKS.get(item["type"])
        if rank is None:
            ids[key] = name(key, item)
        elif rank == 0 and "archive-ext" in item.get("extensions", ()):
            later[1].append((key, item))
        else:
            later[rank].append((key, item))
    waiting = _fill_ready(settled.slots, ids)
    for items in later:
        for key, item in items:
            ids[key] = name(key, item)
        if waiting and items:
            waiting = _fill_ready(waiting, ids)
    return ids


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


def _unite_same(
    objects: Mapping[InstanceKey, Object], ids: Mapping[InstanceKey, str]
) -> tuple[dict[InstanceKey, Object], InstanceKey | None]:
    """The objects with those of one id made one; or the first that contradicts another."""
    united: dict[str, Object] = {}
    first: dict[str, InstanceKey] = {}
    for key, item in objects.items():
        name = ids[key]
        joined = unite(united[name], item) if name in united else item
        if joined is None:
            return {}, key
        united[name] = joined
        first.setdefault(name, key)
    return {key: united[name] for name, key in first.items()}, None


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
