"""Values as STIX holds them: one function per kind, from a native value to a valid one, or None.

Nothing is guessed: a value is only re-spelled where that loses nothing (`"80"` -> 80, a lower-case MAC).
Which property is of which kind is in `observables`; times are in `times`.
"""

from __future__ import annotations

import ipaddress
import math
import re
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from stix_shifter_utils.expressions import expression
from stix_shifter_utils.stix.times import format_time

DEEPEST: Final = 64
"""Levels of nesting that a value may have; deeper ones are left out."""
_INT64: Final = range(-(1 << 63), 1 << 64)
"""What a JSON number may be here: the range of orjson, and of most that reads it."""

_INTEGER: Final = expression(r"[+-]?[0-9]{1,19}(?:\.0*)?")
_NUMBER: Final = expression(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_HEX: Final = expression(r"(?:[0-9A-Fa-f]{2})+")
_BASE64: Final = expression(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)")
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4: Final = expression(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_IPV4_BLOCK: Final = expression(rf"{_OCTET}(?:\.{_OCTET}){{3}}(?:/(?:3[0-2]|[12]?[0-9]))?")
_IPV6_LENGTH: Final = expression(r"12[0-8]|1[01][0-9]|[1-9]?[0-9]")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = expression(rf"{_LABEL}(?:\.{_LABEL})*")
_ODD_LABEL: Final = expression(r"(?:^|\.)..--")
_NUMERIC_HOST: Final = expression(r"[0-9]+(?:\.[0-9]+){3}")
_LONGEST_HOST: Final = 253
_MAC: Final = expression(r"(?:[0-9A-Fa-f]{2}[:.-]?){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}")
_EMAIL: Final = expression(r"[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9.-]+")
_URI: Final = expression(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:(?!//)|//(?:(?:[\w.~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?"
    r"(?:\[([0-9A-Fa-f:.]+)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?(?=[/?#]|$))"
    r"(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
    r"(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?",
    re.ASCII,
)
_PLAIN_URL: Final = expression(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~/-]*)?")
_MEANT: Final = expression(r"[^\W_]")
"""A letter or digit: what a value has that is more than a place-holder such as `-`."""

_TRUE: Final = frozenset({"true", "1"})
_FALSE: Final = frozenset({"false", "0"})


def plain(value: Any, depth: int = DEEPEST) -> Any:
    """A native value as plain JSON, copied, without empty parts; None when nothing is left.

    Empty texts, lists and objects are left out at every level, and so are NaN and infinities. Integers beyond
    64 bits become text, lone surrogates U+FFFD, times STIX timestamps, bytes text or else Base64.
    """
    read = _PLAIN.get(type(value))
    if read is None:
        read = next((read for kind, read in _FOREIGN.items() if isinstance(value, kind)), _spelled)
    return read(value, depth)


def _same(value: Any, _depth: int) -> Any:
    return value


def _whole(value: int, _depth: int) -> int | str:
    return value if value in _INT64 else str(value)


def _float(value: float, _depth: int) -> float | None:
    return value if math.isfinite(value) else None


def _spelled(value: Any, _depth: int) -> str | None:
    return _text(str(value)) or None


def _object(value: Mapping[Any, Any], depth: int) -> dict[str, Any] | None:
    if depth == 0:
        return None
    members = {_text(str(name)): plain(item, depth - 1) for name, item in value.items()}
    return {name: item for name, item in members.items() if item is not None} or None


def _list(value: Any, depth: int) -> list[Any] | None:
    if depth == 0:
        return None
    items = (plain(item, depth - 1) for item in value)
    return [item for item in items if item is not None] or None


def _set(value: Any, depth: int) -> list[Any] | None:
    return _list(sorted(value, key=repr), depth)


def _moment(value: datetime, _depth: int) -> str | None:
    try:
        return format_time(value)
    except OverflowError:  # the zone moves it out of the years that there are
        return None


def _iso(value: Any, _depth: int) -> str:
    return str(value.isoformat())


def _seconds(value: timedelta, _depth: int) -> float:
    return value.total_seconds()


def _enumerated(value: Enum, depth: int) -> Any:
    return plain(value.value, depth)


def _bytes(value: Any, _depth: int) -> str | None:
    data = bytes(value)
    try:
        return data.decode() or None
    except UnicodeDecodeError:
        return b64encode(data).decode()


def _decimal(value: Decimal, depth: int) -> Any:
    """A decimal number as integer or float where these hold it exactly, else as text."""
    if not value.is_finite():
        return None
    if value == value.to_integral_value():
        return plain(int(value), depth)
    return float(value) if Decimal(repr(float(value))) == value else str(value)


def _text(value: str) -> str:
    """Text that can be written as UTF-8: surrogate pairs joined, lone surrogates replaced."""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


_PLAIN: Final[dict[type, Callable[[Any, int], Any]]] = {
    str: _spelled,
    int: _whole,
    float: _float,
    bool: _same,
    type(None): _same,
    dict: _object,
    list: _list,
    tuple: _list,
}
_FOREIGN: Final[dict[type, Callable[[Any, int], Any]]] = {
    datetime: _moment,
    date: _iso,
    time: _iso,
    timedelta: _seconds,
    Decimal: _decimal,
    bytes: _bytes,
    bytearray: _bytes,
    memoryview: _bytes,
    Enum: _enumerated,
    Mapping: _object,
    list: _list,
    tuple: _list,
    set: _set,
    frozenset: _set,
    str: lambda value, depth: _spelled(str.__str__(value), depth),
    int: lambda value, depth: _whole(int(value), depth),
    float: lambda value, depth: _float(float(value), depth),
}
"""Types that JSON does not know: what database drivers and parsers hand out. The first that fits is taken."""


def text(value: Any) -> str | None:
    """A string: text as it is, numbers and booleans as JSON spells them. Lists and objects are none."""
    if type(value) is str:
        return value if value.isascii() and value else _text(value) or None
    value = plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return value if isinstance(value, str) else None


def integer(value: Any) -> int | None:
    """A whole number within 64 bits, also from decimal text and from a float without a fraction."""
    kind = type(value)
    if kind is int:
        return value if value in _INT64 else None
    if kind is str:
        return integer(int(value.partition(".")[0])) if _INTEGER.fullmatch(value := value.strip()) else None
    if kind is float:
        return int(value) if value.is_integer() and abs(value) < 1 << 63 else None
    if kind is bool:
        return None
    value = plain(value)
    return integer(value) if type(value) in {int, float, str} else None


def number(value: Any) -> float | int | None:
    """A finite number, also from decimal text."""
    value = plain(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return integer(value) if _INTEGER.fullmatch(value) else plain(float(value))
    return None


def boolean(value: Any) -> bool | None:
    """True or false, also from 1 and 0 and from their words in any case."""
    if type(value) is bool:
        return value
    word = text(value)
    word = word.strip().lower() if word else ""
    return True if word in _TRUE else False if word in _FALSE else None


def hexadecimal(value: Any) -> str | None:
    """An even number of hexadecimal digits, from text (with or without `0x`) or a whole number."""
    word = f"{value:x}" if type(value) is int else text(value)
    if word is None:
        return None
    word = word.removeprefix("0x").removeprefix("0X")
    word = word.zfill(len(word) + len(word) % 2)
    return word if _HEX.fullmatch(word) else None


def binary(value: Any) -> str | None:
    """Base64 text. Bytes are encoded; text has to be Base64 already."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return b64encode(value).decode() or None
    word = text(value)
    return word if word and _BASE64.fullmatch(word) else None


def ipv4(value: Any) -> str | None:
    """A dotted quad without leading zeros."""
    return _ipv4(value) if type(value) is str else _ipv4(text(value) or "")


def ipv4_block(value: Any) -> str | None:
    """A dotted quad, or a CIDR block of such."""
    return _ipv4_block(value) if type(value) is str else _ipv4_block(text(value) or "")


@lru_cache(maxsize=1 << 14)
def _ipv4_block(value: str) -> str | None:
    return value if _IPV4_BLOCK.fullmatch(value) else None


@lru_cache(maxsize=1 << 14)
def _ipv4(value: str) -> str | None:
    return value if _IPV4.fullmatch(value) else None


def ipv6(value: Any) -> str | None:
    """An IPv6 address; the zone (`%eth0`), which says where it was seen, is taken off. See `_ipv6`."""
    return _ipv6(value) if type(value) is str else _ipv6(text(value) or "")


@lru_cache(maxsize=1 << 14)
def _ipv6(value: str) -> str | None:
    """The text as given, but an IPv4 tail, which stix2-validator refuses, is written in hexadecimal."""
    value = value.partition("%")[0]
    if ":" not in value:
        return None
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return None
    if "." not in value:
        return value
    head, tail = value.rsplit(":", 1)[0], int(address) & 0xFFFFFFFF
    return f"{head}:{tail >> 16:x}:{tail & 0xFFFF:x}"


def ipv6_block(value: Any) -> str | None:
    """An IPv6 address, or a CIDR block: the length is read as a number from 0 to 128."""
    return _ipv6_block(value) if type(value) is str else _ipv6_block(text(value) or "")


@lru_cache(maxsize=1 << 14)
def _ipv6_block(value: str) -> str | None:
    address, slash, length = value.partition("/")
    clean = _ipv6(address)
    if clean is None or not slash:
        return clean
    return f"{clean}/{length}" if _IPV6_LENGTH.fullmatch(length) else None


def domain_name(value: Any) -> str | None:
    """A host name (RFC 1034, RFC 5890) in lower case, without the dot of the root. Addresses are none."""
    return _domain_name(value) if type(value) is str else None


@lru_cache(maxsize=1 << 14)
def _domain_name(value: str) -> str | None:
    name = unicodedata.normalize("NFC", value.removesuffix(".").lower())
    if len(name) > _LONGEST_HOST or _NUMERIC_HOST.fullmatch(name):
        return None
    if name.isascii() and not _ODD_LABEL.search(name):
        return name if _HOST.fullmatch(name) else None
    return name if _is_international(name) else None


def _is_international(name: str) -> bool:
    """Whether IDNA 2008 allows a name of other letters than ASCII's, or with `--` where `xn--` has it."""
    try:
        import idna  # comes with requests; needed for such names only
    except ImportError:
        return False
    try:
        return bool(idna.encode(name))
    except UnicodeError:  # idna's own errors are of this kind
        return False


def mac_address(value: Any) -> str | None:
    """Six octets in lower case with colons, from any of the usual spellings."""
    word = text(value)
    if word is None or not _MAC.fullmatch(word):
        return None
    digits = word.replace(":", "").replace("-", "").replace(".", "").lower()
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def email_address(value: Any) -> str | None:
    """`local@domain`, as far as stix2-validator accepts it."""
    word = text(value)
    return word if word and _EMAIL.fullmatch(word) else None


def url(value: Any) -> str | None:
    """A URI by RFC 3986."""
    if type(value) is str and _PLAIN_URL.fullmatch(value):
        return value
    word = text(value)
    match = _URI.fullmatch(word) if word else None
    return word if match and (match[1] is None or ipv6(match[1])) else None


def is_meant(value: Any) -> bool:
    """Whether a value that is no address is more than a place-holder, and no IP address either."""
    return (
        type(value) is str
        and _MEANT.search(value) is not None
        and not _NUMERIC_HOST.fullmatch(value)
        and ipv6(value) is None
    )
