"""The closed loop: pattern, native query, rows, STIX, matcher; what was found and checked is what is there.

Every row is translated once; each pattern is then planned, run, and judged twice: by the matcher over all
rows, and by plan and check over the rows that came back. Patterns and rows are the caller's.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    Matcher,
    Observation,
    Observed,
    Pattern,
    comparisons,
    observed_from_objects,
    print_pattern,
)
from stix_shifter_utils.query import NativeQuery, QueryPlan, Verdict
from stix_shifter_utils.results import ResultsMapping, translate_rows
from stix_shifter_utils.testing.patterns import count_comparators

if TYPE_CHECKING:
    from stix_shifter_utils.pattern.observed import Json

Row = Mapping[str, Any]
Plan = Callable[[Pattern], QueryPlan]
"""Compile with the policy `widen`, and with a window that holds all rows where the pattern states none."""
Run = Callable[[NativeQuery], Iterable[Row]]
"""All rows that a native query finds, as the source gives them; no limit may cut them."""

IDENTITY: Final = {"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "loop"}
_MOST_FAILURES: Final = 20


@dataclass(frozen=True, slots=True)
class LoopFailure:
    """A pattern for which the loop does not close, and why: row numbers, and the plan."""

    pattern: str
    reason: str
    rows: tuple[int, ...]
    plan: QueryPlan

    def __str__(self) -> str:
        bodies = "\n    ".join(str(query.body) for query in self.plan.queries)
        verdicts = "\n    ".join(
            f"{one.verdict.value}: {one.comparison.path} {one.comparison.comparator.value} {one.reason}"
            for one in self.plan.verdicts
        )
        return f"{self.pattern}\n  {self.reason}: rows {self.rows[:10]}\n    {bodies}\n    {verdicts}"


@dataclass(slots=True)
class LoopReport:
    """What a loop went through.

    `comparators` counts each comparator with (True) and without NOT; `selective` the patterns that select
    some rows and not all; `exact` the plans that need no check; `asked` the rows that came back, all in
    all, and `selected` those that matched.
    """

    patterns: int = 0
    rows: int = 0
    selective: int = 0
    exact: int = 0
    asked: int = 0
    selected: int = 0
    comparators: Counter[tuple[Comparator, bool]] = field(default_factory=Counter)
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    failures: list[LoopFailure] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of patterns that select some but not all rows."""
        return self.selective / self.patterns if self.patterns else 0.0

    def __str__(self) -> str:
        counts = ", ".join(
            f"{'NOT ' * negated}{one.value} {number}"
            for (one, negated), number in sorted(
                self.comparators.items(), key=lambda item: (item[0][0].value, item[0][1])
            )
        )
        verdicts = ", ".join(f"{one.value} {number}" for one, number in self.verdicts.items())
        return (
            f"{self.patterns} patterns over {self.rows} rows, {self.share:.0%} select some;"
            f" {self.exact} plans are exact; {self.asked} rows asked for, {self.selected} selected\n"
            f"  {counts}\n  {verdicts}\n  " + "\n  ".join(map(str, self.failures[:_MOST_FAILURES]))
        )


def row_key(row: Row) -> Hashable:
    """What tells rows apart that came back: their values, in the order of their names. Equal rows are one."""
    key = tuple(row.items())
    try:
        hash(key)
    except TypeError:  # lists and objects
        return json.dumps(row, sort_keys=True, default=str)
    return key


