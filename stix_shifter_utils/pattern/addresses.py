"""IPv4 and IPv6 addresses and CIDR blocks by value; which comparisons use them is `values`' work."""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import NamedTuple

_IPV4_BITS = 32
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV6_BITS = 128


class Block(NamedTuple):
    """A CIDR block: `bits` is 32 or 128, `prefix` the network's bits as a number, `length` their count."""

    bits: int
    prefix: int
    length: int

    def contains(self, other: Block) -> bool:
        """Whether every address of `other` lies in this block; a block contains itself."""
        return (
            self.bits == other.bits
            and self.length <= other.length
            and self.prefix == other.prefix >> (other.length - self.length)
        )

    @property
    def first_text(self) -> str:
        """What the text of every address or block inside this one begins with; empty if that says little."""
        if self.bits != _IPV4_BITS:
            return ""
        octets = (self.prefix << (_IPV4_BITS - self.length)).to_bytes(4, "big")[: self.length // 8]
        return (
            "".join(f"{octet}." for octet in octets)
            if self.length < _IPV4_BITS
            else ".".join(map(str, octets))
        )


@cache
def _ipv4() -> re.Pattern[str]:
    """Made when it is needed: a translation does without."""
    return re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")


def read_block(text: str) -> Block | None:
    """The block that text names, bits behind the prefix ignored; an address alone is a block of one.

    `None` for text that is no address: a short form (`10.1`), leading zeros, too long a prefix.
    """
    if _ipv4().fullmatch(text):  # the common case, and a short way
        return Block(_IPV4_BITS, int.from_bytes(map(int, text.split(".")), "big"), _IPV4_BITS)
    address, slash, suffix = text.partition("/")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    bits = _IPV6_BITS if parsed.version == 6 else _IPV4_BITS  # noqa: PLR2004  the version's number
    if not slash:
        length = bits
    elif suffix.isascii() and suffix.isdigit() and len(suffix) <= 3 and int(suffix) <= bits:  # noqa: PLR2004  digits of 128
        length = int(suffix)
    else:
        return None
    return Block(bits, int(parsed) >> (bits - length), length)


def canonical_address(text: str) -> str:
    """One spelling for all spellings of an address or block: `10.0.0.1/32` is `10.0.0.1`, IPv6 is compressed.

    Text that is no address stays as it is. A plain IPv4 address, the common case, costs two searches.
    """
    if "/" not in text and ":" not in text:
        return text
    block = read_block(text)
    if block is None:
        return text
    number = block.prefix << (block.bits - block.length)
    address = ipaddress.IPv4Address(number) if block.bits == _IPV4_BITS else ipaddress.IPv6Address(number)
    return str(address) if block.length == block.bits else f"{address}/{block.length}"
