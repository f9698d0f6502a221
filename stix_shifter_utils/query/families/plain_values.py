"""Values as any language writes them: text that can be written at all, addresses and blocks as text.

Quotes and escapes are each language's own.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stix_shifter_utils.pattern.addresses import Block

IPV4_BITS: Final = 32


def is_writable(value: str) -> bool:
    """Whether text can be written as UTF-8 at all: a lone surrogate cannot, and no database holds it."""
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def addresses(block: Block) -> tuple[int, int]:
    """The first and the last address of a block, as numbers."""
    rest = block.bits - block.length
    return block.prefix << rest, (block.prefix + 1 << rest) - 1


def address(number: int, bits: int) -> str:
    """An address from its number, as text."""
    return str(ipaddress.IPv4Address(number) if bits == IPV4_BITS else ipaddress.IPv6Address(number))


def network(block: Block) -> str:
    """A block as text, with the bits behind its prefix zero."""
    return f"{address(addresses(block)[0], block.bits)}/{block.length}"
