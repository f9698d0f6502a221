"""Timestamps: whatever a source calls a time, as STIX text in UTC.

Which property is a timestamp is in `observables`; epoch numbers are the transformers' work.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from stix_shifter_utils.expressions import expression

_STIX: Final = expression(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{1,6})?Z"
)
_LOOSE: Final = expression(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(?: ?([Zz]|UTC|GMT)| ?([+-])([0-9]{2}):?([0-9]{2})?)?"
)
_LEAP: Final = 60
_TO_MILLISECONDS: Final = len("2020-01-01T00:00:00.000Z")
_FEWEST: Final = "28"
"""Days that every month has, as text: up to here a date needs no second look."""


def timestamp(value: Any) -> str | None:
    """STIX text in UTC, for ISO 8601 text of any zone and fraction and for `date` and `datetime`; else None.

    Without a zone the time is taken as UTC. A fraction keeps its digits, at most six (what `stix2` reads); a
    leap second becomes the second before it.
    """
    if type(value) is str:
        if _STIX.fullmatch(value) is not None and value[8:10] <= _FEWEST and value[:3] > "000":
            return value
        return _read(value)
    if isinstance(value, datetime):
        try:
            return format_time(value)
        except OverflowError:  # the zone moves it out of the years that there are
            return None
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    return None


def format_time(moment: datetime) -> str:
    """STIX text of a moment, to the millisecond, or to the microsecond where it has one. Naive is UTC."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc)
    digits = "milliseconds" if moment.microsecond % 1000 == 0 else "microseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=digits) + "Z"


def to_milliseconds(text: str) -> str:
    """A STIX timestamp with exactly three digits of fraction, cut, not rounded."""
    if len(text) == _TO_MILLISECONDS:
        return text
    second, _, fraction = text[:-1].partition(".")
    return f"{second}.{fraction[:3]:0<3}Z"


def same_width(one: str, other: str) -> tuple[str, str]:
    """Two STIX timestamps with as many digits of fraction as the longer has, at least three if they differ.

    Programs compare timestamps as text, which is right only for equal lengths.
    """
    if len(one) == len(other):
        return one, other
    width = max(len(one), len(other), _TO_MILLISECONDS)
    return _widen(one, width), _widen(other, width)


def in_order(first: str, last: str) -> tuple[str, str]:
    """Two STIX timestamps of the same width, the earlier first."""
    first, last = same_width(first, last)
    return (first, last) if first <= last else (last, first)


def _widen(text: str, width: int) -> str:
    body = text[:-1] if "." in text else f"{text[:-1]}."
    return f"{body:0<{width - 1}}Z"


def _read(value: str) -> str | None:
    match = _LOOSE.fullmatch(value.strip())
    if match is None:
        return None
    year, month, day, hour, minute = map(int, match.group(1, 2, 3, 4, 5))
    second = int(match[6] or 0)
    second -= second == _LEAP
    try:
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  moved to UTC below
        if match[9]:
            shift = timedelta(hours=int(match[10]), minutes=int(match[11] or 0))
            moment = moment - shift if match[9] == "+" else moment + shift
    except (ValueError, OverflowError):
        return None
    fraction = f".{match[7][:6]}" if match[7] else ""
    return f"{moment.isoformat(timespec='seconds')}{fraction}Z"
