"""From text to tree; which of the two readers answers is settled here."""

from __future__ import annotations

from typing import Final
from typing import Literal as Choice

from stix_shifter_utils.errors import ConfigurationError, PatternSyntaxError, QualifierError
from stix_shifter_utils.pattern import build
from stix_shifter_utils.pattern.nodes import Comparison, Node, Pattern, children
from stix_shifter_utils.pattern.read import read_pattern, readable_length

MAX_REFUSED_TOKENS: Final = 20_000
MAX_REFUSED_CHARACTERS: Final = 100_000
"""A text that the compact reader refuses goes to ANTLR, which is slow, only if it is no longer than these."""


def parse_pattern(text: str, *, parser: Choice["auto", "antlr"] = "auto") -> Pattern:
    """The tree of a STIX 2.1 or 2.0 pattern.

    `auto` reads with the compact reader, and asks ANTLR about what that refuses; `antlr` asks ANTLR alone.
    Both give the same trees and refuse the same texts. More than 300 nested parentheses are refused, and
    more than 320 nested operators and qualifiers; the recursion limit is neither changed nor reached.

    Raises PatternSyntaxError with the place, what was found and what was expected; QualifierError for a
    STOP not after its START, two qualifiers of one kind on one observation expression, WITHIN 0 and REPEATS
    0.
    """
    if not isinstance(text, str):
        raise PatternSyntaxError(1, 0, type(text).__name__, "a pattern as text")
    if parser not in {"auto", "antlr"}:
        msg = f"option parser is {parser!r}, expected 'auto' or 'antlr'"
        raise ConfigurationError(msg)
    pattern = _by_antlr(text) if parser == "antlr" else _by_reader(text)
    _check_levels(pattern, text)
    return pattern


def _by_reader(text: str) -> Pattern:
    refused: PatternSyntaxError | QualifierError
    try:
        return read_pattern(text)
    except (PatternSyntaxError, QualifierError) as error:
        refused = error
    if len(text) > MAX_REFUSED_CHARACTERS or readable_length(text, MAX_REFUSED_TOKENS) is None:
        raise refused
    return _by_antlr(text)


def _by_antlr(text: str) -> Pattern:
    from stix_shifter_utils.pattern.antlr import parse_with_antlr

    return parse_with_antlr(text)


def _check_levels(pattern: Pattern, text: str) -> None:
    """Refuse a tree that is too deep: a parenthesis can hold up to six levels of operators and qualifiers."""
    if text.count("(") * 6 + 6 <= build.MAX_LEVELS:
        return
    stack: list[tuple[Node, int]] = [(pattern.expression, 0)]
    while stack:
        node, level = stack.pop()
        if level > build.MAX_LEVELS:
            while not isinstance(node, Comparison):
                node = children(node)[0]
            expected = f"at most {build.MAX_LEVELS} operators and qualifiers inside one another"
            raise build.syntax_error(text, node.offset, "deeper nesting", expected)
        stack.extend((child, level + 1) for child in children(node))
