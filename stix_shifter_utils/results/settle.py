"""A row that is read: objects whole or partial, references resolved, objects of references only left out.

What the parts of an object must be is in `stix.objects`; ids and the observed-data are in `finish`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.results.writers import TAKEN, inside
from stix_shifter_utils.stix.objects import SECOND_LOOK, SURE, make_partial, settle, settle_references
from stix_shifter_utils.stix.observable_table import TABLE

if TYPE_CHECKING:
    from stix_shifter_utils.results.build import InstanceKey, Object, Path, Reference, RowBuild

Marks = Mapping["InstanceKey", str]
"""What a reference to an object is: its number or id. An object that has none yet is named by its key."""


class Settled:
    """The objects of a row that are to be emitted, by name and place.

    `waiting` are the properties with references to objects that had no mark yet: holder and property.
    """

    __slots__ = ("build", "lists", "objects", "second", "waiting")

    def __init__(self, build: RowBuild) -> None:
        self.build = build
        self.objects: dict[InstanceKey, Object] = {}
        self.second: list[InstanceKey] = []
        self.waiting: list[tuple[Object, str]] = []
        self.lists: dict[int, list[Any]] = {}
        is_21 = build.version == "2.1"
        for key, item in build.objects.items():
            if item is None:
                continue
            self.objects[key] = item
            kind = item["type"]
            if kind in SECOND_LOOK:
                self.second.append(key)
            if kind not in TABLE:
                is_whole = not (is_21 and ("created" in item or "modified" in item))
            else:
                is_whole = kind in SURE and SURE[kind] in item
            if (not is_whole or "extensions" in item) and not settle(item, build.version):
                self._make_partial(item)

    def resolve(self, marks: Marks) -> None:
        """Put the references that lead somewhere in their places."""
        objects, lists = self.objects, self.lists
        for key, reference, count, path, plain in self.build.pending:
            item = objects.get(key)
            if item is None:
                continue
            if plain is None:
                self._resolve_any(item, reference, count, path, marks)
                continue
            name, prop, types, is_list = plain
            target = objects.get(name)
            if target is None or (types and target["type"] not in types):
                if target is not None or name in self.build.instances:
                    self._resolve_any(item, reference, count, path, marks)
                continue
            mark = marks.get(name, name)
            mine = item.get(prop)
            if mine is None:
                if is_list:
                    item[prop] = made = [mark]
                    lists[id(made)] = made
                else:
                    item[prop] = mark
                if name not in marks:
                    self.waiting.append((item, prop))
            elif mine != mark:
                self._put(item, reference, [name], marks)

    def fill(self, marks: Marks) -> None:
        """Put marks in place of keys, where the objects have some by now."""
        for holder, prop in self.waiting:
            value = holder[prop]
            if type(value) is list:
                holder[prop] = list(dict.fromkeys([marks.get(each, each) for each in value]))
            else:
                holder[prop] = marks.get(value, value)

    def look_again(self, marks: Marks) -> None:
        """Check objects for which references count; one that becomes partial may lose references to it."""

        def type_of(mark: Any) -> str:
            item = self.objects.get(mark) or next(
                item for key, item in self.objects.items() if marks.get(key) == mark
            )
            return str(item["type"])

        while self.second:
            broken = [key for key in self.second if not settle_references(self.objects[key], type_of)]
            if not broken:
                return
            for key in broken:
                self._make_partial(self.objects[key])
                self.second.remove(key)
            self._retract({marks.get(key, key) for key in broken})

    def _make_partial(self, item: Object) -> None:
        self.build.report.partial[item["type"]] += 1
        make_partial(item)

    def _resolve_any(
        self, item: Object, reference: Reference, count: int | None, path: Path, marks: Marks
    ) -> None:
        self._put(item, reference, self._allowed(reference, self._targets(reference, count, path)), marks)

    def _put(self, item: Object, reference: Reference, targets: list[InstanceKey], marks: Marks) -> None:
        """Put a reference in its place, next to others in a list."""
        if not targets:
            return
        prop, holder = reference.steps[-1], item
        if len(reference.steps) > 1:
            inner = inside(self.build, item, reference.steps[:-1], reference.kinds)
            if inner is None:
                self.build.drop(reference.field, TAKEN)
                return
            holder = inner
        found = [marks.get(target, target) for target in targets]
        if reference.is_list or (reference.is_list is None and len(targets) > 1):
            is_put = self._put_in_list(holder, prop, found)
        else:
            del targets[1:]
            is_put = holder.setdefault(prop, found[0]) == found[0]
        if not is_put:
            self.build.drop(reference.field, TAKEN)
            return
        if any(target not in marks for target in targets):
            self.waiting.append((holder, prop))
        if holder is not item and not settle(item, self.build.version):
            self._make_partial(item)

    def _put_in_list(self, holder: Object, prop: str, found: list[Any]) -> bool:
        mine = holder.get(prop)
        if mine is None:
            mine = holder[prop] = []
            self.lists[id(mine)] = mine
        if id(mine) not in self.lists:
            return False
        mine += [mark for mark in dict.fromkeys(found) if mark not in mine]
        return True

    def _allowed(self, reference: Reference, targets: list[InstanceKey]) -> list[InstanceKey]:
        """The targets of a type that the property may refer to; others are counted."""
        if not reference.types:
            return targets
        found: list[InstanceKey] = []
        for target in targets:
            kind = self.objects[target]["type"]
            if kind in reference.types:
                found.append(target)
            else:
                self.build.drop(reference.field, f"{reference.steps[-1]} may not refer to {kind}")
        return found

    def _targets(self, reference: Reference, count: int | None, path: Path) -> list[InstanceKey]:
        """The objects that a reference means.

        Of a list, those made of its items; else the nearest of each name: in the same place, in a place
        around it, or the first below it.
        """
        names, objects = reference.names, self.objects
        if reference.everywhere:
            return [key for name in names for key in self._instances(name, path)]
        if count is not None:
            exact: list[InstanceKey] = [
                key for at in range(count) for name in names if (key := (name, (*path, at))) in objects
            ]
            if exact:
                every = reference.as_list or reference.kinds[-1].shape == "refs"
                return exact if every else exact[:1]
        nearest = (self._nearest(name, path) for name in names)
        return [key for key in nearest if key is not None]

    def _nearest(self, name: str, path: Path) -> InstanceKey | None:
        for length in range(len(path), 0, -1):
            if (name, path[:length]) in self.objects:
                return name, path[:length]
        return next(self._instances(name, path), name if name in self.objects else None)

    def _instances(self, name: str, path: Path) -> Iterator[InstanceKey]:
        """All objects of a name at a place or below it."""
        if not path and name in self.objects:
            yield name
        for key in self.build.instances.get(name, ()):
            if key[1][: len(path)] == path and key in self.objects:
                yield key

    def _retract(self, gone: set[Any]) -> None:
        """Remove references to objects that lost their type from where that type is asked for."""
        for key, reference, *_ in self.build.pending:
            holder: Any = self.objects.get(key) if reference.types else None
            for step in reference.steps[:-1]:
                holder = holder.get(step) if isinstance(holder, dict) else None
                holder = holder[0] if isinstance(holder, list) and holder else holder
            prop = reference.steps[-1]
            if not isinstance(holder, dict) or prop not in holder:
                continue
            value = holder[prop]
            kept = [mark for mark in value if mark not in gone] if isinstance(value, list) else value
            if kept == [] or (not isinstance(value, list) and value in gone):
                del holder[prop]
                self.waiting = [entry for entry in self.waiting if entry[0] is not holder or entry[1] != prop]
            elif isinstance(value, list):
                value[:] = kept
