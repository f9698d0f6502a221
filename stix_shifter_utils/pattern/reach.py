"""Following an object path from one object: compiled once into a function that tests every value it reaches.

Which objects a path starts from, and how comparisons combine, is `judge`'s work; what is tested is
`values`' work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from stix_shifter_utils.pattern.nodes import ANY, Comparator, Comparison, ObjectPath, PathStep
from stix_shifter_utils.pattern.observed import Observed
from stix_shifter_utils.pattern.property_kinds import KIND_BY_TYPE, holds_hashes, static_kind
from stix_shifter_utils.pattern.spellings import AMBIGUOUS, hash_value, top_value
from stix_shifter_utils.pattern.values import Case, Test, same_for_all_kinds, value_test

AtRoot = Callable[[Mapping[str, Any], Observed], bool]
"""Whether some value that the path reaches from this object of the observation satisfies the comparison."""


def at_root(comparison: Comparison, case: Case) -> AtRoot:
    """The comparison as a question about one object, NOT included; `judge` cares for NOT EXISTS.

    Raises UnsupportedFeatureError for a regular expression or address block that cannot be used.
    """
    path = comparison.path
    if comparison.comparator is Comparator.EXISTS:
        return is_present(path)
    test = value_test(comparison, static_kind(path), case)
    plain = plain_property(path)
    if plain is not None:
        return lambda root, observed: (value := root.get(plain)) is not None and test(value)
    by_type: dict[str, Test] = {}
    if path.steps[-1] == "value" and not same_for_all_kinds(comparison.value):
        by_type = {each: value_test(comparison, kind, case) for each, kind in KIND_BY_TYPE.items()}
    return _frequent(path.steps, test, by_type) or _any_path(path.steps, test, by_type)


def is_present(path: ObjectPath) -> AtRoot:
    """Whether the path reaches any value; a reference at its end counts whether or not it resolves."""
    return _any_path(path.steps, lambda value: True, {}, keep_reference=True)


def plain_property(path: ObjectPath) -> str | None:
    """The name of the one property that the path consists of, if it is no reference and has one spelling."""
    name = path.steps[0]
    if (
        len(path.steps) > 1
        or not isinstance(name, str)
        or name in AMBIGUOUS
        or name.endswith(("_ref", "_refs"))
    ):
        return None
    return name


# --- the commonest paths, without lists in between ---------------------------------------------------


def _frequent(steps: tuple[PathStep, ...], test: Test, by_type: Mapping[str, Test]) -> AtRoot | None:
    """`src_ref.value`, `hashes.MD5` and `protocols[*]`; `None` for all other shapes."""
    name, *rest = steps
    if len(rest) != 1 or not isinstance(name, str) or name in AMBIGUOUS or name.endswith("_refs"):
        return None
    if rest[0] is ANY:
        return _elements(name, test)
    if isinstance(key := rest[0], str):
        if name.endswith("_ref"):
            return _referenced(name, key, test, by_type)
        return _entry(name, key, test, hashes=holds_hashes(name))
    return None


def _elements(name: str, test: Test) -> AtRoot:
    def holds(root: Mapping[str, Any], observed: Observed) -> bool:
        found = root.get(name)
        return isinstance(found, list) and any(each is not None and test(each) for each in found)

    return holds


def _entry(name: str, key: str, test: Test, *, hashes: bool) -> AtRoot:
    def holds(root: Mapping[str, Any], observed: Observed) -> bool:
        inner = root.get(name)
        if not isinstance(inner, dict):
            return False
        value = inner.get(key)
        if value is None and hashes:
            value = hash_value(inner, key)
        return value is not None and test(value)

    return holds


def _referenced(name: str, key: str, test: Test, by_type: Mapping[str, Test]) -> AtRoot:
    plain = key not in AMBIGUOUS

    def holds(root: Mapping[str, Any], observed: Observed) -> bool:
        reference = root.get(name)
        holder = observed.lookup.get(reference) if isinstance(reference, str) else None
        if not isinstance(holder, dict):
            return False
        value = holder.get(key) if plain else top_value(holder, key)
        return value is not None and (_test_of(holder, by_type, test) if by_type else test)(value)

    return holds


def _test_of(holder: Mapping[str, Any], by_type: Mapping[str, Test], test: Test) -> Test:
    kind = holder.get("type")
    return by_type.get(kind, test) if isinstance(kind, str) else test


# --- any path ------------------------------------------------------------------------------------------


Reached = Collection[tuple[Any, Any]]
"""Values, each with the object that it is a top-level property of, if it is one."""
Move = Callable[[Any, Observed], Reached]
"""From a value to the values one step on."""


def _any_path(
    steps: tuple[PathStep, ...], test: Test, by_type: Mapping[str, Test], *, keep_reference: bool = False
) -> AtRoot:
    moves = _moves(steps, keep_reference=keep_reference)

    def holds(root: Mapping[str, Any], observed: Observed) -> bool:
        reached: Reached = [(root, None)]
        for move in moves:
            reached = [each for value, _ in reached for each in move(value, observed)]
            if not reached:
                return False
        return any((_test_of(holder, by_type, test) if holder else test)(value) for value, holder in reached)

    return holds


def _moves(steps: tuple[PathStep, ...], *, keep_reference: bool) -> list[Move]:
    """A move for each step, and one more to follow each reference (but the last, with `keep_reference`)."""
    moves: list[Move] = []
    on_top, name = True, ""
    for place, step in enumerate(steps):
        if isinstance(step, str):
            in_hashes = place > 0 and holds_hashes(steps[place - 1])
            moves.append(_top_move(step) if on_top else _key_move(step, hashes=in_hashes))
            on_top, name = False, step
            refers = name.endswith("_ref")
        else:
            moves.append(_any_move if step is ANY else _index_move(step))
            refers = name.endswith("_refs")
        if refers and not (keep_reference and place + 1 == len(steps)):
            moves.append(_follow)
            on_top = True
    return moves


def _top_move(name: str) -> Move:
    def move(value: Any, observed: Observed) -> Reached:
        found = top_value(value, name) if isinstance(value, dict) else None
        return () if found is None else ((found, value),)

    return move


def _key_move(name: str, *, hashes: bool) -> Move:
    def move(value: Any, observed: Observed) -> Reached:
        if not isinstance(value, dict):
            return ()
        found = hash_value(value, name) if hashes else value.get(name)
        return () if found is None else ((found, None),)

    return move


def _index_move(index: int) -> Move:
    def move(value: Any, observed: Observed) -> Reached:
        inside = isinstance(value, list) and 0 <= index < len(value)
        return ((value[index], None),) if inside and value[index] is not None else ()

    return move


def _any_move(value: Any, observed: Observed) -> Reached:
    return [(each, None) for each in value if each is not None] if isinstance(value, list) else ()


def _follow(value: Any, observed: Observed) -> Reached:
    found = observed.lookup.get(value) if isinstance(value, str) else None
    return ((found, None),) if isinstance(found, dict) else ()
