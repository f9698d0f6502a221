"""Instants in STIX data: RFC 3339 text to something that compares exactly. Literals are `literals`' work."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.expressions import expression

if TYPE_CHECKING:
    from stix_shifter_utils.pattern.nodes import Timestamp

Instant = tuple[datetime, str]
"""Whole seconds in UTC without a zone, and the fraction's digits without trailing zeros: compares exactly."""

EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  instants carry no zone, they are all in UTC

_RFC_3339: Final = expression(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:)([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_LEAP = "60"


def instant_of(literal: Timestamp) -> Instant:
    """The instant that a literal of a pattern names."""
    return literal.moment.replace(tzinfo=None, microsecond=0), literal.digits


def read_instant(value: Any) -> Instant | None:
    """The instant that a value names; `None` for what is no RFC 3339 text or lies outside the calendar."""
    match = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    day, minutes, second, fraction, sign, hours_off, minutes_off = match.groups()
    leap = second == _LEAP
    try:
        moment = datetime.fromisoformat(f"{day}T{minutes}{'59' if leap else second}")
        if leap:
            moment += timedelta(seconds=1)
        if sign:
            offset = timedelta(hours=int(hours_off), minutes=int(minutes_off))
            moment = moment - offset if sign == "+" else moment + offset
    except (ValueError, OverflowError):
        return None
    return moment, fraction.rstrip("0") if fraction else ""


def microseconds(instant: Instant) -> int:
    """Microseconds since 1970, the fraction cut there."""
    moment, digits = instant
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + int(digits[:6].ljust(6, "0"))


def aware(instant: Instant) -> datetime:
    """The instant as an aware datetime in UTC, cut to microseconds."""
    moment, digits = instant
    return moment.replace(microsecond=int(digits[:6].ljust(6, "0")), tzinfo=timezone.utc)
