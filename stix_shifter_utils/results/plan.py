"""Plans: how rows of one shape become objects, foreseen once and written down as straight code.

A row of the shape goes the general way with stand-ins (`Slot`) for its cleaned values: the map's leaves fill
a `RowBuild`, and `settle` and `finish` do to it what they do to any row. What comes out are the objects with
slots in their places; code that makes just these follows (`plan_code`). Where the general way would look at a
value, the code gets a guard that the answer is still the same; what no guard can say has no plan
(UnforeseenError).

The code returns the objects of a row, or None for a row with a value that does not fit: the general way takes
that row, and counts what it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.results.build import Object, Path, RowBuild
from stix_shifter_utils.results.compile import as_it_is
from stix_shifter_utils.results.finish import number_objects, observed_data
from stix_shifter_utils.results.leaves import NATIVE, ChoiceLeaf, ObservedLeaf, ReferenceLeaf, ValueLeaf
from stix_shifter_utils.results.plan_code import PARTS, PlanCode
from stix_shifter_utils.results.report import ResultsReport
from stix_shifter_utils.results.settle import Settled
from stix_shifter_utils.results.slots import InexactError, Slot, Spread, UnforeseenError
from stix_shifter_utils.results.source import indented
from stix_shifter_utils.results.steps import NO_OBJECT, parts_lost, reference_step
from stix_shifter_utils.results.transformers.addresses import (
    CheckIPv4,
    CheckIPv6,
    FilterIPv4List,
    FilterIPv6List,
)
from stix_shifter_utils.results.transformers.texts import ToInteger
from stix_shifter_utils.results.writers import TAKEN, writer
from stix_shifter_utils.stix.kinds import anything, between, matching
from stix_shifter_utils.stix.values import integer, ipv4, ipv4_block, ipv6, ipv6_block, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stix_shifter_utils.results.build import InstanceKey
    from stix_shifter_utils.results.leaves import Leaf
    from stix_shifter_utils.results.steps import Level, Transform
    from stix_shifter_utils.stix import Version
    from stix_shifter_utils.stix.kinds import Kind

Bind = Callable[..., Callable[[dict[str, Any]], "list[Object] | None"]]
"""`bind(own, key_of, identity_id, now, dropped, partial)` gives the function from a row to its objects."""

_ARGUMENTS: Final = ("own", "key_of", "identity_id", "now", "dropped", "partial")
_SCALARS: Final = (str, int, float, bool)
_CHECKS: Final[Mapping[Any, Callable[[Any], Any]]] = {
    CheckIPv4.transform: ipv4, CheckIPv6.transform: ipv6, ipv4: ipv4, ipv6: ipv6,
}  # fmt: skip
"""Transformers that only choose, and the cleaner that does the same."""
_CHECKED: Final = frozenset({ipv4, ipv6, ipv4_block, ipv6_block})
_LISTS_ONLY: Final = (FilterIPv4List.transform, FilterIPv6List.transform)
_SMALL: Final = (1 << 63) - 1


def make_plan(
    level: Level,
    row: Mapping[str, Any],
    version: Version,
    contributing: Mapping[str, tuple[str, ...]],
    *,
    is_exact: bool,
    keeps_unmapped: bool,
) -> Bind:
    """The plan for rows of the shape that this row has. Raises UnforeseenError when there is none."""
    planner = _Planner(version, contributing, is_exact=is_exact, keeps_unmapped=keeps_unmapped)
    planner.walk(level, row, (), "row")
    return planner.finish()


class _Native:
    """A native value of the row that the plan is made from: its name in the code and, if known, its type."""

    __slots__ = ("found", "name", "slot", "type", "value")

    def __init__(self, value: Any, known: type | None, name: str) -> None:
        self.value, self.type, self.name = value, known, name
        self.found: Any = None
        self.slot: Slot


def _shortened(
    transform: Transform | None, clean: Callable[[Any], Any], known: type | None
) -> tuple[Transform | None, Callable[[Any], Any]]:
    """A transformer and cleaner of values of a type, without the transformer where that is possible."""
    function = transform and transform.function
    if function in _CHECKS and known is str and clean in _CHECKED:
        return None, _CHECKS[function]
    if (function in _LISTS_ONLY and known is str) or (function is ToInteger.transform and known is int):
        return None, clean
    return transform, clean


def _kind_of(choice: ChoiceLeaf, value: Any, *, in_list: bool) -> Kind:
    """The kind that an address, or an item of a list of such, is of."""
    taken: dict[int, Kind] = {}
    failed: set[int] = set()
    for leaf in choice.options:
        kind = leaf.key.kind
        transform = leaf.each if in_list else leaf.transform
        rest, clean = _shortened(transform, kind.clean, type(value))
        if type(value) is not str or rest is not None or leaf.constant is not NATIVE:
            raise UnforeseenError
        if clean(value) is None:
            failed.add(id(kind))
        else:
            taken[id(kind)] = kind
    if len(taken) != 1 or not failed.isdisjoint(taken):
        raise UnforeseenError
    return next(iter(taken.values()))


class _Planner(PlanCode):
    """One walk over a row, and the code that comes of it."""

    def __init__(
        self,
        version: Version,
        contributing: Mapping[str, tuple[str, ...]],
        *,
        is_exact: bool,
        keeps_unmapped: bool,
    ) -> None:
        super().__init__(contributing)
        self.version: Version = version
        self.is_exact, self.keeps_unmapped = is_exact, keeps_unmapped
        self.report = ResultsReport()
        self.build = RowBuild(version, self.report, None)

    # the walk

    def walk(self, level: Level, row: Mapping[str, Any], path: Path, place: str) -> None:
        for name, value in row.items():
            if value is None:
                continue
            if name in level.levels:
                self.enter(level.levels[name], value, path, self.read(place, name), level.prefix + name)
            elif name in level.leaves:
                for leaf in level.leaves[name]:
                    self.leaf(leaf, value, path, self.read(place, name), level.prefix + name)
            elif self.keeps_unmapped:
                raise UnforeseenError

    def read(self, place: str, name: Any) -> str:
        return self.source.variable("read", f"{place}[{self.source.bind(name)}]")[0]

    def enter(self, level: Level, value: Any, path: Path, place: str, field: str) -> None:
        if level.group_references:
            raise UnforeseenError
        if type(value) is dict:
            self.walk(level, value, path, place)
        elif type(value) is list:
            for index, item in enumerate(value):
                if item is not None:
                    self.walk(level, item, (*path, index), self.read(place, index))
        elif type(value) not in _SCALARS:
            raise UnforeseenError
        elif not self.is_empty(value, None):
            if isinstance(value, str):
                self.guard(f"not {place}")
            self.count(field, NO_OBJECT)

    def leaf(self, leaf: Leaf | None, value: Any, path: Path, place: str, field: str) -> None:
        match leaf:
            case ValueLeaf():
                self.value(leaf, value, path, place, field)
            case ReferenceLeaf():
                self.refer(leaf, value, path, place)
            case ObservedLeaf():
                self.observed(leaf, value, place, field)
            case ChoiceLeaf():
                self.choice(leaf, value, path, place)
            case None:
                raise UnforeseenError

    def refer(self, leaf: ReferenceLeaf, value: Any, path: Path, place: str) -> None:
        if leaf.transform is not None:
            native = self.transformed(leaf.transform, _Native(value, type(value), place))
            value = native.value
            if value is None or isinstance(value, (list, tuple)):
                raise UnforeseenError
            self.guard(f"isinstance({native.name}, {self.source.bind((list, tuple))})")
        reference_step(*leaf.references)(self.build, value, {}, path)

    def observed(self, leaf: ObservedLeaf, value: Any, place: str, field: str) -> None:
        clean = leaf.kind.clean if leaf.kind.shape == "scalar" else leaf.kind.read
        if leaf.constant is not NATIVE:
            self.build.observed.setdefault(leaf.name, self.constant(clean, leaf.constant))
        elif not self.is_empty(value, leaf.transform):
            found = self.cleaned(_Native(value, type(value), place), leaf.kind, clean, leaf.transform, field)
            if found is not None:
                self.build.observed.setdefault(leaf.name, found.slot)

    def choice(self, choice: ChoiceLeaf, value: Any, path: Path, place: str) -> None:
        """Each address goes to the first kind that takes it; no text is an address of two kinds."""
        if type(value) is list:
            items = list(self.items(value, choice.options))
            kinds = {index: _kind_of(choice, item, in_list=True) for index, item in items}
            for leaf in choice.options:
                for index, item in items:
                    if leaf.key.kind is kinds[index]:
                        self.single(leaf, leaf.each, item, (*path, index), self.read(place, index), "")
        elif not self.is_empty(value, None):
            kind = _kind_of(choice, value, in_list=False)
            for leaf in choice.options:
                if leaf.key.kind is kind:
                    self.single(leaf, leaf.transform, value, path, place, "")

    def value(self, leaf: ValueLeaf, value: Any, path: Path, place: str, field: str) -> None:
        if leaf.many and leaf.constant is NATIVE and isinstance(value, (list, tuple)):
            for index, item in self.items(value, (leaf,)):
                self.single(leaf, leaf.each, item, (*path, index), self.read(place, index), field)
        else:
            self.single(leaf, leaf.transform, value, path, place, field)

    def items(self, values: Any, leaves: Iterable[ValueLeaf]) -> Iterator[tuple[int, Any]]:
        """The items of a list that become objects of their own, with their places."""
        if any(leaf.transform is not None and leaf.each is None for leaf in leaves):
            raise UnforeseenError
        for index, item in enumerate(values):
            if item is not None and not self.is_empty(item, None):
                yield index, item

    def single(
        self, leaf: ValueLeaf, transform: Transform | None, value: Any, path: Path, place: str, field: str
    ) -> None:
        """One value into its property, as the steps of `steps` do it."""
        kind, top = leaf.key.kind, leaf.key.steps[0]
        is_plain = len(leaf.key.steps) == 1 and kind.shape in {"scalar", "any"}
        clean = kind.clean if is_plain else kind.reader()
        native: _Native | None = None
        if leaf.constant is not NATIVE:
            slot = self.constant(clean, leaf.constant)
        elif self.is_empty(value, transform):
            return
        else:
            native = self.cleaned(
                _Native(value, type(value), place), kind, clean, transform, field, leaf.many
            )
            if native is None:
                return
            slot = native.slot
        item, is_new = self.object_at(leaf, path)
        if leaf.group is not None:
            self.extend(item, top, slot, native, kind)
        elif len(leaf.key.steps) == 1 and top in item:
            self.meet(item[top], slot, field)
            return
        elif is_plain:
            item[top] = slot
            if not is_new and kind.is_identity:
                item["type"] = leaf.base["type"]
        else:
            self.write(leaf, item, slot)
        if native is not None and kind.shape not in {"any", "scalar"} and native.type not in _SCALARS:
            self.guard_parts(native, kind)

    def object_at(self, leaf: ValueLeaf, path: Path) -> tuple[Object, bool]:
        key: InstanceKey = (leaf.name, path) if path else leaf.name
        item = self.build.objects.get(key)
        return (self.build.make(key, leaf.base), True) if item is None else (item, False)

    def write(self, leaf: ValueLeaf, item: Object, slot: Slot) -> None:
        if slot.may_be_object and len(leaf.key.steps) > 1:
            raise UnforeseenError  # it may be merged with another one
        if writer(leaf.key, None)(self.build, item, slot) is not None:
            raise UnforeseenError

    def extend(self, item: Object, name: str, slot: Slot, native: _Native | None, kind: Kind) -> None:
        """A value, or the items of a list, into a list that several values make."""
        mine = item.setdefault(name, [])
        if not isinstance(mine, list) or native is None or kind.shape not in {"any", "list"}:
            raise UnforeseenError
        if kind.shape == "any" and native.type not in _SCALARS:
            self.guard(f"type({slot.name}) is not {self.source.bind(type(native.found))}")
        mine.append(Spread(slot) if isinstance(native.found, list) else slot)

    def meet(self, mine: Any, slot: Slot, field: str) -> None:
        """A property that has a value already keeps it; another one is counted."""
        if not isinstance(mine, Slot):
            raise UnforeseenError
        if mine.name == slot.name:
            return
        if not field or (mine.may_be_object and slot.may_be_object):
            raise UnforeseenError
        self.count(field, TAKEN, f"{mine.name} != {slot.name}")

    def guard_parts(self, native: _Native, kind: Kind) -> None:
        """That no part of a container is lost, which the general way counts."""
        if kind.shape == "list":
            self.guard(f"type({native.name}) is not list or len({native.name}) != len({native.slot.name})")
        else:
            lost = self.source.bind(parts_lost)
            self.guard(f"{lost}({native.name}, {native.slot.name})")

    # values

    def is_empty(self, value: Any, transform: Transform | None) -> bool:
        """Whether a value is "", of which nothing is made; only exact shapes tell."""
        if not isinstance(value, str) or value != "":
            return False
        if not self.is_exact:
            raise InexactError
        if transform is not None:
            raise UnforeseenError
        return True

    def constant(self, clean: Callable[[Any], Any], value: Any) -> Slot:
        found = clean(value)
        if not isinstance(found, _SCALARS):
            raise UnforeseenError
        return Slot(self.source.bind(found), self.guard, is_text=isinstance(found, str))

    def cleaned(
        self,
        native: _Native,
        kind: Kind,
        clean: Callable[[Any], Any],
        transform: Transform | None,
        field: str,
        many: bool = False,
    ) -> _Native | None:
        """A native value with its slot; None when it does not fit, and is foreseen not to."""
        transform, clean = _shortened(transform, clean, native.type)
        if transform is not None:
            native = self.transformed(transform, native)
            if many:  # a list from a transformer
                self.guard(f"isinstance({native.name}, {self.source.bind((list, tuple))})")
        native.found = None if native.value is None else clean(native.value)
        if native.found is None:
            self.failing(native, kind, clean, field)
            return None
        known = native.type
        native.slot = Slot(
            self.cleaning(clean, known, native.name),
            self.guard,
            is_text=isinstance(native.found, str) and (kind.shape == "scalar" or known is str),
            may_be_object=kind.shape == "struct" or (kind.shape == "any" and known not in (*_SCALARS, list)),
        )
        return native

    def transformed(self, transform: Transform, native: _Native) -> _Native:
        try:
            value = transform.function(native.value)
        except Exception as error:
            raise UnforeseenError from error
        name, is_new = self.source.variable(
            "transform", f"{self.source.bind(transform.function)}({native.name})"
        )
        if is_new:
            self.source.add("transform", f"if {name} is None: return None")
        return _Native(value, None, name)

    def failing(self, native: _Native, kind: Kind, clean: Callable[[Any], Any], field: str) -> None:
        """A value of which nothing is made but a count, as long as the rows' values do not fit either."""
        sample = native.value
        if not field or kind.spare or type(sample) not in _SCALARS or sample == "":
            raise UnforeseenError
        if native.type is None:
            self.guard(f"type({native.name}) is not {self.source.bind(type(sample))}")
        if isinstance(sample, str):
            self.guard(f"not {native.name}")
        self.guard(f"{self.source.bind(clean)}({native.name}) is not None")
        self.count(field, kind.reason)

    def cleaning(self, clean: Callable[[Any], Any], known: type | None, place: str) -> str:
        """A variable with the clean value: by the short way for its type, where there is one."""
        if clean is as_it_is or (clean is anything and known is bool):
            return place
        bind = self.source.bind
        expression = f"{bind(clean)}({place})"
        short = None
        if clean in {text, anything} and known is str:
            short = f"{place} and {place}.isascii()"
        elif clean in {integer, anything} and known is int:
            short = f"-{bind(_SMALL)} <= {place} <= {bind(_SMALL)}"
        elif isinstance(clean, partial) and clean.func is between and known is int:
            short = f"{bind(clean.args[0])} <= {place} <= {bind(clean.args[1])}"
        elif isinstance(clean, partial) and clean.func is matching and known is str:
            short = f"{place}.isascii() and {bind(clean.args[0].fullmatch)}({place})"
        if short is not None:
            expression = f"{place} if {short} else {expression}"
        name, is_new = self.source.variable("clean", expression)
        if is_new:
            self.source.add("clean", f"if {name} is None: return None")
        return name

    # what becomes of the objects

    def finish(self) -> Bind:
        settled = Settled(self.build)
        if not settled.objects:
            raise UnforeseenError
        add = self.source.add
        if self.version == "2.0":
            objects = number_objects(settled)
            members = ", ".join(f"{self.source.bind(at)}: {self.code(item)}" for at, item in objects.items())
            add("make", f"observed[{self.source.bind('objects')}] = {{{members}}}")
            add("make", "return [observed]")
        else:
            self.identified(settled)
        if self.report.dropped:
            raise UnforeseenError
        for kind, times in self.report.partial.items():
            add("count", f"partial[{self.source.bind(kind)}] += {self.source.bind(times)}")
        given = ", ".join(f"{self.source.bind(k)}: {self.code(v)}" for k, v in self.build.observed.items())
        make, version = self.source.bind(observed_data), self.source.bind(self.version)
        own_id = self.own_id("observed-data", "")
        add("frame", f"observed = {make}({{{given}}}, {own_id}, identity_id, now, {version})")
        return self.source.function(_ARGUMENTS, self.body())

    def body(self) -> str:
        parts = self.source.parts
        lines = [*parts["read"]]
        if parts["transform"]:
            lines += ["try:", *(f"    {line}" for line in parts["transform"])]
            lines += ["except Exception:", "    return None"]
        for part in PARTS:
            lines += parts[part]
        once = indented(parts["once"], 1)
        return f"{once}    def plan(row):\n{indented(lines, 2)}    return plan\n"
