"""ANTLR's refusals in words for people: what was found, what was expected; the place is ANTLR's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from antlr4.error.Errors import NoViableAltException
from antlr4.PredictionContext import PredictionContext
from antlr4.Token import Token

from stix_shifter_utils.pattern import build, words

if TYPE_CHECKING:
    from antlr4.atn.ATNState import ATNState

    from stix_shifter_utils.errors import PatternSyntaxError

# Where a group could end, ANTLR has already left the loops in which it could have gone on.
_JOINS: Final = frozenset({"AND", "OR"})
_QUALIFIERS: Final = frozenset({"FOLLOWEDBY", "START", "WITHIN", "REPEATS"})
_ALSO: Final[dict[tuple[str, ...], frozenset[str]]] = {
    ("ObservationExpressionSimpleContext", "RBRACK"): _JOINS,
    ("PropTestParenContext", "RPAREN"): _JOINS,
    ("ObservationExpressionCompoundContext", "RPAREN"): _JOINS | _QUALIFIERS,
    ("SetLiteralContext", "RPAREN"): frozenset({"COMMA"}),
    ("PatternContext", "EOF"): _JOINS | _QUALIFIERS,
}


def refusal(text: str, parser: Any, error: Any) -> PatternSyntaxError:
    """What ANTLR's exception says, as our error."""
    token = error.offendingToken
    offset = len(text) if token.type == Token.EOF else token.start
    found, expected = words.found(text, offset), words.expected(_expected(parser, error), text, offset)
    return build.syntax_error(text, offset, found, expected)


def _expected(parser: Any, error: Any) -> set[str]:
    """Symbolic names of the tokens that could have stood at the refused one."""
    kinds: set[int] = set()
    if isinstance(error, NoViableAltException) and error.deadEndConfigs is not None:
        kinds = _after(parser.atn, [(config.state, config.context) for config in error.deadEndConfigs])
    if not kinds:
        kinds = set(_members(error.getExpectedTokens()))
    names = {"EOF" if kind == Token.EOF else parser.symbolicNames[kind] for kind in kinds}
    return names | _ALSO.get((type(error.ctx).__name__, *names), frozenset())


def _after(atn: Any, configurations: list[tuple[ATNState, PredictionContext]]) -> set[int]:
    """The tokens that could follow any of the configurations, out through the rules that called theirs."""
    kinds: set[int] = set()
    seen: set[tuple[int, int]] = set()
    while configurations:
        state, context = configurations.pop()
        if (state.stateNumber, id(context)) in seen:
            continue
        seen.add((state.stateNumber, id(context)))
        following = set(_members(atn.nextTokens(state)))
        kinds |= following - {Token.EPSILON}
        if Token.EPSILON in following and context is not None:
            configurations.extend(
                (atn.states[context.getReturnState(i)], context.getParent(i))
                for i in range(len(context))
                if context.getReturnState(i) != PredictionContext.EMPTY_RETURN_STATE
            )
    return kinds


def _members(tokens: Any) -> list[int]:
    return [kind for interval in tokens.intervals or () for kind in interval]
