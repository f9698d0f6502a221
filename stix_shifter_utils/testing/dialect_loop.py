"""Closing the loop for one dialect of a connector over rows of any kind, and what the report must then say.

The loop itself is `loop.py`. Rows, and how a native query finds some of them, are the caller's.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.pattern import Comparator, print_pattern
from stix_shifter_utils.query import Verdict
from stix_shifter_utils.results import compile_mapping
from stix_shifter_utils.testing.loop import ClosedLoop, LoopReport
from stix_shifter_utils.testing.patterns import generate_patterns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.connector import BaseEntryPoint
    from stix_shifter_utils.pattern import Pattern
    from stix_shifter_utils.query import QueryPlan
    from stix_shifter_utils.testing.loop import Row, Run

OPTIONS: Final[dict[str, Any]] = {"time_range": None, "result_limit": None, "stix_2.1": True}
NOW: Final = datetime(2030, 1, 1, tzinfo=timezone.utc)
LEAST_SELECTIVE: Final = 0.4
"""Of the patterns, how many must pick some rows and leave others."""
_LEAST_OF_EACH: Final = 10


class DialectLoop:
    """A dialect over `rows`, all that the source has, just as it gives them; `run` asks the source."""

    def __init__(self, entry: BaseEntryPoint, dialect: str, rows: Sequence[Row], run: Run) -> None:
        self.translator, self.run = entry.get_query_translator(dialect), run
        results: Any = entry.get_results_translator(dialect)
        mapping = compile_mapping(
            results.mapping(), transformers=results.transformers, version="2.1", options=OPTIONS
        )
        self.loop = ClosedLoop(rows, mapping, options=OPTIONS)

    def plan(self, pattern: Pattern) -> QueryPlan:
        """What a hunt asks for."""
        return self.translator.plan(print_pattern(pattern), policy="widen", now=NOW)

    def report(self, patterns: int, *, seed: int, audit: bool = True) -> LoopReport:
        """Try so many patterns about the rows' own values; the counts are printed, as part of the answer."""
        made = generate_patterns(self.loop.facts(), seed=seed, count=patterns)
        report = self.loop.run(made, self.plan, self.run, audit=audit)
        print(self.translator.dialect, report)  # noqa: T201  shown with a test that fails, or on demand
        return report


def loop_of(module: str, dialect: str, rows: Sequence[Row], run: Run, **options: Any) -> DialectLoop:
    """The loop of a connector's dialect, with these options beside those that cut nothing off."""
    return DialectLoop(load_entry_point(module)({}, {}, {**OPTIONS, **options}), dialect, rows, run)


def assert_closed(report: LoopReport, *, exact: int = 1) -> None:
    """No row is lost or invented, the patterns select, and at least so many comparisons are exact."""
    assert not report.failures, str(report)
    assert report.share >= LEAST_SELECTIVE, f"the patterns select too little: {report}"
    assert report.verdicts[Verdict.EXACT] >= exact, f"too few comparisons are answered exactly: {report}"


def assert_thorough(report: LoopReport, patterns: int = 500) -> None:
    """The same over so many patterns, and each comparator came ten times with NOT and without."""
    assert not report.failures, str(report)
    assert report.patterns == patterns, str(report)
    assert report.share >= LEAST_SELECTIVE, f"the patterns select too little: {report}"
    for comparator in Comparator:
        counts = [report.comparators[comparator, negated] for negated in (False, True)]
        assert min(counts) >= _LEAST_OF_EACH, f"{comparator.value} came {counts} times: {report}"
