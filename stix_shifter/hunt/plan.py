"""From the pattern of a hunt to what each source is asked: windows, candidates, one plan per dialect.

Every source is asked for the candidates of each observation expression, in its window; AND, FOLLOWEDBY,
WITHIN and REPEATS are settled over all sources together (`check.py`). What a dialect makes of the question
is its compiler's work.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

from stix_shifter.stix_translation.explain import planned
from stix_shifter.stix_translation.request import Request
from stix_shifter_utils.config.locate import module_folder
from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.pattern import (
    Comparison,
    ObservationExpression,
    Pattern,
    Qualified,
    StartStop,
    Timestamp,
    TimeWindow,
    observation_or,
    observations,
    parse_pattern,
    print_pattern,
)
from stix_shifter_utils.pattern.literals import read_timestamp
from stix_shifter_utils.pattern.since import within_default_window
from stix_shifter_utils.query import Capabilities, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stix_shifter.hunt.sources import Source
    from stix_shifter_utils.connector import BaseEntryPoint
    from stix_shifter_utils.query import NativeQuery, Policy, QueryPlan

DEFAULT_SINCE = timedelta(hours=24)
_MOST_SLICES = 500
DefaultWindow = TimeWindow
WindowFrom = Literal["the pattern", "the caller", "the default of 24 hours"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a hunt asks. `pattern` states a window everywhere; `asked` is the text that sources get.

    `asked` is an OR of all observation expressions in their windows, each once; empty when no instant lies
    in any window. `window` spans them.
    """

    text: str
    pattern: Pattern
    asked: str
    window: TimeWindow
    window_from: str
    now: datetime


def question_of(
    text: str,
    *,
    now: datetime,
    since: timedelta | None = None,
    start: datetime | None = None,
    stop: datetime | None = None,
) -> Question:
    """The question of a pattern. `since` counts back from `now`; START-STOP in the pattern goes before all.

    Raises PatternSyntaxError, QualifierError, and ConfigurationError for a window without any instant.
    """
    given = parse_pattern(text)
    if since is not None and (start is not None or stop is not None):
        message = "give --since, or --start and --stop, not both"
        raise ConfigurationError(message)
    window = _default_window(now, since, start, stop)
    if window.start is None or window.stop is None or window.is_empty:
        message = f"the window must start before it stops, not at {window.start} and {window.stop}"
        raise ConfigurationError(message)
    whole = within_default_window(given, window.start, window.stop)
    own = [each.start is not None for _, each in observations(given)]
    asked = list(_candidates(whole))
    return Question(
        text,
        whole,
        print_pattern(Pattern(observation_or(asked))) if asked else "",
        _span([each for _, each in observations(whole)]),
        _window_from(own, is_default=since is None and start is None and stop is None),
        now,
    )


