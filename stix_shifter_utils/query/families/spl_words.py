r"""The words of SPL: names, wildcard values of `search`, regular expressions and literals of `where`.

How conditions are put together from them is in `spl`. Facts are from the Search Manual and the Search
Reference, 10.0: "search", "where", "Backslashes", "Wildcards", "SPL and regular expressions", "Multivalue
eval functions".
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.query.conditions import Wild
from stix_shifter_utils.query.regex import Flavour

if TYPE_CHECKING:
    from collections.abc import Sequence

PCRE: Final = Flavour(backtracks=True)
NOT_ASCII: Final = r"[^\x00-\x7F]"
_NAME: Final = re.compile(r"[^\s\"'`|\\\[\]{}*]+(?: [^\s\"'`|\\\[\]{}*]+)*").fullmatch
_BARE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch
_RESERVED: Final = frozenset({"and", "or", "not", "in", "by", "as", "xor", "like", "earliest", "latest"})
_COMPOSED_FROM_AFAR: Final = frozenset(";`")


def search_name(name: str) -> str | None:
    """A field's name for `search`; None for one that no quotes can hold."""
    if _NAME(name) is None:
        return None
    return name if _BARE(name) and name.lower() not in _RESERVED else f'"{name}"'


def where_name(name: str) -> str:
    """A field's name for `where`: in single quotes, so that it is no text and no function."""
    return f"'{name}'"


def quoted(text: str) -> str:
    r"""Text between double quotes: a backslash hides `"` and itself, everywhere in SPL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_block(text: str) -> bool:
    """Whether `search` reads a value as a subnet, and compares addresses with it."""
    if "/" not in text:
        return False
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def wildcard(parts: Sequence[str | Wild], *, widens: bool = False, normal: bool = False) -> tuple[str, bool]:
    """A value for `search` that finds all texts the parts describe, and whether it finds just these.

    `*` has no escape, and one character no wildcard: both become `*`, and so do control characters. With
    `widens`, so do characters that a source could hold in another case or normal form than ours.
    """
    text, exact = "", True
    for part in parts:
        if isinstance(part, Wild):
            text, exact = text + "*", exact and part is Wild.ANY
            continue
        for letter in part:
            plain = letter.isprintable() if letter.isascii() else not widens and letter.isprintable()
            plain = plain and letter != "*" and not (widens and normal and letter in _COMPOSED_FROM_AFAR)
            text, exact = text + (letter if plain else "*"), exact and plain
    if "*" not in text and is_block(text):
        text, exact = text.replace("/", "*"), False
    return quoted(re.sub(r"\*+", "*", text)), exact


def literal_regex(text: str) -> str:
    """A regular expression for just this text, as it stands inside a literal of `where`."""
    return "".join(map(_sign, text))


def _sign(letter: str) -> str:
    if letter == "\\":
        return "[\\\\\\\\]"
    if letter.isalnum() or letter in " _" or not letter.isascii():
        return letter
    return f"\\{letter}" if letter.isprintable() else f"\\x{ord(letter):02x}"


def parts_regex(parts: Sequence[str | Wild], *, one: str = ".", many: str = ".*") -> str:
    """A regular expression for LIKE parts, as it stands inside a literal."""
    return "".join(
        literal_regex(part) if isinstance(part, str) else (many if part is Wild.ANY else one)
        for part in parts
    )


def inside_literal(expression: str) -> str:
    r"""A regular expression as it stands inside a literal.

    A doubled backslash is written so that it means one backslash whether or not quotes are taken off before
    the expression is read: `[\\\\]` is the class of it in both readings.
    """
    text, place, in_class = "", 0, False
    while place < len(expression):
        letter = expression[place]
        pair = expression[place : place + 2]
        if pair == "\\\\":
            text += "\\\\\\\\" if in_class else "[\\\\\\\\]"
        elif letter == "\\":
            text += pair
        elif letter == '"':
            text += '\\"'
        elif letter.isascii() and not letter.isprintable():
            text += f"\\x{ord(letter):02x}"
        else:
            in_class = letter == "[" or (in_class and letter != "]")
            text += letter
        place += 2 if letter == "\\" else 1
    return text
