"""What the columns of a table of observations hold, so that data frames and Parquet have the same types.

Which rows and columns there are is `table.py`'s matter.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["time", "integer", "number", "boolean", "text", "mixed"]
"""`time`: every value is a timestamp of STIX. `mixed`: lists, or values of several kinds."""

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?Z", re.ASCII).fullmatch
_PLAIN: Final[dict[frozenset[type], Kind]] = {
    frozenset({int}): "integer",
    frozenset({float}): "number",
    frozenset({int, float}): "number",
    frozenset({bool}): "boolean",
    frozenset({str}): "text",
}
_WHOLE = range(-(2**63), 2**63)


_FIXED: Final[dict[str, Kind]] = {
    "first_observed": "time",
    "last_observed": "time",
    "number_observed": "integer",
}


def kind_of(name: str, values: Iterable[Any]) -> Kind:
    """The kind that holds all values of a column; None, which is no value, fits every kind."""
    there = [value for value in values if value is not None]
    if not there:
        return _FIXED.get(name, "text")
    kind = _PLAIN.get(frozenset(map(type, there)), "mixed")
    if kind == "text" and all(read_time(value) is not None for value in there):
        return "time"
    if kind in {"integer", "number"} and not all(value in _WHOLE for value in there if type(value) is int):
        return "mixed"  # numbers that 64 bits do not hold
    return kind


def read_time(value: str) -> datetime | None:
    """A timestamp of STIX to the microsecond, aware; None for any other text, and for a leap second."""
    found = _TIME(value)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{found[1]}.{(found[2] or '').ljust(6, '0')}")
    except ValueError:
        return None
    return moment.replace(tzinfo=timezone.utc)
