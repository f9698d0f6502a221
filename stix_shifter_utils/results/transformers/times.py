"""Transformers of times: epoch numbers, dates without a zone, and spellings that some sources ask for."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, ClassVar, Final

from stix_shifter_utils.expressions import expression
from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.results.transformers.base import ValueTransformer, refuse
from stix_shifter_utils.stix import format_time, timestamp

_LOG: Final = logging.getLogger(__name__)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST: Final = (datetime(1, 1, 1, tzinfo=timezone.utc) - _EPOCH) // timedelta(milliseconds=1)
_LAST: Final = (datetime.max.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(milliseconds=1)
_ZONED: Final = expression(r".*T.*(?:[Zz]|[+-]\d\d:?\d\d)")
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@lru_cache(maxsize=1024, typed=True)
def _from_epoch(value: Any, per_second: int) -> str | None:
    """A timestamp from a count since 1970, a number or its text, with or without a fraction; else None."""
    if type(value) is int:
        milliseconds = value * 1000 // per_second
        return _from_milliseconds(milliseconds) if _FIRST <= milliseconds <= _LAST else None
    try:
        # text of a float has the digits that the source wrote, the float itself a few more
        number = Decimal(str(value).strip())
        microseconds = int((number * 1_000_000 / per_second).to_integral_value())
        return format_time(_EPOCH + timedelta(microseconds=microseconds))
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _from_milliseconds(count: int) -> str:
    minutes, milliseconds = divmod(count, 60_000)
    second, fraction = divmod(milliseconds, 1000)
    return f"{_minute(minutes)}:{second:02}.{fraction:03}Z"


@lru_cache(maxsize=4096)
def _minute(minutes: int) -> str:
    """The date and time of a minute, of which rows often share one."""
    return (_EPOCH + timedelta(minutes=minutes)).isoformat()[:16]


class EpochToTimestamp(ValueTransformer):
    """Milliseconds since 1970: 1600000000123 or "1600000000123" -> "2020-09-13T12:26:40.123Z"."""

    relation: ClassVar = Relation.EPOCH_MS

    @staticmethod
    def transform(obj: Any) -> str | None:
        return _from_epoch(obj, 1000) if isinstance(obj, (int, float, str)) else None


class EpochSecondsToTimestamp(ValueTransformer):
    """Seconds since 1970: 1600000000.7 -> "2020-09-13T12:26:40.700Z"."""

    relation: ClassVar = Relation.EPOCH_S

    @staticmethod
    def transform(obj: Any) -> str | None:
        return _from_epoch(obj, 1) if isinstance(obj, (int, float, str)) else None


class DateToTimestamp(ValueTransformer):
    """A date as document stores take it: ISO 8601, in UTC without a zone, or milliseconds since 1970."""

    relation: ClassVar = Relation.TIMESTAMP

    @staticmethod
    def transform(obj: Any) -> Any:
        if not isinstance(obj, str):
            return EpochToTimestamp.transform(obj)
        if _ZONED.fullmatch(obj):
            return obj
        return f"{obj}Z" if "T" in obj else f"{obj}T00:00:00Z"


def _moment(name: str, value: Any) -> datetime:
    text = timestamp(value)
    if text is None:
        raise refuse(name, value, "a date and time")
    second, _, fraction = text[:-1].partition(".")
    return datetime.fromisoformat(f"{second}.{fraction:0<6}+00:00")


class TimestampToMilliseconds(ValueTransformer):
    """A timestamp to milliseconds since 1970: "2020-01-01T00:00:00.123Z" -> 1577836800123.

    A text that is no timestamp is None, and the log says so: published connectors write queries with it.
    """

    @staticmethod
    def transform(obj: Any) -> int | None:
        if isinstance(obj, str) and timestamp(obj) is None:
            _LOG.warning("TimestampToMilliseconds: a text that is no date and time counts as none")
            return None
        return (_moment("TimestampToMilliseconds", obj) - _EPOCH) // timedelta(milliseconds=1)


class TimestampToUTC(ValueTransformer):
    """A timestamp as mail headers spell it: "2019-07-25T10:43:10.003Z" -> "25 Jul 2019 10:43:10 +0000"."""

    @staticmethod
    def transform(obj: Any, is_default: bool = False) -> str:
        moment = _moment("TimestampToUTC", obj)
        return f"{moment:%d} {_MONTHS[moment.month - 1]} {moment:%Y %H:%M:%S} +0000"


class DateTimeToUnixTimestamp(ValueTransformer):
    """A `datetime`, naive meaning UTC, to milliseconds since 1970."""

    @staticmethod
    def transform(obj: Any) -> int:
        if not isinstance(obj, datetime):
            msg = "DateTimeToUnixTimestamp"
            raise refuse(msg, obj, "a datetime")
        moment = obj.replace(tzinfo=timezone.utc) if obj.tzinfo is None else obj
        return (moment - _EPOCH) // timedelta(milliseconds=1)


class NaiveToUTC(tzinfo):
    """UTC as a time zone of its own; published connectors look for it under this name."""

    def utcoffset(self, dt: datetime | None) -> timedelta:
        return timedelta(0)

    def dst(self, dt: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, dt: datetime | None) -> str:
        return "UTC"
