"""The authority on patterns: the ANTLR grammars of `stix2-patterns`, and our tree from their parse tree.

Slow (some 200 microseconds per comparison); `read` makes the same trees. ANTLR takes time to load, so this
module is imported only when it is needed. Words for refusals are in `antlr_errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from antlr4 import CommonTokenStream, InputStream
from antlr4.error.Errors import ParseCancellationException
from antlr4.error.ErrorStrategy import BailErrorStrategy
from antlr4.Token import Token
from stix2patterns.v20.grammars.STIXPatternLexer import STIXPatternLexer as Lexer20
from stix2patterns.v20.grammars.STIXPatternParser import STIXPatternParser as Parser20
from stix2patterns.v21.grammars.STIXPatternLexer import STIXPatternLexer as Lexer21
from stix2patterns.v21.grammars.STIXPatternParser import STIXPatternParser as Parser21

from stix_shifter_utils.errors import PatternSyntaxError
from stix_shifter_utils.pattern import build, rewrite
from stix_shifter_utils.pattern.antlr_errors import refusal
from stix_shifter_utils.pattern.literals import is_timestamp
from stix_shifter_utils.pattern.nodes import Comparator, Comparison, Observation, Pattern, Qualifier
from stix_shifter_utils.pattern.read import readable_length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SLICE: Final = 40
"""Nested parentheses that ANTLR, which recurses, gets at a time; deeper groups are parsed on their own."""

_LITERAL_KINDS: Final = {
    "StringLiteral": "string",
    "IntPosLiteral": "integer",
    "IntNegLiteral": "integer",
    "FloatPosLiteral": "float",
    "FloatNegLiteral": "float",
    "BoolLiteral": "boolean",
    "TimestampLiteral": "timestamp",
    "HexLiteral": "hex",
    "BinaryLiteral": "binary",
}
_JOIN: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "ObservationExpressionsContext": rewrite.followed_by,
    "ObservationExpressionOrContext": rewrite.observation_or,
    "ObservationExpressionAndContext": rewrite.observation_and,
    "ComparisonExpressionContext": rewrite.comparison_or,
    "ComparisonExpressionAndContext": rewrite.comparison_and,
}
_QUALIFIERS: Final = {
    "ObservationExpressionStartStopContext",
    "ObservationExpressionWithinContext",
    "ObservationExpressionRepeatedContext",
}
_ENCLOSING: Final = {
    "ObservationExpressionSimpleContext",
    "ObservationExpressionCompoundContext",
    "PropTestParenContext",
}
_PLAIN: Final = "ObservationExpressionSimpleContext"
_PATH_MARKS: Final = {":", ".", "[", "]"}


def parse_with_antlr(text: str) -> Pattern:
    """The tree of a pattern by the grammar of STIX 2.1, or else by that of 2.0.

    Raises PatternSyntaxError with the place and expectation of the 2.1 grammar, and QualifierError.
    """
    try:
        return _Parse(text, Lexer21, Parser21).pattern()
    except PatternSyntaxError as refused:
        if "EXISTS" not in text:  # the only word on which the grammars differ
            raise
        try:
            return _Parse(text, Lexer20, Parser20).pattern()
        except PatternSyntaxError:
            raise refused from None


class _Parse:
    """One text under one grammar.

    ANTLR parses by recursion and would not survive deep nesting, so a group at every 40th level of
    parentheses is parsed alone, inner ones first, and tokens that stand for its node take its place in the
    group around it.
    """

    def __init__(self, text: str, lexer: Any, parser: Any) -> None:
        self.text, self.parser = text, parser
        self.tokens = _tokens(text, lexer)
        self.nodes: dict[int, Any] = {}  # identity of a token -> the node of the group that it stands for

    def pattern(self) -> Pattern:
        parser = self.parser
        slices: list[tuple[list[Any], bool]] = [([], False)]
        depth, in_brackets, in_set, last = 0, 0, False, None
        for token in self.tokens:
            kind = token.type
            in_brackets += (kind == parser.LBRACK) - (kind == parser.RBRACK)
            in_set = in_set or (kind == parser.LPAREN and last == parser.IN)
            if kind == parser.LPAREN and not in_set:
                depth += 1
                if depth > build.MAX_PARENTHESES:
                    raise build.nested_too_deep(self.text, token.start)
                if depth % _SLICE == 0:
                    slices.append(([], in_brackets > 0))
            slices[-1][0].append(token)
            if kind == parser.RPAREN:
                if not in_set and depth:
                    if depth % _SLICE == 0:
                        group = slices.pop()
                        slices[-1][0].extend(self._stand_in(*group))
                    depth -= 1
                in_set = False
            last = kind
        while len(slices) > 1:  # a group that is not closed: parsing it raises
            self._stand_in(*slices.pop())
        return Pattern(self._build(self._tree(slices[0][0], "pattern").children[0]))

    def _stand_in(self, group: list[Any], in_brackets: bool) -> list[Any]:
        """Make the group's node; return tokens of a comparison (in brackets or not) to stand in its place."""
        parser, first = self.parser, group[0]
        tree = self._tree(group, "propTest" if in_brackets else "observationExpression")
        name = parser.IdentifierWithoutHyphen
        kinds = [name, parser.COLON, name, parser.EQ, parser.BoolLiteral]
        if not in_brackets:
            kinds = [parser.LBRACK, *kinds, parser.RBRACK]
        tokens = [first.clone() for _ in kinds]
        for token, kind in zip(tokens, kinds, strict=True):
            token.type = kind
        self.nodes[id(tokens[0])] = self._build(tree)
        return tokens

    def _tree(self, tokens: list[Any], rule: str) -> Any:
        """The parse tree of all the tokens under a rule of the grammar."""
        stream = CommonTokenStream(_Tokens(tokens))
        parser = self.parser(stream)
        parser.removeErrorListeners()
        parser._errHandler = BailErrorStrategy()  # noqa: SLF001  ANTLR's own way to set it
        try:
            tree = getattr(parser, rule)()
            if stream.LA(1) != Token.EOF:
                parser.match(Token.EOF)
        except ParseCancellationException as cancelled:
            raise refusal(self.text, parser, cancelled.args[0]) from None
        return tree

    def _build(self, root: Any) -> Any:
        """Our nodes from a parse tree, without recursion."""
        work = [(root, False)]
        done: list[Any] = []
        while work:
            context, ready = work.pop()
            parts = self._parts(context)
            if parts and not ready:
                work.append((context, True))
                work.extend((part, False) for part in reversed(parts))
                continue
            first = len(done) - len(parts)
            results = done[first:]
            del done[first:]
            done.append(self._node(context, results))
        return done[0]

    def _parts(self, context: Any) -> list[Any]:
        """The contexts below that make nodes of their own; of a chain of one operator, all its operands."""
        name = type(context).__name__
        if name in _JOIN:
            operands = []
            while type(context).__name__ == name and len(context.children) > 1:
                operands.append(context.children[2])
                context = context.children[0]
            return [context.children[0] if type(context).__name__ == name else context, *reversed(operands)]
        if name in _QUALIFIERS:
            while type(context).__name__ in _QUALIFIERS:
                context = context.children[0]
            return [context]
        return [context.children[1]] if name in _ENCLOSING and id(context.start) not in self.nodes else []

    def _node(self, context: Any, results: list[Any]) -> Any:
        name = type(context).__name__
        if name in _JOIN:
            return _JOIN[name](results)
        if name in _QUALIFIERS:
            (base,) = self._parts(context)
            direct = type(base).__name__ == _PLAIN and id(base.start) not in self.nodes
            return build.qualified(results[0], list(self._qualifiers(context)), self.text, direct=direct)
        if id(context.start) in self.nodes:
            return self.nodes[id(context.start)]
        if name == _PLAIN:
            return Observation(results[0])
        return results[0] if results else self._comparison(context)

    def _qualifiers(self, context: Any) -> Iterator[tuple[Qualifier, int]]:
        """Qualifiers and their offsets in text order: the context written last is the outermost."""
        chain: list[Any] = []
        while type(context).__name__ in _QUALIFIERS:
            chain.append(context.children[1])
            context = context.children[0]
        for qualifier in reversed(chain):
            word, *rest = _leaves(qualifier)
            values = [self._literal(token) for token in rest if self._kind(token) in _LITERAL_KINDS]
            offset = word.start
            match word.text:
                case "START":
                    yield build.start_stop(values[0], values[1], self.text, offset), offset
                case "WITHIN":
                    yield build.within(values[0], self.text, offset), offset
                case _:
                    yield build.repeats(values[0], self.text, offset), offset

    def _comparison(self, context: Any) -> Comparison:
        negated, comparator, value = False, Comparator.EXISTS, None
        for child in context.children:
            tokens = _leaves(child)
            name = type(child).__name__
            if name == "ObjectPathContext":
                offset = tokens[0].start
                parts = [token.text for token in tokens if token.text not in _PATH_MARKS]
                path = build.object_path(parts, self.text, offset)
            elif name == "SetLiteralContext":
                value = tuple(self._literal(token) for token in tokens if self._kind(token) in _LITERAL_KINDS)
            elif self._kind(tokens[0]) in _LITERAL_KINDS:
                value = self._literal(tokens[0])
            elif tokens[0].text == "NOT":
                negated = True
            else:
                comparator = build.COMPARATORS[tokens[0].text]
        return Comparison(path, comparator, value, negated, offset)

    def _literal(self, token: Any) -> Any:
        return build.literal(_LITERAL_KINDS[self._kind(token)], token.text, self.text, token.start)

    def _kind(self, token: Any) -> str:
        kind: str = self.parser.symbolicNames[token.type]
        return kind


