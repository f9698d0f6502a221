"""The values of KQL: how they compare, what its operators and functions answer, null among them.

After the reference (learn.microsoft.com/kusto/query). What a query is made of is read in `kql`.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Final

import regex  # type: ignore[import-untyped]  # published without type hints

Row = Mapping[str, Any]
Value = Callable[[Row], Any]


def moment_of(text: str) -> datetime | None:
    """A time, aware; None for text that is none."""
    try:
        read = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()).replace("Z", "+00:00"))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=timezone.utc)


def either(parts: Sequence[Value], row: Row) -> bool | None:
    """`or`: true if one is, else null if one is."""
    known = [part(row) for part in parts]
    return True if True in known else None if None in known else False


def both(parts: Sequence[Value], row: Row) -> bool | None:
    """`and`: false if one is, else null if one is."""
    known = [part(row) for part in parts]
    return False if False in known else None if None in known else True


def family_of(kind: str) -> str:
    """Which types compare with each other."""
    return "number" if kind in {"long", "real"} else kind


def lower(value: str) -> str:
    """Letter by letter, as .NET does."""
    pairs = zip(value, map(str.lower, value), strict=True)
    return "".join(small if len(small) == 1 else sign for sign, small in pairs)


def part_of(value: Value, key: str) -> Value:
    """A property of a dynamic value; null where it is no bag."""

    def part(row: Row) -> Any:
        bag = value(row)
        return bag.get(key) if isinstance(bag, Mapping) else None

    return part


@lru_cache(maxsize=1024)
def compiled(text: str) -> Any:
    """RE2's words as Python's `regex` spells them."""
    spelled = re.sub(r"\\x\{([0-9A-Fa-f]+)\}", lambda match: f"\\U{int(match[1], 16):08x}", text)
    return regex.compile(spelled.replace(r"\z", r"\Z"), regex.VERSION0)


def _equal(left: Any, right: Any) -> bool | None:
    """Two nulls are neither equal nor not; one null is unequal (reference, "Null values")."""
    return None if left is None and right is None else bool(left == right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    return lambda left, right: None if left is None or right is None else compare(left, right)


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _term(text: str, term: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(term)}(?![^\W_])", text, re.IGNORECASE) is not None


COMPARE: Final[dict[str, Callable[[Any, Any], bool | None]]] = {
    "==": _equal,
    "!=": lambda left, right: _not(_equal(left, right)),
    "=~": lambda left, right: lower(left) == lower(right),
    "!~": lambda left, right: lower(left) != lower(right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
}
TEXT_OPERATORS: Final[dict[str, Callable[[str, str], bool]]] = {
    "contains_cs": lambda text, part: part in text,
    "contains": lambda text, part: lower(part) in lower(text),
    "startswith_cs": str.startswith,
    "startswith": lambda text, part: lower(text).startswith(lower(part)),
    "endswith_cs": str.endswith,
    "endswith": lambda text, part: lower(text).endswith(lower(part)),
    "has": _term,
}


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _in_range(
    version: type[ipaddress.IPv4Address | ipaddress.IPv6Address],
) -> Callable[[str, str], bool | None]:
    def inside(address: str, block: str) -> bool | None:
        try:
            return version(address) in ipaddress.ip_network(block)
        except (ValueError, TypeError):
            return None

    return inside


def _extract(expression: str, group: int, text: str) -> str:
    found = compiled(expression).search(text)
    return found[group] if found else ""


def _strcmp(left: str, right: str) -> int:
    one, other = left.encode("utf-16-be"), right.encode("utf-16-be")
    return (one > other) - (one < other)


FUNCTIONS: Final[dict[str, tuple[tuple[str, ...], str, Callable[..., Any]]]] = {
    "not": (("bool",), "bool", _not),
    "isempty": (("string",), "bool", lambda text: text == ""),
    "isnotempty": (("string",), "bool", lambda text: text != ""),
    "isnull": (("any",), "bool", lambda value: value is None),
    "isnotnull": (("any",), "bool", lambda value: value is not None),
    "coalesce": (("bool", "bool"), "bool", lambda value, other: other if value is None else value),
    "tolower": (("string",), "string", lower),
    "tostring": (("any",), "string", _text),
    "tolong": (("any",), "long", lambda value: None if (n := _number(value)) is None else int(n)),
    "todouble": (("any",), "real", _number),
    "tobool": (("any",), "bool", lambda value: value if isinstance(value, bool) else None),
    "todatetime": (("any",), "datetime", lambda value: None if value is None else moment_of(str(value))),
    "strcmp": (("string", "string"), "long", _strcmp),
    "extract": (("string", "number", "string"), "string", _extract),
    "ipv4_is_in_range": (("string", "string"), "bool", _in_range(ipaddress.IPv4Address)),
    "ipv6_is_in_range": (("string", "string"), "bool", _in_range(ipaddress.IPv6Address)),
}
