"""Pattern text from a tree, with as few brackets as the grammar allows; reading it again gives an equal tree.

Native query languages are printed by the query package.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import lru_cache
from typing import Final, cast

from stix_shifter_utils.pattern.nodes import (
    Binary,
    Comparator,
    Comparison,
    ComparisonAnd,
    ComparisonExpression,
    ComparisonOr,
    Hex,
    Literal,
    Node,
    ObjectPath,
    Observation,
    ObservationAnd,
    ObservationExpression,
    ObservationFollowedBy,
    ObservationOr,
    PathStep,
    Pattern,
    Qualified,
    Qualifier,
    StartStop,
    Timestamp,
    Within,
)
from stix_shifter_utils.pattern.rewrite import fold

KEYWORDS: Final = frozenset(
    [
        "AND",
        "OR",
        "NOT",
        "FOLLOWEDBY",
        "LIKE",
        "MATCHES",
        "ISSUPERSET",
        "ISSUBSET",
        "EXISTS",
        "LAST",
        "IN",
        "START",
        "STOP",
        "SECONDS",
        "true",
        "false",
        "WITHIN",
        "REPEATS",
        "TIMES",
    ]
)
"""Words that the grammar keeps for itself: a key spelled so must be quoted."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS: Final = {
    ComparisonAnd: " AND ",
    ComparisonOr: " OR ",
    ObservationAnd: " AND ",
    ObservationOr: " OR ",
    ObservationFollowedBy: " FOLLOWEDBY ",
}
# How tightly a node binds; an operand that binds no tighter than its parent is bracketed.
_BINDING: Final = {
    ObservationFollowedBy: 1,
    ObservationOr: 2,
    ComparisonOr: 2,
    ObservationAnd: 3,
    ComparisonAnd: 3,
    Qualified: 4,
    Observation: 5,
    Comparison: 5,
    Pattern: 0,
}


def print_pattern(pattern: Pattern | ObservationExpression) -> str:
    """The text of a pattern or observation expression."""
    return print_node(pattern)


def print_node(node: Node) -> str:
    """The text of any node: a pattern, an observation expression, or what stands inside its brackets."""
    return fold(node, _text)


def _text(node: Node, parts: tuple[str, ...]) -> str:
    if isinstance(node, Comparison):
        return print_comparison(node)
    if isinstance(node, Pattern):
        return parts[0]
    if isinstance(node, Observation):
        return f"[{parts[0]}]"
    if isinstance(node, Qualified):
        bare = isinstance(node.expression, Observation) or (
            isinstance(node.expression, Qualified) and not _repeats_a_kind(node)
        )
        return f"{parts[0] if bare else f'({parts[0]})'} {print_qualifier(node.qualifier)}"
    binding = _BINDING[type(node)]
    return _WORDS[type(node)].join(
        part if _BINDING[type(operand)] > binding else f"({part})"
        for operand, part in zip(node.operands, parts, strict=True)
    )


def _repeats_a_kind(node: Qualified) -> bool:
    """Whether writing this qualifier straight after those below would put two of one kind on one expression.

    The nearest brackets below start a new expression: they stand where the kind was met before.
    """
    kinds = _open_kinds(cast("Qualified", node.expression))
    return type(node.qualifier) in kinds


def _open_kinds(node: Qualified) -> set[type]:
    chain: list[type] = []
    inner: ObservationExpression = node
    while isinstance(inner, Qualified):
        chain.append(type(inner.qualifier))
        inner = inner.expression
    kinds: set[type] = set()
    for kind in reversed(chain):
        kinds = {kind} if kind in kinds else kinds | {kind}
    return kinds


def print_comparison(comparison: Comparison) -> str:
    """The text of one comparison: `file:size NOT > 5`, `NOT EXISTS file:name`."""
    path = print_path(comparison.path)
    if comparison.comparator is Comparator.EXISTS:
        return f"NOT EXISTS {path}" if comparison.negated else f"EXISTS {path}"
    negation = "NOT " if comparison.negated else ""
    return f"{path} {negation}{comparison.comparator.value} {print_literal(comparison.value)}"


@lru_cache(maxsize=4096)
def print_path(path: ObjectPath) -> str:
    """The canonical text of a path: keys are quoted where the grammar needs it."""
    return f"{path.object_type}:{''.join(_step_text(step) for step in path.steps).removeprefix('.')}"


def _step_text(step: PathStep) -> str:
    if isinstance(step, str):
        return f".{step}" if _NAME.fullmatch(step) and step not in KEYWORDS else f".{_quoted(step)}"
    return f"[{step}]" if isinstance(step, int) else "[*]"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def print_literal(value: Literal) -> str:  # noqa: PLR0911  one answer per kind of literal
    """The text of a literal or of a set of them.

    Raises TypeError for a value that no literal can say (None, NaN, an infinity, empty base64, …).
    """
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, Timestamp):
        return f"t'{value.text}'"
    if isinstance(value, Hex):
        return f"h'{value.data.hex()}'"
    if isinstance(value, Binary) and value.data:
        import base64  # few patterns have one

        return f"b'{base64.b64encode(value.data).decode('ascii')}'"
    if isinstance(value, tuple):
        return f"({', '.join(print_literal(item) for item in value)})"
    msg = f"a pattern cannot hold the value {value!r}"
    raise TypeError(msg)


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        msg = f"a pattern cannot hold the value {value!r}"
        raise TypeError(msg)
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


def print_qualifier(qualifier: Qualifier) -> str:
    """The text of a qualifier: `WITHIN 5 SECONDS`."""
    if isinstance(qualifier, StartStop):
        return f"START {print_literal(qualifier.start)} STOP {print_literal(qualifier.stop)}"
    if isinstance(qualifier, Within):
        return f"WITHIN {print_literal(qualifier.seconds)} SECONDS"
    return f"REPEATS {print_literal(qualifier.times)} TIMES"


def print_expression(expression: ComparisonExpression) -> str:
    """The text that stands inside the brackets of an observation expression."""
    return print_node(expression)
