"""The classic `parse` answer: what a pattern compares, and the span of time it asks for."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector.spelling import as_written
from stix_shifter_utils.pattern import (
    Binary,
    Comparison,
    Hex,
    Pattern,
    Timestamp,
    comparisons,
    observations,
    print_literal,
)
from stix_shifter_utils.query import CompilerOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def parsed(
    pattern: Pattern, options: Mapping[str, Any], now: datetime | None = None, text: str = ""
) -> dict[str, Any]:
    """`{"parsed_stix": [{"attribute", "comparison_operator", "value"}, ...], "start_time", "end_time"}`.

    Observations stand in text order, the comparisons inside one from last to first, as they always have.
    Times are epoch milliseconds: the earliest START and the latest STOP, else the last `time_range` minutes
    (all time where that is null). With the pattern's text, paths are spelled as they are there. Strings keep
    a backslash before their quotes, as in the classic tree.
    """
    found = list(observations(pattern.expression))
    items = [
        _item(comparison, text)
        for observation, _ in found
        for comparison in reversed(list(comparisons(observation.expression)))
    ]
    starts = [window.start for _, window in found if window.start is not None]
    stops = [window.stop for _, window in found if window.stop is not None]
    end = now or datetime.now(timezone.utc)
    start = min(starts) if starts else _default_start(options, end)
    return {
        "parsed_stix": items,
        "start_time": _epoch_ms(start),
        "end_time": _epoch_ms(max(stops, default=end)),
    }


def _default_start(options: Mapping[str, Any], end: datetime) -> datetime:
    minutes = CompilerOptions.from_options(options).time_range_min
    return _EPOCH if minutes is None else end - timedelta(minutes=minutes)


def _epoch_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _item(comparison: Comparison, text: str) -> dict[str, Any]:
    operator = comparison.comparator.value
    return {
        "attribute": as_written(text, comparison),
        "comparison_operator": f"NOT {operator}" if comparison.negated else operator,
        "value": _value(comparison.value),
    }


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_text(item) for item in value]
    return _text(value) if isinstance(value, (str, Timestamp, Hex, Binary)) else value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("'", "\\'")
    return value.text if isinstance(value, Timestamp) else print_literal(value)
