"""Values of database drivers as JSON values, and whole rows of them."""

from __future__ import annotations

import datetime as dt
import decimal
import functools
import ipaddress
import math
from collections.abc import Mapping
from typing import Any

_AS_THEY_ARE = frozenset((str, bool, int, type(None)))


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of JSON values under its column names."""
    return {name: value if type(value) in _AS_THEY_ARE else plain(value) for name, value in row.items()}


@functools.singledispatch
def plain(value: object) -> Any:
    """A driver's value as a JSON value; what has no rule here becomes its text.

    Times become RFC 3339 text in UTC (a time without a zone is read as UTC), whole decimals `int` and others
    `float`, bytes their UTF-8 text or else hexadecimal digits, durations seconds, addresses and UUIDs their
    text. NaN and infinities, which JSON lacks, become `None`.
    """
    return str(value)


@plain.register(str)
@plain.register(int)
@plain.register(type(None))
def _(value: Any) -> Any:
    return value


@plain.register
def _(value: float) -> float | None:
    return value if math.isfinite(value) else None


@plain.register
def _(value: decimal.Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)


@plain.register
def _(value: dt.datetime) -> str:
    moment = (
        value.replace(tzinfo=dt.timezone.utc) if value.tzinfo is None else value.astimezone(dt.timezone.utc)
    )
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


@plain.register(dt.date)
@plain.register(dt.time)
def _(value: Any) -> str:
    return str(value.isoformat())


@plain.register
def _(value: dt.timedelta) -> float:
    return value.total_seconds()


@plain.register(bytes)
@plain.register(bytearray)
@plain.register(memoryview)
def _(value: Any) -> str:
    data = bytes(value)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.hex()


@plain.register(ipaddress.IPv4Interface)
@plain.register(ipaddress.IPv6Interface)
def _(value: Any) -> str:
    return str(value.ip if value.network.num_addresses == 1 else value)


@plain.register(Mapping)
def _(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): plain(item) for key, item in value.items()}


@plain.register(list)
@plain.register(tuple)
@plain.register(set)
@plain.register(frozenset)
def _(value: Any) -> list[Any]:
    return [plain(item) for item in value]
