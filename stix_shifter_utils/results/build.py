"""One row while it becomes objects: what the steps write to. Steps are in `steps`, the finish in `finish`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.stix import native_name
from stix_shifter_utils.stix.kinds import anything

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.results.report import ResultsReport
    from stix_shifter_utils.stix import Version
    from stix_shifter_utils.stix.kinds import Kind

Object = dict[str, Any]
Path = tuple[int, ...]
"""Where in nested lists a value stands: `(0, 2)` is the third item of the first item."""
InstanceKey = str | tuple[str, Path]
"""An object of the row: its name in the map, with the place in a list where it was made in one."""
Failure = str | dict[int, str] | None
"""Why a value (or which item of a list) was left out; None when it was taken."""

UNMAPPED_OBJECT: Final = "cust_object"
"""The name of the object that takes unmapped native fields."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference leaf: property `steps` of object `owner` becomes a reference to objects of these names.

    `as_list`: the map gives a list of names, or unwraps. `everywhere`: all instances of the names below the
    place (`group_ref`), instead of the nearest. `types`: what the property may refer to, if that is limited.
    `is_list`: whether the property is a list, as far as its kind or name tells; None where the row decides.
    """

    field: str
    owner: str
    steps: tuple[str, ...]
    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    as_list: bool
    everywhere: bool = False
    types: frozenset[str] = frozenset()
    is_list: bool | None = None

    @property
    def plain(self) -> Plain | None:
        """The short form that most references have."""
        if len(self.names) > 1 or len(self.steps) > 1 or self.everywhere or self.is_list is None:
            return None
        return self.names[0], self.steps[0], self.types, self.is_list


Pending = tuple[InstanceKey, Reference, "int | None", Path, "Plain | None"]
"""A reference of a row: its owner, what it is, the length of a native list, its place, and its plain form."""
Plain = tuple[str, str, frozenset[str], bool]
"""A reference from one object of the row to another: name, property, types allowed, whether a list."""


class RowBuild:
    """The objects of one row under construction, by name and place, in the order in which they were named.

    None stands for an object of which there are only references so far: they do not decide its type.
    """

    __slots__ = ("fallback", "groups", "instances", "objects", "observed", "pending", "report", "version")

    def __init__(self, version: Version, report: ResultsReport, fallback: Object | None) -> None:
        self.version = version
        self.report = report
        self.fallback = fallback
        self.objects: dict[InstanceKey, Object | None] = {}
        self.instances: dict[str, list[tuple[str, Path]]] = {}
        self.groups: dict[tuple[int, str], Object] = {}
        self.observed: Object = {}
        self.pending: list[Pending] = []

    def make(self, key: InstanceKey, base: Object) -> Object:
        """A new object; `base` holds its type and, in 2.1, the places of id and spec_version."""
        if isinstance(key, tuple) and key not in self.objects:
            self.instances.setdefault(key[0], []).append(key)
        made = self.objects[key] = base.copy()
        return made

    def name(self, key: InstanceKey) -> None:
        """Give an object its place in the order, before its first value."""
        self.objects[key] = None
        if isinstance(key, tuple):
            self.instances.setdefault(key[0], []).append(key)

    def item_of(self, items: list[Any], group: str) -> Object:
        """The item of a list of objects that a group name stands for; "" is the first.

        A name that is new takes the first item that no other name has, or a new one.
        """
        found = self.groups.get((id(items), group))
        if found is None:
            mine = ((name, item) for (of, name), item in self.groups.items() if of == id(items))
            named = [item for name, item in mine if name and group]
            objects = (item for item in items if isinstance(item, dict))
            found = next((item for item in objects if all(item is not other for other in named)), None)
            if found is None:
                found = {}
                items.append(found)
            self.groups[id(items), group] = found
        return found

    def drop(self, field: str, failure: str | dict[int, str]) -> None:
        """Count a value, or items of a list, that were left out."""
        for reason in (failure,) if isinstance(failure, str) else failure.values():
            self.report.dropped[field, reason] += 1

    def keep_unmapped(self, name: str, value: Any, path: Path, prefix: str) -> None:
        """Keep a native field that the map does not know; two that become one name are told apart."""
        if self.fallback is None:
            return
        clean = anything(value)
        if clean is None:
            return
        key = (UNMAPPED_OBJECT, path) if path else UNMAPPED_OBJECT
        found = self.objects.get(key)
        if found is None:
            found = self.make(key, self.fallback)
        for legal in (native_name(name), native_name(prefix + name)):
            if found.setdefault(legal, clean) == clean:
                return
        number = 2
        while found.setdefault(f"{legal}_{number}", clean) != clean:
            number += 1


def merge_into(mine: Object, more: Mapping[str, Any]) -> None:
    """Deep-merge a value into an object of the row: where both have a part, the later one stands."""
    for name, value in more.items():
        part = mine.get(name)
        if isinstance(part, dict) and isinstance(value, dict):
            merge_into(part, value)
        else:
            mine[name] = value