class ClosedLoop:
    """Rows, translated once, against which patterns are tried.

    `rows` are all rows of the source, just as `run` gives them. `key` makes equal keys for the same row
    here and from the source.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        mapping: ResultsMapping,
        *,
        identity: Mapping[str, Any] = IDENTITY,
        options: Mapping[str, Any] | None = None,
        key: Callable[[Row], Hashable] = row_key,
    ) -> None:
        self.rows, self.key = rows, key
        self.observed = observe_rows(rows, mapping, identity=identity, options=options)
        self._places: dict[Hashable, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            self._places[key(row)].append(place)
        self._number = {id(each): place for place, each in enumerate(self.observed) if each is not None}

    def facts(self) -> list[dict[str, Any]]:
        """For each row that becomes objects, its values by path: what patterns can be made about."""
        return [dict(observed_facts(each)) for each in self.observed if each is not None]

    def run(self, patterns: Iterable[Pattern], plan: Plan, run: Run, *, audit: bool = True) -> LoopReport:
        """Try patterns. With `audit` each comparison is tried alone too, and held to its verdict."""
        report = LoopReport(rows=len(self.rows))
        tried: set[Comparison] = set()
        for pattern in patterns:
            self._try(pattern, plan, run, report)
            report.comparators += count_comparators([pattern])
            if audit:
                for comparison in comparisons(pattern):
                    if comparison not in tried:
                        tried.add(comparison)
                        self._audit(comparison, plan, run, report)
        return report

    def _try(self, pattern: Pattern, plan: Plan, run: Run, report: LoopReport) -> None:
        made = plan(pattern)
        matcher = Matcher(pattern, case=made.case, trusted=made.trusted)
        wanted = self._matched(matcher, range(len(self.rows)))
        found = self._found(made, run)
        checked = found if made.is_exact else self._matched(matcher, sorted(found))
        report.patterns += 1
        report.selective += 0 < len(wanted) < len(self.rows)
        report.exact += made.is_exact
        report.asked += len(found)
        report.selected += len(wanted)
        self._compare(pattern, made, wanted, checked, report)

    def _audit(self, comparison: Comparison, plan: Plan, run: Run, report: LoopReport) -> None:
        pattern = Pattern(Observation(comparison))
        made = plan(pattern)
        verdict = made.verdicts[0].verdict
        report.verdicts[verdict] += 1
        if made.trusted:
            return
        wanted = self._matched(Matcher(pattern, case=made.case), range(len(self.rows)))
        found = self._found(made, run)
        if verdict is Verdict.EXACT and made.window_exact:
            self._compare(pattern, made, wanted, found, report)
        elif wanted - found:
            self._fail(pattern, f"{verdict.value}, but rows are missed", wanted - found, made, report)

    def _compare(
        self, pattern: Pattern, plan: QueryPlan, wanted: set[int], found: set[int], report: LoopReport
    ) -> None:
        if wanted - found:
            self._fail(pattern, "rows are missed", wanted - found, plan, report)
        if found - wanted:
            self._fail(pattern, "rows are too many", found - wanted, plan, report)

    @staticmethod
    def _fail(pattern: Pattern, reason: str, rows: set[int], plan: QueryPlan, report: LoopReport) -> None:
        report.failures.append(LoopFailure(print_pattern(pattern), reason, tuple(sorted(rows)), plan))

    def _matched(self, matcher: Matcher, places: Iterable[int]) -> set[int]:
        seen = [each for place in places if (each := self.observed[place]) is not None]
        return {self._number[id(each)] for each in matcher.match(seen).observations}

    def _found(self, plan: QueryPlan, run: Run) -> set[int]:
        found: set[int] = set()
        for query in plan.queries:
            for row in run(query):
                places = self._places.get(self.key(row))
                if places is None:
                    message = f"a row came back that was never there: {dict(row)!r:.300}"
                    raise AssertionError(message)
                found.update(places)
        return {place for place in found if self.observed[place] is not None}


def observe_rows(
    rows: Sequence[Row],
    mapping: ResultsMapping,
    *,
    identity: Mapping[str, Any] = IDENTITY,
    options: Mapping[str, Any] | None = None,
) -> list[Observed | None]:
    """Each row's observation, not merged with those of other rows. None for a row without objects."""
    observed: list[Observed | None] = [None] * len(rows)
    place = -1

    def counted() -> Iterable[Row]:
        nonlocal place
        for row in rows:
            place += 1
            yield row

    for group in translate_rows(counted(), identity, mapping, options).groups():
        observed[place] = next(iter(observed_from_objects(group)))
    return observed


def observed_facts(observed: Observed) -> Iterable[tuple[str, Any]]:
    """The values of one observation by object path, as `generate_patterns` takes them."""
    found: dict[str, list[Any]] = defaultdict(list)
    for root in observed.roots:
        if isinstance(root, dict):
            _collect(root["type"] + ":", root, found, observed, depth=0)
    for path, values in found.items():
        yield path, values[0] if len(values) == 1 else values


_OWN: Final = frozenset({"type", "id", "spec_version"})
_DEEPEST: Final = 2


def _collect(prefix: str, value: Any, found: dict[str, list[Any]], observed: Observed, *, depth: int) -> None:
    if isinstance(value, dict):
        for name, part in value.items():
            if prefix.endswith(":") and name in _OWN:
                continue
            quoted = name if name.replace("_", "").isalnum() else f"'{name}'"
            step = prefix + ("" if prefix.endswith((":", ".")) else ".") + quoted
            _collect_named(step, name, part, found, observed, depth=depth)
    elif isinstance(value, list):
        for item in value:
            _collect(prefix + "[*]", item, found, observed, depth=depth)
    else:
        found[prefix].append(value)


def _collect_named(
    step: str, name: str, part: Any, found: dict[str, list[Any]], observed: Observed, *, depth: int
) -> None:
    if not name.endswith(("_ref", "_refs")):
        _collect(step, part, found, observed, depth=depth)
        return
    if depth >= _DEEPEST:
        return
    suffix = "[*]." if isinstance(part, list) else "."
    for reference in part if isinstance(part, list) else [part]:
        target: Json | None = observed.lookup.get(reference) if isinstance(reference, str) else None
        for inner, value in (target or {}).items():
            if inner not in _OWN:
                quoted = inner if inner.replace("_", "").isalnum() else f"'{inner}'"
                _collect_named(step + suffix + quoted, inner, value, found, observed, depth=depth + 1)
