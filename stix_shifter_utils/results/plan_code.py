"""The code of a plan that makes objects: their ids, their order, what they consist of.

Which values there are, and what guards them, is `plan`'s work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.results.finish import instance_name, without_twins
from stix_shifter_utils.results.slots import Mark, Slot, Spread, UnforeseenError
from stix_shifter_utils.results.source import Source
from stix_shifter_utils.stix.ids import content_id, deterministic_id, one_hash, single_id, trimmed
from stix_shifter_utils.stix.objects import SECOND_LOOK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.results.build import InstanceKey, Object
    from stix_shifter_utils.results.settle import Settled

PARTS: Final = ("clean", "guard", "id", "frame", "twins", "count", "make")
"""Parts of the code behind reading and transforming; counts come when the row can no longer be given up."""


class PlanCode:
    """The source of one plan, and how objects with slots and marks in them are written down."""

    def __init__(self, contributing: Mapping[str, tuple[str, ...]]) -> None:
        self.contributing = contributing
        self.source = Source("once", "read", "transform", *PARTS)

    def guard(self, condition: str) -> None:
        self.source.add("guard", f"if {condition}: return None")

    def count(self, field: str, reason: str, condition: str = "") -> None:
        line = f"dropped[{self.source.bind((field, reason))}] += 1"
        self.source.add("count", f"if {condition}: {line}" if condition else line)

    def own_id(self, object_type: str, name: str) -> str:
        bind = self.source.bind
        maker, _ = self.source.variable("once", f"own({bind(object_type)}, {bind(name)})")
        key, _ = self.source.variable("id", "key_of(row)")
        return f"{maker}({key})"

    def identified(self, settled: Settled) -> None:
        """The objects in STIX 2.1, with the ids that `finish.Identifier` gives them."""
        objects = settled.objects
        if any("archive-ext" in item.get("extensions", ()) for item in objects.values()):
            raise UnforeseenError
        marks: dict[Any, Any] = {key: Mark(f"i{at}") for at, key in enumerate(objects)}
        types = {key: item["type"] for key, item in objects.items()}
        settled.resolve(marks)
        settled.look_again(marks)
        first = [key for key in objects if types[key] not in SECOND_LOOK]
        if any(types[key] != objects[key]["type"] for key in first):
            raise UnforeseenError
        later = [key for key in objects if types[key] in SECOND_LOOK]
        known = {marks[key] for key in first}
        shared: dict[str, list[str]] = {}
        for key in (*first, *later):
            if self.identify(key, objects[key], marks[key], known):
                shared.setdefault(objects[key]["type"], []).append(marks[key].name)
        several = [f"len({{{', '.join(names)}}}) != {len(names)}" for names in shared.values() if names[1:]]
        if several:
            given = ", ".join(self.code(objects[key] | {"id": marks[key]}) for key in (*first, *later))
            twins = self.source.bind(without_twins)
            self.source.add("twins", "group = observed")
            self.source.add("twins", f"if {' or '.join(several)}:")
            self.source.add("twins", f"    group = {twins}(observed, [{given}])")
            self.source.add("twins", "    if group is None: return None")
            self.source.add("make", "if group is not observed: return group")
        self.emit(objects, marks)

    def emit(self, objects: Mapping[Any, Object], marks: Mapping[Any, Mark]) -> None:
        add = self.source.add
        ids = ", ".join(mark.name for mark in marks.values())
        add("make", f"observed[{self.source.bind('object_refs')}] = [{ids}]")
        made = ", ".join(self.code(item | {"id": marks[key]}) for key, item in objects.items())
        add("make", f"return [observed, {made}]")

    def identify(self, key: InstanceKey, item: Object, mark: Mark, known: set[Mark]) -> bool:
        """Code for the id of an object; whether other objects may have the same one."""
        kind, bind = item["type"], self.source.bind
        names = [name for name in self.contributing.get(kind, ()) if name in item]
        if not names:
            self.source.add("id", f"{mark.name} = {self.own_id(kind, instance_name(key))}")
            return False
        value = item[names[0]]
        if len(self.contributing[kind]) == 1 and isinstance(value, Slot) and value.is_text:
            made = f"{bind(single_id(kind, names[0]))}({value.name})"
        elif {"extensions", "number"}.isdisjoint(names):
            data = ", ".join(f"{bind(name)}: {self.contribution(name, item[name], known)}" for name in names)
            made = f"{bind(content_id)}({bind(kind)}, {{{data}}})"
        else:
            data = ", ".join(f"{bind(name)}: {self.code(item[name], known)}" for name in names)
            made = f"{bind(deterministic_id)}({bind(kind)}, {{{data}}}, {bind(self.contributing)})"
        self.source.add("id", f"{mark.name} = {made}")
        return True

    def contribution(self, name: str, value: Any, known: set[Mark]) -> str:
        """What a property contributes to an id, as `deterministic_id` prepares it."""
        code = self.code(one_hash(value) if name == "hashes" and isinstance(value, dict) else value, known)
        if name == "hashes" and not isinstance(value, dict):
            return f"{self.source.bind(one_hash)}({code})"
        return f"{self.source.bind(trimmed)}({code})" if name in {"start", "end"} else code

    def code(self, value: Any, known: set[Mark] | None = None) -> str:
        """An expression for a value with slots and marks in it; `known`: the ids that are known so far."""
        if isinstance(value, dict):
            members = (f"{self.source.bind(name)}: {self.code(v, known)}" for name, v in value.items())
            return f"{{{', '.join(members)}}}"
        if isinstance(value, list):
            return f"[{', '.join(self.code(item, known) for item in value)}]"
        if isinstance(value, Spread):
            return f"*{value.slot.name}"
        if isinstance(value, Mark) and known is not None and value not in known:
            raise UnforeseenError
        return value.name if isinstance(value, (Slot, Mark)) else self.source.bind(value)
