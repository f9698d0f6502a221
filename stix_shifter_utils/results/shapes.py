"""The shape of a row: which names of the map it has, in which order, and of which types their values are.

Two rows of one shape take the same way through a map, but for values that do not fit; what that way is, is
`plan`'s matter. An exact shape also tells which texts are empty and of which kind each address is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.results.leaves import ChoiceLeaf, ReferenceLeaf, ValueLeaf
from stix_shifter_utils.results.source import Source, indented

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.results.leaves import Leaf
    from stix_shifter_utils.results.steps import Level

Probe = Callable[[Any, bool], Hashable]
"""What tells shapes apart within one value; `None` where it has no shape."""

LONGEST_LIST: Final = 8
"""Items of a list that makes objects; rows with more have no shape."""
_KEPT: Final = 4096
"""Shapes of one level that are remembered."""
_numbers: Final = itertools.count()


class ShapelessError(Exception):
    """A row is taken in the general way: too many items, or nested where the map is not."""


class EmptyText:
    """The type of "" in exact shapes."""


def shape_of(level: Level, row: Mapping[str, Any], exact: bool = False) -> Hashable:
    """The shape of a row, or of an object in it. Raises ShapelessError."""
    values = row.values()
    key = (tuple(row), tuple(map(exact_type if exact else type, values)))
    known = level.shapes.get(key)
    if known is None:
        if len(level.shapes) >= _KEPT:
            level.shapes.clear()
        known = level.shapes[key] = (_number(level, *key), *_probes(level, row))
    number, always, when_exact = known
    probes = when_exact if exact else always
    return (number, *[probe(row[name], exact) for name, probe in probes]) if probes else number


def quick_test(level: Level, row: Mapping[str, Any]) -> Callable[[dict[str, Any]], bool]:
    """A test that only rows of this row's shape pass, though not all: a third of the work of `shape_of`.

    A row passes that has the same names, also those that the map does not have, in the same order.
    """
    source = Source("test")
    _write_test(source, level, row, "row")
    lines = [*source.parts["test"], "return True"]
    return source.function(("row",), indented(lines, 1))


def _write_test(source: Source, level: Level, row: Mapping[str, Any], place: str) -> None:
    types, names = tuple(map(type, row.values())), tuple(row)
    source.add("test", f"if tuple(map(type, {place}.values())) != {source.bind(types)}: return False")
    source.add("test", f"if tuple({place}) != {source.bind(names)}: return False")
    for name, value in row.items():
        inner = level.levels.get(name)
        if inner is not None and type(value) is dict:
            part, _ = source.variable("test", f"{place}[{source.bind(name)}]")
            _write_test(source, inner, value, part)
        elif inner is not None and isinstance(value, (dict, list)):
            source.add("test", "return False")
        elif isinstance(value, (list, tuple)) and any(map(_makes_objects, level.leaves.get(name, ()))):
            items = source.bind(tuple(map(type, value)))
            source.add("test", f"if tuple(map(type, {place}[{source.bind(name)}])) != {items}: return False")


def _number(level: Level, names: tuple[Any, ...], types: tuple[type, ...]) -> int:
    """The number of a shape. Names that the map does not have, and those of nothing, make no difference."""
    present = [pair for pair in zip(names, types, strict=True) if pair[1] is not NoneType]
    mapped = tuple([pair for pair in present if pair[0] in level.steps])
    key = (mapped, len(mapped) == len(present))
    number: int | None = level.shapes.get(key)
    if number is None:
        number = level.shapes[key] = next(_numbers)
    return number


def exact_type(value: Any) -> type:
    """The type of a value; "" has one of its own."""
    return EmptyText if value == "" else type(value)


def _probes(level: Level, row: Mapping[str, Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What to ask of the values of rows that look like this one: always, and for an exact shape."""
    always: list[tuple[str, Probe]] = []
    when_exact: list[tuple[str, Probe]] = []
    for name, value in row.items():
        inner = level.levels.get(name)
        leaves = level.leaves.get(name, ())
        if inner is not None and isinstance(value, (dict, list)):
            always.append((name, _level_probe(inner)))
        elif isinstance(value, (list, tuple)) and any(map(_makes_objects, leaves)):
            always.append((name, _list_types))
        when_exact += [(name, _choice_probe(leaf)) for leaf in leaves if isinstance(leaf, ChoiceLeaf)]
    return tuple(always), (*always, *when_exact)


def _makes_objects(leaf: Leaf | None) -> bool:
    """Whether the items of a list, or their number, decide on objects."""
    return isinstance(leaf, (ChoiceLeaf, ReferenceLeaf)) or (isinstance(leaf, ValueLeaf) and leaf.many)


def _level_probe(level: Level) -> Probe:
    def probe(value: Any, exact: bool) -> Hashable:
        if type(value) is dict:
            return shape_of(level, value, exact)
        if type(value) is not list or len(value) > LONGEST_LIST:
            raise ShapelessError
        return tuple([item if item is None else shape_of(level, _object(item), exact) for item in value])

    return probe


def _object(item: Any) -> dict[str, Any]:
    if type(item) is dict:
        return item
    raise ShapelessError


def _list_types(value: Any, exact: bool) -> Hashable:
    if len(value) > LONGEST_LIST:
        raise ShapelessError
    return tuple(map(exact_type if exact else type, value))


def _choice_probe(choice: ChoiceLeaf) -> Probe:
    """Which kinds of address take the value, or each item."""
    kinds = {leaf.key.kind.clean for leaf in choice.options}

    def probe(value: Any, _exact: bool) -> Hashable:
        if isinstance(value, (list, tuple)):
            return tuple([probe(item, True) for item in value])
        return tuple([clean(value) is not None for clean in kinds])

    return probe
