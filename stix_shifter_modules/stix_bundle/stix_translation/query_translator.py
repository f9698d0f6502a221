"""A bundle is asked by the STIX pattern itself; a pattern that states no time window gets the default one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from stix_shifter_utils.connector import EmptyQueryTranslator
from stix_shifter_utils.pattern import TimeWindow, observations, parse_pattern, print_pattern
from stix_shifter_utils.pattern.since import within_default_window
from stix_shifter_utils.query import (
    ComparisonVerdict,
    CompilerOptions,
    NativeQuery,
    QueryPlan,
    Verdict,
)

if TYPE_CHECKING:
    from stix_shifter_utils.pattern import Pattern
    from stix_shifter_utils.query import Policy


class QueryTranslator(EmptyQueryTranslator):
    """The text as given where it states its windows, else with a window of `time_range` minutes."""

    def plan(self, data: str, policy: Policy | None = None, now: datetime | None = None) -> QueryPlan:
        options = CompilerOptions.from_options(self.options)
        pattern = parse_pattern(data, parser=options.parser)
        moment = now or datetime.now(timezone.utc)
        asked = _with_window(pattern, options.time_range_min, moment)
        text = data if asked is pattern else print_pattern(asked)
        window = _span([window for _, window in observations(asked)])
        verdicts = tuple(ComparisonVerdict(one, Verdict.EXACT) for one in pattern.comparisons())
        query = NativeQuery(text, self.dialect, window, options.result_limit)
        return QueryPlan(self.dialect, (query,), verdicts, window=window)


def _with_window(pattern: Pattern, minutes: float | None, now: datetime) -> Pattern:
    if minutes is None or all(window.start for _, window in observations(pattern)):
        return pattern
    return within_default_window(pattern, now - timedelta(minutes=minutes), now)


def _span(windows: list[TimeWindow]) -> TimeWindow:
    """The least window that holds all of these."""
    starts, stops = [one.start for one in windows], [one.stop for one in windows]
    return TimeWindow(
        None if None in starts else min(start for start in starts if start),
        None if None in stops else max(stop for stop in stops if stop),
    )
