"""Spellings of text: how else a source may write what results write in one way; parts of LIKE patterns."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.pattern.addresses import read_block
from stix_shifter_utils.query.conditions import Wild

if TYPE_CHECKING:
    from stix_shifter_utils.pattern.addresses import Block

_SHORT_HIVES: Final = {
    "HKEY_LOCAL_MACHINE": "HKLM",
    "HKEY_CURRENT_CONFIG": "HKCC",
    "HKEY_CLASSES_ROOT": "HKCR",
    "HKEY_CURRENT_USER": "HKCU",
    "HKEY_USERS": "HKU",
}
_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}").fullmatch
_SINGLE: Final = {4: 32, 6: 128}
_WILDS: Final = {"%": Wild.ANY, "_": Wild.ONE}


def like_parts(pattern: str) -> tuple[str | Wild, ...]:
    """The parts of a STIX LIKE pattern, in normal form; runs of `%` are one."""
    parts: list[str | Wild] = []
    text = ""
    for letter in unicodedata.normalize("NFC", pattern):
        wild = _WILDS.get(letter)
        if wild is None:
            text += letter
            continue
        if text:
            parts.append(text)
            text = ""
        if wild is not Wild.ANY or parts[-1:] != [Wild.ANY]:
            parts.append(wild)
    return (*parts, text) if text else tuple(parts)


def is_cased(text: str) -> bool:
    """Whether lower case can be another text than this, or the lower case of another text."""
    return text.islower() or text.isupper() or text.lower() != text.upper()


def folds_alike(text: str) -> bool:
    """Whether all sources fold the same texts to this one: Kelvin's sign folds to k, a dotted I to i."""
    return text.isascii() and not set(text.lower()) & {"i", "k"}


def holds_separator(text: str) -> bool:
    """Whether text is more than one part of a path."""
    return "/" in text or "\\" in text


def is_ipv4(text: str) -> bool:
    """Whether text is one IPv4 address in its only spelling."""
    return _IPV4(text) is not None


def address_spellings(text: str) -> tuple[str, ...]:
    """An address as it is given, and in its usual spelling."""
    block = read_block(text)
    return (text,) if block is None or "/" in text else (text, str(ipaddress.ip_address(text)))


def spellings(object_type: str, text: str) -> tuple[str, ...]:
    """The usual spellings of a text that results spell so: MAC addresses, domain names, registry keys."""
    if object_type == "mac-addr":
        pairs = text.split(":")
        fours = ["".join(pairs[at : at + 2]) for at in range(0, 6, 2)]
        return (text, "-".join(pairs), "".join(pairs), ".".join(pairs), ".".join(fours))
    if object_type == "domain-name":
        return (text, f"{text}.")
    hive, separator, rest = text.partition("\\")
    short = _SHORT_HIVES.get(hive.upper())
    return (text, f"{short}{separator}{rest}") if short else (text,)


def mac_parts(text: str) -> tuple[str | Wild, ...]:
    """A LIKE that every spelling of a MAC address matches."""
    return tuple(part for pair in text.split(":") for part in (pair, Wild.ANY))[:-1]


def groups(address: str) -> tuple[str, ...]:
    """The groups of an IPv6 address that stand in every spelling of it: not zero, and not the last two."""
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return ()
    numbers = [(int(parsed) >> shift) & 0xFFFF for shift in range(112, 31, -16)]
    return tuple(f"{number:x}" for number in numbers if number) or (":",)


def block_beginnings(block: Block) -> tuple[str, ...]:
    """Beginnings, at most 16, one of which each dotted address of an IPv4 block has."""
    if block.bits != _SINGLE[4]:
        return ()
    whole, rest = divmod(block.length, 8)
    start = block.prefix << (32 - block.length)
    octets = [(start >> shift) & 0xFF for shift in (24, 16, 8, 0)]
    head = "".join(f"{octet}." for octet in octets[:whole])
    if not rest or 8 - rest > 4:  # noqa: PLR2004  more than 16 beginnings say little
        return (head.removesuffix(".") if whole == 4 else head,) if head else ()  # noqa: PLR2004  all octets
    end = "." if whole < 3 else ""  # noqa: PLR2004  the last octet ends the address
    return tuple(f"{head}{octet}{end}" for octet in range(octets[whole], octets[whole] + (1 << (8 - rest))))
