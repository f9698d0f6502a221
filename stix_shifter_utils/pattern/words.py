"""How refusals speak: the thing found at a place, and the things expected there, in few human words.

Which tokens were expected is the readers' knowledge; here they only get names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.expressions import expression
from stix_shifter_utils.pattern.build import shown
from stix_shifter_utils.pattern.literals import literal_fault, timestamp_fault
from stix_shifter_utils.pattern.print import KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_STRING: Final = expression(r"'(?:[^'\\]|\\['\\])*(?P<end>'?)")
_LITERAL: Final = expression(r"(?P<prefix>[thb])'(?P<body>(?:[^'\\]|\\['\\])*)'")
_TOKEN: Final = expression(r"[A-Za-z_][A-Za-z0-9_-]*|[+-]?[0-9]*\.?[0-9]+|[=<>!]=|<>|.", flags=re.DOTALL)

ORDERED: Final = frozenset(
    [
        "StringLiteral",
        "IntPosLiteral",
        "IntNegLiteral",
        "FloatPosLiteral",
        "FloatNegLiteral",
        "TimestampLiteral",
        "HexLiteral",
        "BinaryLiteral",
    ]
)
COMPARATORS: Final = frozenset(
    ["EQ", "NEQ", "LT", "LE", "GT", "GE", "IN", "LIKE", "MATCHES", "ISSUPERSET", "ISSUBSET"]
)

# The first row whose tokens are all expected speaks for them; the rest of the tokens look further down.
_NAMES: Final = (
    (ORDERED | {"BoolLiteral"}, "a value"),
    (ORDERED, "a string, number, timestamp, hex or binary value"),
    (COMPARATORS | {"NOT"}, "a comparison operator"),
    (COMPARATORS, "a comparison operator"),
    (
        frozenset({"EXISTS", "NOT", "IdentifierWithHyphen", "IdentifierWithoutHyphen", "LPAREN"}),
        "a comparison",
    ),
    (frozenset({"NOT", "IdentifierWithHyphen", "IdentifierWithoutHyphen", "LPAREN"}), "a comparison"),
    (frozenset({"IdentifierWithHyphen", "IdentifierWithoutHyphen"}), "an object type such as 'ipv4-addr'"),
    (frozenset({"IdentifierWithoutHyphen", "StringLiteral"}), "a property name"),
    (frozenset({"IntPosLiteral", "IntNegLiteral", "ASTERISK"}), "an index or '*'"),
    (frozenset({"IntPosLiteral", "FloatPosLiteral"}), "a positive number"),
    (frozenset({"START", "WITHIN", "REPEATS"}), "a qualifier"),
    (frozenset({"IntPosLiteral"}), "a positive whole number"),
    (frozenset({"StringLiteral"}), "a string in single quotes"),
    (frozenset({"TimestampLiteral"}), "a timestamp such as t'2024-01-31T23:59:59Z'"),
    (frozenset({"DOT"}), "'.'"),
    (frozenset({"COLON"}), "':'"),
    (frozenset({"COMMA"}), "','"),
    (frozenset({"LPAREN"}), "'('"),
    (frozenset({"RPAREN"}), "')'"),
    (frozenset({"LBRACK"}), "'['"),
    (frozenset({"RBRACK"}), "']'"),
    (frozenset({"EOF"}), "the end of the pattern"),
)


def found(text: str, offset: int) -> str:
    """What stands at the offset."""
    if offset >= len(text):
        return "the end of the pattern"
    literal = _LITERAL.match(text, offset)
    if literal is not None:
        return shown(literal[0])
    if text[offset] == "'":
        return _found_string(text, offset)
    match = _TOKEN.match(text, offset)
    token = match[0] if match else text[offset]
    if token not in KEYWORDS and (token.upper() in KEYWORDS or token.lower() in {"true", "false"}):
        right = token.upper() if token.upper() in KEYWORDS else token.lower()
        return f"{shown(token)} (the keyword is {right})"
    return shown(token)


def _found_string(text: str, offset: int) -> str:
    match = _STRING.match(text, offset)
    if match is None or match["end"]:
        return shown(match[0]) if match else shown("'")
    if match.end() < len(text):
        return r"a string with a single backslash (write \\ for each)"
    return "a string without its closing quote"


def expected(tokens: AbstractSet[str], text: str, offset: int) -> str:
    """What could have stood at the offset; for a malformed literal, what it should have looked like."""
    literal = _LITERAL.match(text, offset)
    if literal is not None and (fault := literal_fault(literal["prefix"], literal["body"])):
        return fault
    string = _STRING.match(text, offset)
    if tokens == {"TimestampLiteral"} and string is not None and string["end"]:
        return timestamp_fault(string[0][1:-1])
    return _listed(_names(tokens)) or "something else"


def _names(tokens: AbstractSet[str]) -> list[str]:
    left = set(tokens)
    names: list[str] = []
    for group, name in _NAMES:
        if group <= left:
            left -= group
            if name not in names:
                names.append(name)
    return sorted(left) + names


def _listed(names: list[str]) -> str:
    return " or ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