class _Tokens:
    """A token source over a list, which ends with EOF."""

    def __init__(self, tokens: list[Any]) -> None:
        self.tokens = iter(tokens)
        self.end = tokens[-1].clone()
        self.end.type, self.end.text = Token.EOF, "<EOF>"

    def nextToken(self) -> Any:  # noqa: N802  ANTLR's name
        return next(self.tokens, self.end)


def _tokens(text: str, lexer_class: Any) -> list[Any]:
    """All tokens with EOF. A string after START or STOP that holds a timestamp is one, as in STIX 2.0."""
    lexer = lexer_class(InputStream(text[: readable_length(text, len(text))]))
    lexer.removeErrorListeners()
    stream = CommonTokenStream(lexer)
    stream.fill()
    last = None
    for token in stream.tokens:
        if (
            token.type == lexer.StringLiteral
            and last in {lexer.START, lexer.STOP}
            and is_timestamp(token.text[1:-1])
        ):
            token.type = lexer.TimestampLiteral
        last = token.type
    return list(stream.tokens)


def _leaves(context: Any) -> list[Any]:
    """The tokens of a context in text order."""
    stack, tokens = [context], []
    while stack:
        node = stack.pop()
        if hasattr(node, "symbol"):
            tokens.append(node.symbol)
        else:
            stack.extend(reversed(node.children))
    return tokens
