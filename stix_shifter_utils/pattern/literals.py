"""Values from the text of literals, the same for both readers; printing them is `print`'s work.

The texts that come here have the form of their token. What the form alone cannot say (a 30th of February) is
refused here with a `LiteralError`, to which the caller adds the place.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from stix_shifter_utils.expressions import expression
from stix_shifter_utils.pattern.nodes import Binary, Hex, Timestamp
from stix_shifter_utils.pattern.paths import unescape

MAX_DIGITS: Final = 600
"""Longest integer that is read. Python may be set to refuse to convert more than 640 digits."""

TIMESTAMP_FORM: Final = (
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?Z"
)
HEX_FORM: Final = r"(?:[0-9a-fA-F]{2})*"
BASE64_FORM: Final = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)"

_LOOSE_TIMESTAMP: Final = expression(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z", flags=re.ASCII)
_IS_TIMESTAMP: Final = expression(TIMESTAMP_FORM)
_IS_HEX: Final = expression(HEX_FORM)
_IS_BASE64: Final = expression(BASE64_FORM)


class LiteralError(ValueError):
    """A literal whose form is right and whose value is not; the text says what was expected."""


def read_string(token: str) -> str:
    """The value of `'...'`."""
    return unescape(token[1:-1])


def read_integer(token: str) -> int:
    """The value of an integer with or without its sign."""
    if len(token) > MAX_DIGITS:
        msg = f"an integer of at most {MAX_DIGITS} digits"
        raise LiteralError(msg)
    return int(token)


def read_float(token: str) -> float:
    """The value of a number with a decimal point."""
    value = float(token)
    if value in {float("inf"), float("-inf")}:
        msg = "a number below 1.8e308"
        raise LiteralError(msg)
    return value


def read_hex(token: str) -> Hex:
    """The value of `h'...'`."""
    return Hex(bytes.fromhex(token[2:-1]))


def read_binary(token: str) -> Binary:
    """The value of `b'...'`."""
    import base64  # few patterns have one

    return Binary(base64.b64decode(token[2:-1]))


def read_timestamp(token: str) -> Timestamp:
    """The value of `t'...'`, or of the `'...'` that STIX 2.0 writes after START and STOP.

    Second 60 is the instant one second after second 59, as in POSIX time.
    """
    text = token[2:-1] if token[0] == "t" else token[1:-1]
    whole, _, fraction = text[:-1].partition(".")
    try:
        minute = datetime.fromisoformat(f"{whole[:16]}:00+00:00")
        moment = minute + timedelta(seconds=int(whole[17:19]), microseconds=int(fraction[:6].ljust(6, "0")))
    except (ValueError, OverflowError):
        raise LiteralError(timestamp_fault(text)) from None
    return Timestamp(text, moment, fraction.rstrip("0"))


def is_timestamp(text: str) -> bool:
    """Whether text without quotes has the form of a timestamp (its day may still not exist)."""
    return _IS_TIMESTAMP.fullmatch(text) is not None


def timestamp_fault(text: str) -> str:
    """What was expected of a timestamp that cannot be read: which part is out of its range."""
    match = _LOOSE_TIMESTAMP.fullmatch(text)
    if match is None:
        return "a timestamp such as t'2024-01-31T23:59:59.5Z'"
    year, month, day, hour, minute, second = map(int, match.groups())
    if not year >= 1:
        return "a year from 0001 to 9999"
    if not 1 <= month <= 12:  # noqa: PLR2004  months
        return "a month from 01 to 12"
    import calendar  # for a message only

    last = calendar.monthrange(year, month)[1]
    ranges = (
        ("a day", day, 1, last),
        ("an hour", hour, 0, 23),
        ("a minute", minute, 0, 59),
        ("a second", second, 0, 60),
    )
    for name, value, least, most in ranges:
        if not least <= value <= most:
            return f"{name} from {least:02} to {most:02}"
    return "a moment before the year 10000"


def literal_fault(prefix: str, text: str) -> str | None:
    """What was expected of a malformed `t'...'`, `h'...'` or `b'...'`, whose text comes without quotes.

    None if it is well formed.
    """
    if prefix == "t" and not is_timestamp(text):
        return timestamp_fault(text)
    if prefix == "h" and not _IS_HEX.fullmatch(text):
        return "an even number of hexadecimal digits, as in h'0aff'"
    if prefix == "b" and not _IS_BASE64.fullmatch(text):
        return "base64 with padding, as in b'AAEC' or b'AA=='"
    return None
