"""What a native field holds, as `fields.json` says it: `text`, `epoch_s`, `integer[]`.

Only the names and their reading live here; how a query language compares a kind is the query package's work.
"""

from __future__ import annotations

import enum
from typing import Final

from stix_shifter_utils.frozen import frozen


class Kind(enum.Enum):
    """The kind of one value; the value is its spelling in `fields.json`."""

    __hash__ = object.__hash__  # members are single: hashing them need not leave C

    TEXT = "text"
    """Text that the source compares code point by code point."""

    TEXT_NOCASE = "text_nocase"
    """Text that the source compares without case (a case-blind collation or analyser)."""

    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"

    TIMESTAMP = "timestamp"
    """The source's own date-and-time type, in UTC or aware."""

    EPOCH_S = "epoch_s"
    """Seconds since 1970-01-01T00:00:00Z, whole or with a fraction."""

    EPOCH_MS = "epoch_ms"
    """Milliseconds since 1970-01-01T00:00:00Z."""

    TIMESTAMP_TEXT = "timestamp_text"
    """ISO 8601 text in UTC, always with `T` between date and time: `2024-01-31T23:59:59.5Z`."""

    IP = "ip"
    """The source's own address type."""

    UNKNOWN = "unknown"
    """Not stated: the compiler goes by the kind of the literal and never calls a comparison exact."""


TEXT_KINDS: Final = frozenset({Kind.TEXT, Kind.TEXT_NOCASE})
NUMBER_KINDS: Final = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.EPOCH_S, Kind.EPOCH_MS})
TIME_KINDS: Final = frozenset({Kind.TIMESTAMP, Kind.EPOCH_S, Kind.EPOCH_MS, Kind.TIMESTAMP_TEXT})


@frozen
class FieldKind:
    """A kind of value, and whether the field holds a list of such values."""

    kind: Kind
    is_list: bool = False

    def __str__(self) -> str:
        return self.kind.value + "[]" * self.is_list


UNKNOWN: Final = FieldKind(Kind.UNKNOWN)


def field_kind(text: str) -> FieldKind:
    """`text[]` as a FieldKind. Raises ValueError for a kind that does not exist."""
    name = text.removesuffix("[]")
    return FieldKind(Kind(name), name != text)
