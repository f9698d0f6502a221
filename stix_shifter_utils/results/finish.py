"""The finish of a row: ids given, references filled, the observed-data around the objects.

Works on one row alone. Objects of different rows meet in `stix.merge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.stix import deterministic_id, own_id, unite
from stix_shifter_utils.stix.objects import SECOND_LOOK
from stix_shifter_utils.stix.times import in_order, to_milliseconds

if TYPE_CHECKING:
    from stix_shifter_utils.results.build import InstanceKey, Object
    from stix_shifter_utils.results.settle import Settled
    from stix_shifter_utils.stix import Version

Contributing = Mapping[str, tuple[str, ...]]

_LAST: Final = frozenset({"network-traffic"})
"""Types whose ids contain references to objects that are not made of their own values alone."""


class Row:
    """Where a row comes from, for the ids of what is its own."""

    __slots__ = ("key", "source")

    def __init__(self, source: str, key: bytes) -> None:
        self.source, self.key = source, key

    def own_id(self, object_type: str, key: InstanceKey) -> str:
        return own_id(object_type, self.source, self.key, instance_name(key))


def instance_name(key: InstanceKey) -> str:
    """The name of an object of a row in one text: `ip`, `ip_0_2`."""
    return key if isinstance(key, str) else "_".join((key[0], *map(str, key[1])))


def number_objects(settled: Settled) -> Object:
    """The objects of a row as STIX 2.0 embeds them: by number, in the order in which they were named.

    An object that was left out leaves its number unused.
    """
    objects = settled.objects
    numbers = {key: str(number) for number, key in enumerate(settled.build.objects) if key in objects}
    if settled.build.pending:
        settled.resolve(numbers)
    settled.look_again(numbers)
    return {numbers[key]: item for key, item in objects.items()}


class Identifier:
    """Gives the objects of a row their 2.1 ids. Two of one id are one object, or the later has its own."""

    __slots__ = ("contributing", "first", "marks", "row", "settled")

    def __init__(self, settled: Settled, row: Row, contributing: Contributing) -> None:
        self.settled, self.row, self.contributing = settled, row, contributing
        self.marks: dict[InstanceKey, str] = {}
        self.first: dict[str, Object] = {}

    def identify(self) -> list[Object]:
        """The objects with their ids and references, those first named first.

        Ids contain references, so they are given in this order: objects made of their own values, files and
        messages and what has an id of its own, then archives of files, and flows.
        """
        settled, marks = self.settled, self.marks
        objects = settled.objects
        later: list[InstanceKey] = []
        for key, item in objects.items():
            if item["type"] in SECOND_LOOK:
                later.append(key)
            else:
                self._give(key, item)
        if settled.build.pending:
            settled.resolve(marks)
        settled.look_again(marks)
        if later:
            self._give_later(later)
        if len(self.first) == len(objects):
            return list(objects.values())
        return list(self.first.values())

    def _give_later(self, later: list[InstanceKey]) -> None:
        settled, objects = self.settled, self.settled.objects
        archives = [key for key in later if "archive-ext" in objects[key].get("extensions", ())]
        for key in later:
            if key not in archives:
                self._give(key, objects[key])
        settled.fill(self.marks)
        for key in archives:
            self._give(key, objects[key])
        if archives:
            settled.fill(self.marks)

    def _give(self, key: InstanceKey, item: Object) -> None:
        kind = item["type"]
        name = deterministic_id(kind, item, self.contributing) or self.row.own_id(kind, key)
        mine = self.first.setdefault(name, item)
        if mine is not item:
            united = unite(mine, item | {"id": name})
            if united is None:
                name = self.row.own_id(kind, key)
                self.first[name] = item
            else:
                self._alias(key, mine, item, united)
        item["id"] = name
        self.marks[key] = name

    def _alias(self, key: InstanceKey, mine: Object, item: Object, united: Object) -> None:
        """Let an object be another one, which takes over its properties and references."""
        mine.update(united)
        settled = self.settled
        settled.objects[key] = mine
        settled.waiting = [(mine if holder is item else holder, prop) for holder, prop in settled.waiting]


def observed_data(
    given: Mapping[str, Any], observed_id: str, identity_id: str, now: str, version: Version
) -> Object:
    """The observed-data of a row without its objects: times in order, and made when first observed.

    `given` are the properties that the map sets; `now` stands in for a time where there is none.
    """
    first = given.get("first_observed") or given.get("last_observed") or now
    last = given.get("last_observed") or first
    if first is not last:
        first, last = in_order(first, last)
    created = str(given.get("created") or to_milliseconds(first))
    made: Object = {
        "type": "observed-data",
        "id": observed_id,
        "created_by_ref": identity_id,
        "created": created,
        "modified": max(created, str(given["modified"])) if "modified" in given else created,
        "first_observed": first,
        "last_observed": last,
        "number_observed": given.get("number_observed", 1),
    }
    if version == "2.1":
        made["spec_version"] = "2.1"
    for name, value in given.items():
        if name not in made:
            made[name] = value
    return made


def without_twins(observed: Object, objects: list[Object]) -> list[Object] | None:
    """The group of a row in which objects have one id; None where it takes more to make such two one.

    `objects` in the order in which ids are given, as `Identifier` leaves them when there are twins.
    """
    first: dict[str, Object] = {}
    twins: set[str] = set()
    for item in objects:
        mine = first.setdefault(item["id"], item)
        if mine is not item:
            twins.add(item["id"])
            if mine != item:
                return None
    for item in first.values():
        if "extensions" in item:
            return None  # with references further down
        for name, value in item.items():
            if type(value) is list and name.endswith("_refs") and all(type(each) is str for each in value):
                item[name] = [
                    each for at, each in enumerate(value) if each not in twins or each not in value[:at]
                ]
    observed["object_refs"] = list(first)
    return [observed, *first.values()]
