"""Nodes and refusals from the parts that both readers find, so that the two cannot differ in what they make of them.

What follows what in a pattern is the readers' work (`read`, `antlr`); the values of literals are `literals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from stix_shifter_utils.errors import PatternSyntaxError, QualifierError
from stix_shifter_utils.pattern import literals
from stix_shifter_utils.pattern.nodes import (
    ANY,
    Comparator,
    ObjectPath,
    ObservationExpression,
    PathStep,
    Qualified,
    Qualifier,
    Repeats,
    Scalar,
    StartStop,
    Timestamp,
    Within,
)
from stix_shifter_utils.pattern.paths import path_of, unescape

MAX_PARENTHESES: Final = 300
"""Open parentheses at one place that are read; one more is refused."""

MAX_LEVELS: Final = 320
"""Levels of operators and qualifiers, one inside the other, that a tree may have."""

COMPARATORS: Final = {
    **{comparator.value: comparator for comparator in Comparator},
    "==": Comparator.EQUAL,
    "<>": Comparator.NOT_EQUAL,
}
"""Every spelling of a comparator in a pattern."""

_QUALIFIER_NAMES: Final = {StartStop: "START-STOP", Within: "WITHIN", Repeats: "REPEATS"}
_LONGEST_FOUND: Final = 40


def syntax_error(text: str, offset: int, found: str, expected: str) -> PatternSyntaxError:
    """The refusal of `text` at `offset` (characters from its start)."""
    return PatternSyntaxError(*place(text, offset), found, expected)


def place(text: str, offset: int) -> tuple[int, int]:
    """Line (from 1) and column (from 0) of an offset, lines ending at line feeds only, as ANTLR counts."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1)


def shown(token: str) -> str:
    """A token as a message shows it: quoted, and cut when long."""
    cut = token if len(token) <= _LONGEST_FOUND else f"{token[:_LONGEST_FOUND]}…"
    return f'"{cut}"' if "'" in cut else f"'{cut}'"


def nested_too_deep(text: str, offset: int) -> PatternSyntaxError:
    """The refusal of the parenthesis at `offset`."""
    return syntax_error(text, offset, "one more '('", f"at most {MAX_PARENTHESES} levels of nesting")


_READ: Final = {
    "string": literals.read_string,
    "integer": literals.read_integer,
    "float": literals.read_float,
    "boolean": "true".__eq__,
    "timestamp": literals.read_timestamp,
    "hex": literals.read_hex,
    "binary": literals.read_binary,
}


def literal(kind: str, token: str, text: str, offset: int) -> Scalar:
    """The value of the literal `token` that stands at `offset`. Raises PatternSyntaxError for an impossible one."""
    try:
        return _READ[kind](token)
    except literals.LiteralError as error:
        raise syntax_error(text, offset, shown(token), str(error)) from None


@lru_cache(maxsize=4096)
def object_path(object_type: str, tokens: tuple[str, ...]) -> ObjectPath:
    """A path from its type and the tokens of its steps: names, quoted names, indexes and `*`."""
    return path_of(object_type, [_step(token) for token in tokens])


def _step(token: str) -> PathStep:
    if token[0] == "'":
        return unescape(token[1:-1])
    if token == "*":
        return ANY
    return int(token) if token[0] in "+-0123456789" else token


def start_stop(start: Timestamp, stop: Timestamp, text: str, offset: int) -> StartStop:
    """The qualifier at `offset`. Raises QualifierError for a stop that is not after the start."""
    if (stop.moment, stop.digits) <= (start.moment, start.digits):
        raise qualifier_error(text, offset, f"STOP {stop.text} is not after START {start.text}")
    return StartStop(start, stop)


def within(seconds: Scalar, text: str, offset: int) -> Within:
    if not isinstance(seconds, (int, float)) or seconds <= 0:
        raise qualifier_error(text, offset, "WITHIN needs more than 0 SECONDS")
    return Within(seconds)


def repeats(times: Scalar, text: str, offset: int) -> Repeats:
    if not isinstance(times, int) or times < 1:
        raise qualifier_error(text, offset, "REPEATS needs 1 TIMES or more")
    return Repeats(times)


def qualified(
    expression: ObservationExpression, qualifiers: Sequence[tuple[Qualifier, int]], text: str
) -> ObservationExpression:
    """`expression` with the qualifiers (and their offsets) that stand straight after it, the last one outermost.

    Raises QualifierError for two of one kind (§9.5.1).
    """
    kinds: set[type] = set()
    for qualifier, offset in qualifiers:
        kind = type(qualifier)
        if kind in kinds:
            raise qualifier_error(
                text, offset, f"a second {_QUALIFIER_NAMES[kind]} on one observation expression; remove one"
            )
        kinds.add(kind)
        expression = Qualified(expression, qualifier)
    return expression


def qualifier_error(text: str, offset: int, fault: str) -> QualifierError:
    line, column = place(text, offset)
    return QualifierError(f"line {line}:{column}: {fault}")