def _default_window(
    now: datetime, since: timedelta | None, start: datetime | None, stop: datetime | None
) -> TimeWindow:
    stop = (stop or now).astimezone(timezone.utc)
    whole_ms = stop.replace(microsecond=stop.microsecond // 1000 * 1000)
    begin = start.astimezone(timezone.utc) if start else whole_ms - (since or DEFAULT_SINCE)
    return TimeWindow(begin, whole_ms)


def _window_from(own: list[bool], *, is_default: bool) -> str:
    other: str = "the default of 24 hours" if is_default else "the caller"
    if all(own):
        return "the pattern"
    return f"the pattern, and {other} where it has none" if any(own) else other


def _candidates(pattern: Pattern) -> Iterator[ObservationExpression]:
    """Every observation expression in the one window that applies to it; each pair once, empty ones left."""
    seen = dict.fromkeys(
        (observation, window) for observation, window in observations(pattern) if not window.is_empty
    )
    for observation, window in seen:
        if window.start is None or window.stop is None:  # cannot be: `pattern` states a window everywhere
            yield observation
        else:
            yield Qualified(observation, StartStop(_timestamp(window.start), _timestamp(window.stop)))


def _timestamp(moment: datetime) -> Timestamp:
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    text = moment.astimezone(timezone.utc).isoformat(timespec=precision).replace("+00:00", "Z")
    return read_timestamp(f"t'{text}'")


def _span(windows: list[TimeWindow]) -> TimeWindow:
    starts = [each.start for each in windows if each.start is not None]
    stops = [each.stop for each in windows if each.stop is not None]
    return TimeWindow(min(starts, default=None), max(stops, default=None))


@dataclass(frozen=True, slots=True)
class DialectPlan:
    """The plan of one dialect; `trusted` are comparisons whose absent values count as true there."""

    plan: QueryPlan
    trusted: tuple[Comparison, ...]

    @property
    def dialect(self) -> str:
        return self.plan.dialect

    @property
    def queries(self) -> tuple[NativeQuery, ...]:
        """The native queries, each body once."""
        bodies: dict[str, NativeQuery] = {}
        for query in self.plan.queries:
            bodies.setdefault(query_key(query.body), query)
        return tuple(bodies.values())


def query_key(body: Any) -> str:
    """The same for equal native queries."""
    return body if isinstance(body, str) else json.dumps(body, sort_keys=True, default=str)


def plan_source(
    source: Source, entry_point: BaseEntryPoint, question: Question, policy: Policy
) -> list[DialectPlan]:
    """The plan of each dialect that takes part.

    Raises StixShifterError of the kind that fits: UnmappedError under the policy `refuse`,
    UnsupportedDialectError, MappingFileError.
    """
    if not question.asked:
        return []
    options: Mapping[str, Any] = source.connection.get("options") or {}
    request = Request.of(source.connector, None, question.asked, options)
    asked = parse_pattern(question.asked)
    slices = list(_slices(asked, question.window, capabilities_of(source).longest_window_days))
    plans = []
    for name in request.query_dialects(entry_point):
        translator = entry_point.get_query_translator(name)
        plan = planned(name, translator, question.asked, policy, question.now)
        if len(slices) > 1:
            parts = [planned(name, translator, part, policy, question.now) for part in slices]
            plan = replace(plan, queries=tuple(query for part in parts for query in part.queries))
        if plan.dialect != name:
            plan = replace(plan, dialect=name)
        plans.append(DialectPlan(plan, _trusted(plan, asked, policy)))
    return plans


def capabilities_of(source: Source) -> Capabilities:
    """What its connector states of a source."""
    return Capabilities.read(module_folder(source.module) / "configuration" / "capabilities.json")


def _slices(asked: Pattern, whole: TimeWindow, longest_days: float | None) -> Iterator[str]:
    """What is asked, for one span of time after the other, where a source takes no longer ones at once."""
    if longest_days is None or whole.start is None or whole.stop is None:
        return
    length = max(timedelta(days=longest_days), (whole.stop - whole.start) / _MOST_SLICES)
    start = whole.start
    while start < whole.stop:
        stop = min(start + length, whole.stop)
        parts = [
            Qualified(
                observation,
                StartStop(_timestamp(max(window.start, start)), _timestamp(min(window.stop, stop))),
            )
            for observation, window in observations(asked)
            if window.start is not None
            and window.stop is not None
            and window.start < stop
            and start < window.stop
        ]
        if parts:
            yield print_pattern(Pattern(observation_or(parts)))
        start = stop


def _trusted(plan: QueryPlan, asked: Pattern, policy: Policy) -> tuple[Comparison, ...]:
    """Comparisons of which an absent value is true.

    A connector that translates by itself gives no verdicts: what it returns is believed as long as one
    observation expression was asked for, since a row does not say which of several it answers.
    """
    if not plan.verdicts:
        single = sum(1 for _ in observations(asked)) == 1
        return tuple(asked.comparisons()) if single else ()
    if policy == "widen":
        return plan.trusted
    return tuple(one.comparison for one in plan.verdicts if one.verdict is Verdict.EXACT)
