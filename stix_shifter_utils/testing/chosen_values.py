"""Literals that make a comparison hold for a value, or just miss: what `patterns` draws from.

Patterns are put together in `patterns`; what really holds is the matcher's to say.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.pattern import Comparator, Literal, Scalar, Timestamp
from stix_shifter_utils.pattern.literals import read_timestamp

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

_REGEX_MARKS: Final = re.compile(r"([\\.^$*+?{}\[\]|()])")
_UPPER_BOUNDS: Final = frozenset({Comparator.LESS_THAN, Comparator.LESS_THAN_OR_EQUAL})
_INCLUSIVE: Final = frozenset({Comparator.LESS_THAN_OR_EQUAL, Comparator.GREATER_THAN_OR_EQUAL})
_ANY_VALUE: Final = frozenset({Comparator.EQUAL, Comparator.NOT_EQUAL, Comparator.IN, Comparator.EXISTS})
_SEEN: Final = 0.75
"""How often another value is one that was seen, and not a near miss."""


def network_of(value: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The address or CIDR block that a string names, None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def suits(comparator: Comparator, value: Scalar) -> bool:
    """Whether a comparator says something about such a value."""
    if comparator in {Comparator.LIKE, Comparator.MATCHES}:
        return isinstance(value, str)
    if comparator in {Comparator.ISSUBSET, Comparator.ISSUPERSET}:
        return network_of(value) is not None
    return comparator in _ANY_VALUE or not isinstance(value, bool)


class Chooser:
    """Chooses literals by one source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def literal(
        self, comparator: Comparator, value: Scalar, column: Sequence[Scalar], *, holds: bool
    ) -> Literal:
        """A literal for which `value comparator literal` holds or not; `column`: values seen beside it."""
        if comparator is Comparator.EXISTS:
            return None
        if comparator is Comparator.IN:
            return self.some(value, column, holds=holds)
        if comparator in {Comparator.ISSUBSET, Comparator.ISSUPERSET}:
            about = value if holds else self.other_network(value, column)
            return self.network_around(about) if comparator is Comparator.ISSUBSET else self.inside(about)
        if comparator in {Comparator.LIKE, Comparator.MATCHES}:
            about = value if holds else self.other(value, column)
            text = about if isinstance(about, str) else str(about)
            return self.like(text) if comparator is Comparator.LIKE else self.regex(text)
        if comparator in {Comparator.EQUAL, Comparator.NOT_EQUAL}:
            return value if (comparator is Comparator.EQUAL) is holds else self.other(value, column)
        return self.bound(comparator, value, column, holds=holds)

    def other(self, value: Scalar, column: Sequence[Scalar]) -> Scalar:
        """Another value: a seen one, or one that is nearly this one."""
        others = [one for one in column if one != value]
        if others and self.chance.random() < _SEEN:
            return self.chance.choice(others)
        return self.near_miss(value)

    def near_miss(self, value: Scalar) -> Scalar:
        """A value that differs in little: case, one character, one unit, its kind."""
        chance = self.chance
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return chance.choice(_scalars(value + 1, value - 1, str(value), value + 0.5))
        if isinstance(value, float):
            return chance.choice(_scalars(value + 1.0, value - 0.5, str(value)))
        if isinstance(value, Timestamp):
            return self.moved(value, chance.choice([-1, 1, 3600]))
        if isinstance(value, str) and value:
            place = chance.randrange(len(value))
            changed = value[:place] + chance.choice("xX0_%\\'é ") + value[place + 1 :]
            return chance.choice([value.swapcase(), value[:-1], f"{value}x", f" {value}", changed])
        return "no such value"

    def moved(self, value: Timestamp, seconds: int) -> Timestamp:
        """A timestamp some seconds away; the same one at the ends of the calendar."""
        try:
            moment = value.moment + timedelta(seconds=seconds)
        except OverflowError:
            return value
        return read_timestamp(f"t'{moment.isoformat(timespec='microseconds').replace('+00:00', 'Z')}'")

    def some(self, value: Scalar, column: Sequence[Scalar], *, holds: bool) -> tuple[Scalar, ...]:
        """A set with or without the value: seen ones and near misses, now and then of several kinds."""
        count = self.chance.choice([0, 1, 1, 2, 3, 6]) if holds else self.chance.choice([1, 1, 2, 3, 6])
        members = [self.other(value, column) for _ in range(count)]
        if holds:
            members.insert(self.chance.randint(0, len(members)), value)
        return tuple(members)

    def bound(
        self, comparator: Comparator, value: Scalar, column: Sequence[Scalar], *, holds: bool
    ) -> Scalar:
        """A bound on the side of the value where the order holds, or on the other; sometimes the value."""
        above = (comparator in _UPPER_BOUNDS) is holds
        if (comparator in _INCLUSIVE) is holds and self.chance.randrange(3) == 0:
            return value
        bounds = [one for one in column if type(one) is type(value) and _is_beyond(one, value, above=above)]
        if bounds and self.chance.random() < _SEEN:
            return self.chance.choice(bounds)
        return self.step(value, above=above)

    def step(self, value: Scalar, *, above: bool) -> Scalar:
        """A value just above or below."""
        if isinstance(value, (int, float)):
            return value + (self.chance.choice([1, 0.5, 1000]) * (1 if above else -1))
        if isinstance(value, Timestamp):
            return self.moved(value, 1 if above else -1)
        if isinstance(value, str):
            return f"{value}!" if above else value[:-1]
        return value

    def like(self, text: str) -> str:
        """A LIKE pattern for the text: a piece of it with `%`, or with `_` for one of its characters."""
        piece = self.piece(text)
        first, last = text[: len(piece)], text[len(text) - len(piece) :]
        place = self.chance.randrange(len(text) or 1)
        underscored = f"{text[:place]}_{text[place + 1 :]}"
        both_ends = f"{first}%{last}" if len(text) >= 2 * len(piece) else f"{first}%"
        choices = [f"{first}%", f"%{last}", f"%{piece}%", both_ends, underscored, text]
        return self.chance.choice([*choices, f"%{piece.swapcase()}%"])

    def regex(self, text: str) -> str:
        """A regular expression for the text, of what every engine knows: anchors, classes, alternatives."""
        piece = self.piece(text)
        middle = _escaped(piece)
        first, last = _escaped(text[: len(piece)]), _escaped(text[len(text) - len(piece) :])
        choices = [f"^{first}", f"{last}$", middle, f"^{_escaped(text)}$", f"^{first}.*", f"^.*{last}$"]
        choices += [f"({middle}|no such)", re.sub(r"[0-9]+", "[0-9]+", middle), _escaped(piece.swapcase())]
        return self.chance.choice(choices)

    def piece(self, text: str) -> str:
        """A short piece of a text, empty only if that is."""
        if not text:
            return ""
        length = min(len(text), self.chance.randint(1, 12))
        start = self.chance.randint(0, len(text) - length)
        return text[start : start + length]

    def other_network(self, value: Scalar, column: Sequence[Scalar]) -> Scalar:
        """Another address: a seen one, or one that differs in one bit."""
        others = [one for one in column if one != value and network_of(one) is not None]
        if others and self.chance.random() < _SEEN:
            return self.chance.choice(others)
        network = network_of(value)
        if network is None:
            return "192.0.2.1"
        bit = network.max_prefixlen - self.chance.choice([1, 9, 25])
        return str(type(network.network_address)(int(network.network_address) ^ (1 << bit)))

    def network_around(self, value: Scalar) -> str:
        """A CIDR block that holds the address, often a wide one; sometimes the bare address."""
        network = network_of(value)
        if network is None:
            return "198.51.100.0/24"
        bits = self.chance.choice([0, 0, 4, 8, 8, 16, 24]) * (network.max_prefixlen // 32)
        if not bits:
            return self.chance.choice([str(value), str(network)])
        return str(network.supernet(new_prefix=max(1, network.prefixlen - bits)))

    def inside(self, value: Scalar) -> str:
        """A CIDR block or address inside the value."""
        network = network_of(value)
        if network is None:
            return "198.51.100.1"
        address = str(network.network_address)
        return self.chance.choice([str(value), address, f"{address}/{network.max_prefixlen}"])


def _is_beyond(one: Scalar, value: Scalar, *, above: bool) -> bool:
    if isinstance(one, Timestamp) and isinstance(value, Timestamp):
        return (one.moment > value.moment) if above else (one.moment < value.moment)
    if isinstance(one, str) and isinstance(value, str):
        return (one > value) if above else (one < value)
    if isinstance(one, (int, float)) and isinstance(value, (int, float)):
        return (one > value) if above else (one < value)
    return False


def _scalars(*values: Scalar) -> tuple[Scalar, ...]:
    return values


def _escaped(text: str) -> str:
    return _REGEX_MARKS.sub(r"\\\1", text)
