"""A comparison expression, compiled once, judging one observation at a time.

Here is decided from which objects a path starts, and what AND and OR make of the comparisons. Following a
path is `reach`'s work, what an operator means for a value is `values`', how several observations combine is
`combine`'s.

Nothing recurses: the expression becomes a list of steps, each naming the step to take when its comparison
holds and when it does not, so nesting costs nothing and evaluation stops as early as it can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from stix_shifter_utils.pattern.nodes import (
    Comparator,
    Comparison,
    ComparisonAnd,
    ComparisonExpression,
    ComparisonOr,
    Literal,
    ObjectPath,
)
from stix_shifter_utils.pattern.observed import Observed
from stix_shifter_utils.pattern.property_kinds import static_kind
from stix_shifter_utils.pattern.reach import AtRoot, at_root, is_present, plain_property
from stix_shifter_utils.pattern.values import Case, Test, value_test

Judge = Callable[[Observed], bool]
"""Whether an observation satisfies a comparison or a whole expression."""

NOT_OBSERVABLE: Final = frozenset({
    *("attack-pattern", "bundle", "campaign", "course-of-action", "extension-definition", "grouping"),
    *("identity", "incident", "indicator"),
    *("infrastructure", "intrusion-set", "language-content", "location", "malware"),
    *("malware-analysis", "marking-definition", "note", "observed-data", "opinion", "relationship", "report"),
    *("sighting", "threat-actor", "tool", "vulnerability"),
})  # fmt: skip
"""STIX 2.1 types that are no observables: no path starts at one, though `object_refs` may list it."""

_FEW: Final = 3  # comparisons for which looking at every object is cheaper than sorting them by type first
_HOLDS, _FAILS = -1, -2
# An object without type, or something that is no object: look again, with care.
_ODD_DATA: Final = (KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Reading:
    """How an expression is read; see `match.Matcher`."""

    same_object: bool = False
    case: Case = "exact"
    trusted: frozenset[Comparison] = frozenset()


def compile_expression(expression: ComparisonExpression, reading: Reading) -> Judge:
    """Whether an observation satisfies the expression.

    Raises UnsupportedFeatureError for a regular expression or address block that cannot be used.
    """
    steps = _steps(expression, reading)
    if reading.same_object and not _is_alone(steps, reading):
        return _same_object(steps, reading)
    few = len(steps) <= _FEW
    return _program([(_anywhere(comparison, reading, few=few), yes, no) for comparison, yes, no in steps])


def _is_alone(steps: list[_Step], reading: Reading) -> bool:
    """Whether there is one comparison, of a kind that says the same in both readings."""
    return len(steps) == 1 and not _is_absence(steps[0][0]) and steps[0][0] not in reading.trusted


# --- AND and OR --------------------------------------------------------------------------------------


_Step = tuple[Comparison, int, int]
"""A comparison, the step that follows when it holds, the step that follows when it fails."""


def _steps(expression: ComparisonExpression, reading: Reading) -> list[_Step]:
    """The comparisons in the order of evaluation: a step leads to later ones only."""
    steps: dict[int, _Step] = {}
    labels = 1
    work: list[tuple[ComparisonExpression, int, int, int]] = [(expression, 0, _HOLDS, _FAILS)]
    while work:
        node, label, yes, no = work.pop()
        if isinstance(node, Comparison):
            steps[label] = (node, yes, no)
            continue
        operands = _folded(node.operands, reading) if isinstance(node, ComparisonOr) else node.operands
        own = [label, *range(labels, labels + len(operands) - 1)]
        labels += len(operands) - 1
        for operand, place, following in reversed(list(zip(operands, own, [*own[1:], None], strict=True))):
            if following is None:
                work.append((operand, place, yes, no))
            elif isinstance(node, ComparisonAnd):
                work.append((operand, place, following, no))
            else:
                work.append((operand, place, yes, following))
    places = {label: place for place, label in enumerate(steps)} | {_HOLDS: _HOLDS, _FAILS: _FAILS}
    return [(comparison, places[yes], places[no]) for comparison, yes, no in steps.values()]


def _folded(operands: Sequence[ComparisonExpression], reading: Reading) -> list[ComparisonExpression]:
    """`a = 1 OR a = 2 OR a IN (3, 4)` as one IN: a thousand indicators become one look into a set."""
    by_path: dict[ObjectPath, list[Comparison]] = {}
    others: list[ComparisonExpression] = []
    for operand in operands:
        if isinstance(operand, Comparison) and _is_equality(operand) and operand not in reading.trusted:
            by_path.setdefault(operand.path, []).append(operand)
        else:
            others.append(operand)
    return [*(_one_of(same) for same in by_path.values()), *others]


def _is_equality(comparison: Comparison) -> bool:
    return comparison.comparator in {Comparator.EQUAL, Comparator.IN} and not comparison.negated


def _one_of(comparisons: list[Comparison]) -> Comparison:
    if len(comparisons) == 1:
        return comparisons[0]
    values: list[Any] = []
    for each in comparisons:
        values.extend(each.value if isinstance(each.value, tuple) else (each.value,))
    return Comparison(comparisons[0].path, Comparator.IN, cast("Literal", tuple(values)))


def _program(judges: list[tuple[Judge, int, int]]) -> Judge:
    first, if_first, unless_first = judges[0]
    if len(judges) == 1:
        return first
    if len(judges) == 2:  # noqa: PLR2004  the commonest program, without a loop
        second = judges[1][0]
        if unless_first == _FAILS:
            return lambda observed: first(observed) and second(observed)
        if if_first == _HOLDS:
            return lambda observed: first(observed) or second(observed)

    def run(observed: Observed) -> bool:
        at = 0
        while at >= 0:
            judge, yes, no = judges[at]
            at = yes if judge(observed) else no
        return at == _HOLDS

    return run


# --- every comparison may be satisfied by any object ---------------------------------------------------


def _anywhere(comparison: Comparison, reading: Reading, *, few: bool) -> Judge:
    kind = comparison.path.object_type
    if _is_absence(comparison):
        return _lacking(kind, is_present(comparison.path))
    holds = at_root(comparison, reading.case)
    plain = plain_property(comparison.path)
    if not few:
        judge = _any_of_type(kind, holds)
    elif plain is not None and comparison.comparator is not Comparator.EXISTS:
        test = value_test(comparison, static_kind(comparison.path), reading.case)
        judge = _any_property(kind, plain, test, holds)
    else:
        judge = _any_object(kind, holds)
    if kind in NOT_OBSERVABLE:
        judge = _embedded_only(judge)
    if comparison in reading.trusted:
        judge = _or_absent(judge, _any_of_type(kind, is_present(comparison.path)))
    return judge


def _is_absence(comparison: Comparison) -> bool:
    return comparison.comparator is Comparator.EXISTS and comparison.negated


def _any_object(kind: str, holds: AtRoot) -> Judge:
    careful = _any_of_type(kind, holds)

    def judge(observed: Observed) -> bool:
        try:
            for root in observed.roots:
                if root["type"] == kind and holds(root, observed):
                    return True
        except _ODD_DATA:
            return careful(observed)
        return False

    return judge


def _any_property(kind: str, name: str, test: Test, holds: AtRoot) -> Judge:
    """`_any_object` for a path of one property, the common case, with a call less for each object."""
    careful = _any_of_type(kind, holds)

    def judge(observed: Observed) -> bool:
        try:
            for root in observed.roots:
                if root["type"] == kind:
                    value = root.get(name)
                    if value is not None and test(value):
                        return True
        except _ODD_DATA:
            return careful(observed)
        return False

    return judge


def _any_of_type(kind: str, holds: AtRoot) -> Judge:
    def judge(observed: Observed) -> bool:
        return any(holds(root, observed) for root in observed.by_type.get(kind, ()))

    return judge


def _lacking(kind: str, present: AtRoot) -> Judge:
    """NOT EXISTS: some object of the type lacks the property, or there is no object of the type."""

    def judge(observed: Observed) -> bool:
        roots = observed.by_type.get(kind)
        if not roots or (kind in NOT_OBSERVABLE and not observed.embedded):
            return True
        return any(not present(root, observed) for root in roots)

    return judge


def _embedded_only(judge: Judge) -> Judge:
    return lambda observed: observed.embedded and judge(observed)


def _or_absent(judge: Judge, present: Judge) -> Judge:
    return lambda observed: judge(observed) or not present(observed)


# --- all comparisons start at one object (§9.5) ----------------------------------------------------------


def _same_object(steps: list[_Step], reading: Reading) -> Judge:
    if any(comparison in reading.trusted for comparison, _, _ in steps):
        return _universal(steps, reading)
    kinds = {comparison.path.object_type: None for comparison, _, _ in steps}
    programs = {kind: program for kind in kinds if (program := _for_type(kind, steps, reading)) is not None}
    if len(programs) == 1:
        ((only, holds),) = programs.items()
        return _any_object(only, holds)

    def careful(observed: Observed) -> bool:
        by_type = observed.by_type
        return any(
            holds(root, observed) for kind, holds in programs.items() for root in by_type.get(kind, ())
        )

    def run(observed: Observed) -> bool:
        try:
            for root in observed.roots:
                holds = programs.get(root["type"])
                if holds is not None and holds(root, observed):
                    return True
        except _ODD_DATA:
            return careful(observed)
        return False

    return run if programs else lambda observed: False


def _for_type(kind: str, steps: list[_Step], reading: Reading) -> AtRoot | None:
    """What the expression asks of an object of a type; `None` if no such object can satisfy it.

    Comparisons of other types fail for it, so the steps past them are known before.
    """

    def past(label: int) -> int:
        while label >= 0 and steps[label][0].path.object_type != kind:
            label = steps[label][2]
        return label

    kept: dict[int, _Step] = {}
    for label in range(len(steps) - 1, -1, -1):
        comparison, yes, no = steps[label]
        if comparison.path.object_type == kind:
            yes, no = past(yes), past(no)
            kept[label] = (comparison, yes, no)
    return _root_program(past(0), kept, reading) if kept and past(0) >= 0 else None


def _root_program(start: int, steps: Mapping[int, _Step], reading: Reading) -> AtRoot | None:
    """The steps as one function, those that decide nothing left out."""
    decided: dict[int, int] = {}
    judges: dict[int, tuple[AtRoot, int, int]] = {}
    for label, (comparison, yes, no) in steps.items():  # from the last one on
        if_so, if_not = decided.get(yes, yes), decided.get(no, no)
        if if_so == if_not:
            decided[label] = if_so
        else:
            judges[label] = (_at_type(comparison, reading), if_so, if_not)
    start = decided.get(start, start)
    if start < 0:
        return None
    first, if_first, unless_first = judges[start]
    if (if_first, unless_first) == (_HOLDS, _FAILS):
        return first
    if unless_first == _FAILS and judges[if_first][1:] == (_HOLDS, _FAILS):
        second = judges[if_first][0]
        return lambda root, observed: first(root, observed) and second(root, observed)

    def holds(root: Mapping[str, Any], observed: Observed) -> bool:
        at = start
        while at >= 0:
            judge, yes, no = judges[at]
            at = yes if judge(root, observed) else no
        return at == _HOLDS

    return holds


def _at_type(comparison: Comparison, reading: Reading) -> AtRoot:
    """Whether an object of the comparison's type satisfies it by itself."""
    holds = _lacks(comparison) if _is_absence(comparison) else at_root(comparison, reading.case)
    if comparison.path.object_type in NOT_OBSERVABLE:
        return lambda root, observed: observed.embedded and holds(root, observed)
    return holds


