"""Nodes and refusals from the parts that both readers find, so that the two make the same of the same parts.

What follows what in a pattern is the readers' work (`read`, `antlr`); the values of literals are `literals`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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


_READ: Final[dict[str, Callable[[str], Scalar]]] = {
    "string": literals.read_string,
    "integer": literals.read_integer,
    "float": literals.read_float,
    "boolean": "true".__eq__,
    "timestamp": literals.read_timestamp,
    "hex": literals.read_hex,
    "binary": literals.read_binary,
}
LITERAL_KINDS: Final = frozenset(_READ)


def literal(kind: str, token: str, text: str, offset: int) -> Scalar:
    """The value of the literal `token` that stands at `offset`.

    Raises PatternSyntaxError for an impossible one.
    """
    try:
        return _READ[kind](token)
    except literals.LiteralError as error:
        raise syntax_error(text, offset, shown(token), str(error)) from None


def object_path(parts: Sequence[str], text: str, offset: int) -> ObjectPath:
    """The path that starts at `offset`, from its type and its steps: names, quoted names, indexes and `*`.

    Raises PatternSyntaxError for an impossible index.
    """
    try:
        return path_of(parts[0], [_step(part) for part in parts[1:]])
    except literals.LiteralError as error:
        raise syntax_error(text, offset, shown(parts[0]), f"a path whose index is {error}") from None


def _step(part: str) -> PathStep:
    if part[0] == "'":
        return unescape(part[1:-1])
    if part == "*":
        return ANY
    return literals.read_integer(part) if part[0] in "+-0123456789" else part


def start_stop(start: Timestamp, stop: Timestamp, text: str, offset: int) -> StartStop:
    """The qualifier at `offset`. Raises QualifierError for a stop that is not after the start."""
    if (stop.moment, stop.digits) <= (start.moment, start.digits):
        raise qualifier_error(text, offset, f"STOP {stop.text} is not after START {start.text}")
    return StartStop(start, stop)


def within(seconds: Scalar, text: str, offset: int) -> Within:
    """The qualifier at `offset`. Raises QualifierError for a span of no time."""
    if not isinstance(seconds, (int, float)) or seconds <= 0:
        raise qualifier_error(text, offset, "WITHIN needs more than 0 SECONDS")
    return Within(seconds)


def repeats(times: Scalar, text: str, offset: int) -> Repeats:
    """The qualifier at `offset`. Raises QualifierError for less than once."""
    if not isinstance(times, int) or times < 1:
        raise qualifier_error(text, offset, "REPEATS needs 1 TIMES or more")
    return Repeats(times)


def qualified(
    expression: ObservationExpression, qualifiers: Sequence[tuple[Qualifier, int]], text: str, *, direct: bool
) -> ObservationExpression:
    """`expression` with the qualifiers (and their offsets) that stand straight after it, the last outermost.

    Raises QualifierError for two of one kind (§9.5.1), if the expression is `direct`: a plain `[...]`. On a
    group in parentheses the OASIS validator allows them, for there they could also be written with more
    parentheses.
    """
    kinds: set[type] = set()
    for qualifier, offset in qualifiers:
        kind = type(qualifier)
        if direct and kind in kinds:
            raise qualifier_error(
                text, offset, f"a second {_QUALIFIER_NAMES[kind]} on one observation expression; remove one"
            )
        kinds.add(kind)
        expression = Qualified(expression, qualifier)
    return expression


def qualifier_error(text: str, offset: int, fault: str) -> QualifierError:
    """The refusal of the qualifier at `offset`."""
    line, column = place(text, offset)
    return QualifierError(f"line {line}:{column}: {fault}")