def _lacks(comparison: Comparison) -> AtRoot:
    present = is_present(comparison.path)
    return lambda root, observed: not present(root, observed)


def _universal(steps: list[_Step], reading: Reading) -> Judge:
    """With comparisons that are trusted: an absent value is true of any object, even where there is none."""
    judges = [(_at_one(comparison, reading), yes, no) for comparison, yes, no in steps]

    def holds(root: Mapping[str, Any], observed: Observed) -> bool:
        at = 0
        while at >= 0:
            judge, yes, no = judges[at]
            at = yes if judge(root, observed) else no
        return at == _HOLDS

    return lambda observed: any(
        holds(root, observed) for root in (*observed.roots, {}) if isinstance(root, dict)
    )


def _at_one(comparison: Comparison, reading: Reading) -> AtRoot:
    """Whether one object satisfies the comparison by itself, or it is trusted and nothing has a value."""
    kind = comparison.path.object_type
    satisfies = _at_type(comparison, reading)
    somewhere = _any_of_type(kind, is_present(comparison.path)) if comparison in reading.trusted else None

    def judge(root: Mapping[str, Any], observed: Observed) -> bool:
        if root.get("type") == kind and satisfies(root, observed):
            return True
        return somewhere is not None and not somewhere(observed)

    return judge
