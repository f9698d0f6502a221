"""The compact reader: the same trees as ANTLR's, in one pass, without recursion and some fifty times faster.

It reads the whole language, STIX 2.1 and 2.0 (where EXISTS is a name). What it refuses, `parse` shows to
ANTLR.
"""

from __future__ import annotations

import contextlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NoReturn, cast

from stix_shifter_utils.errors import PatternSyntaxError
from stix_shifter_utils.expressions import expression
from stix_shifter_utils.pattern import build, words
from stix_shifter_utils.pattern.literals import BASE64_FORM, HEX_FORM, TIMESTAMP_FORM, is_timestamp
from stix_shifter_utils.pattern.nodes import (
    Comparator,
    Comparison,
    ComparisonExpression,
    Literal,
    ObjectPath,
    Observation,
    ObservationExpression,
    Pattern,
    Qualifier,
    Scalar,
    Timestamp,
)
from stix_shifter_utils.pattern.paths import unescape
from stix_shifter_utils.pattern.print import KEYWORDS
from stix_shifter_utils.pattern.rewrite import (
    comparison_and,
    comparison_or,
    followed_by,
    observation_and,
    observation_or,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

_SPACE: Final = r"[^\S\x1c-\x1f]*"  # the grammar's blanks: Unicode's without the separators of ASCII
_SKIP: Final = rf"{_SPACE}(?:(?:/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|//[^\r\n]*){_SPACE})*"
_STRING: Final = r"'[^'\\]*(?:\\['\\][^'\\]*)*'"
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_TYPE: Final = r"[A-Za-z_][A-Za-z0-9_-]*"
_INTEGER: Final = r"[+-]?(?:0|[1-9][0-9]*)"
_ONE: Final = (
    rf"(?P<string>{_STRING})"
    rf"|(?P<timestamp>t'{TIMESTAMP_FORM}')|(?P<hex>h'{HEX_FORM}')|(?P<binary>b'{BASE64_FORM}')"
    rf"|(?P<word>{_TYPE})|(?P<float>[+-]?[0-9]*\.[0-9]+)|(?P<integer>{_INTEGER})"
    r"|(?P<symbol>[=!<>]=|<>|[][(),.:*=<>])"
)
_STEP: Final = rf"(?:{_NAME}(?![A-Za-z0-9_'-])|{_STRING})"
_RESERVED: Final = "|".join(sorted(KEYWORDS))
_PATH: Final = rf"(?!(?:{_RESERVED}):){_TYPE}:{_STEP}(?:\.{_STEP}|\[(?:{_INTEGER}|\*)\])*"

# A path written without spaces is one lexeme here; of the grammar's own tokens, one may be anything.
_TOKEN: Final = re.compile(rf"{_SKIP}(?:(?P<path>{_PATH})|{_ONE}|(?P<end>\Z)|(?P<other>.))", re.DOTALL)
_GRAMMAR_TOKEN: Final = expression(rf"{_SKIP}(?:{_ONE}|(?P<end>\Z)|.)", re.DOTALL)
_PATH_PART: Final = re.compile(rf"{_STRING}|{_TYPE}|{_INTEGER}|\*")
_IS_NAME: Final = expression(_NAME)

_TEXTUAL: Final = frozenset({Comparator.LIKE, Comparator.MATCHES, Comparator.ISSUBSET, Comparator.ISSUPERSET})
_EQUALITY: Final = frozenset({Comparator.EQUAL, Comparator.NOT_EQUAL})

# The names of expected tokens are the grammar's, for `words`.
_TYPE_NAMES: Final = frozenset({"IdentifierWithHyphen", "IdentifierWithoutHyphen"})
_STEP_NAMES: Final = frozenset({"IdentifierWithoutHyphen", "StringLiteral"})
_INDEX_NAMES: Final = frozenset({"IntPosLiteral", "IntNegLiteral", "ASTERISK"})
_TEST_NAMES: Final = _TYPE_NAMES | {"EXISTS", "NOT", "LPAREN"}
_ORDERED_NAMES: Final = words.ORDERED
_VALUE_NAMES: Final = words.ORDERED | {"BoolLiteral"}
_OPERATOR_NAMES: Final = words.COMPARATORS | {"NOT", "DOT", "LBRACK"}
_AFTER_TEST: Final = frozenset({"AND", "OR"})
_AFTER_OBSERVATION: Final = frozenset({"AND", "OR", "FOLLOWEDBY", "START", "WITHIN", "REPEATS"})


def readable_length(text: str, most_tokens: int) -> int | None:
    """The place behind the first character of the text that belongs to no token; its length without one.

    No pattern goes on behind such a character, and to look for tokens there can take ANTLR very long (every
    `/*` that never ends is searched to the end of the text). None if more tokens than `most_tokens` stand
    before.
    """
    for number, match in enumerate(_GRAMMAR_TOKEN.finditer(text)):
        if number == most_tokens:
            return None
        if match.lastgroup is None:
            return match.end()
    return len(text)


def read_pattern(text: str) -> Pattern:
    """The tree of a STIX 2.1 pattern, or of a 2.0 pattern in which EXISTS is a name.

    Raises PatternSyntaxError and QualifierError.
    """
    try:
        return _Reader(text, KEYWORDS).pattern()
    except PatternSyntaxError as error:
        refused = error
    if "EXISTS" in text:
        with contextlib.suppress(PatternSyntaxError):
            return _Reader(text, KEYWORDS - {"EXISTS"}).pattern()
    raise refused


@lru_cache(maxsize=8192)
def _path(raw: str, keywords: frozenset[str]) -> ObjectPath | None:
    """The path of a path lexeme, None if it is impossible. Kept by text, for paths come again and again."""
    parts = _PATH_PART.findall(raw)
    if not keywords.isdisjoint(parts):
        return None
    try:
        return build.object_path(parts, raw, 0)
    except PatternSyntaxError:
        return None


class _Reader:
    """One text under one grammar. A method reads on from behind the lexeme that it is given."""

    def __init__(self, text: str, keywords: frozenset[str]) -> None:
        self.text, self.keywords = text, keywords
        self.advance: Callable[[], re.Match[str]] = _TOKEN.finditer(text).__next__
        self.depth = 0

    def pattern(self) -> Pattern:
        """The whole text.

        Operands gather in three lists, one for each operator; an opening parenthesis puts them aside.
        """
        outer: list[tuple[list[ObservationExpression], ...]] = []
        ordered: list[ObservationExpression] = []
        either: list[ObservationExpression] = []
        both: list[ObservationExpression] = []
        while True:
            match = self.advance()
            lexeme = match[match.lastgroup or 0]
            if lexeme == "(":
                self.enter(match)
                outer.append((ordered, either, both))
                ordered, either, both = [], [], []
                continue
            if lexeme != "[":
                self.refuse(match, {"LPAREN", "LBRACK"})
            operand: ObservationExpression = Observation(self.comparison_expression())
            direct = True
            while True:
                operand, match, lexeme = self.qualified(operand, direct)
                both.append(operand)
                if lexeme == "AND":
                    break
                either.append(observation_and(both))
                both = []
                if lexeme == "OR":
                    break
                ordered.append(observation_or(either))
                either = []
                if lexeme == "FOLLOWEDBY":
                    break
                operand = followed_by(ordered)
                if lexeme != ")" or not outer:
                    if match.lastgroup == "end" and not outer:
                        return Pattern(operand)
                    self.refuse(match, _AFTER_OBSERVATION | {"RPAREN" if outer else "EOF"})
                self.depth -= 1
                ordered, either, both = outer.pop()
                direct = False

    def qualified(
        self, operand: ObservationExpression, direct: bool
    ) -> tuple[ObservationExpression, re.Match[str], str]:
        """The operand, a plain `[...]` or not, with the qualifiers after it; and the lexeme after those."""
        qualifiers: list[tuple[Qualifier, int]] = []
        while True:
            match = self.advance()
            lexeme = match[match.lastgroup or 0]
            if lexeme not in {"START", "WITHIN", "REPEATS"}:
                return build.qualified(operand, qualifiers, self.text, direct=direct), match, lexeme
            offset = match.start("word")
            qualifiers.append((self.qualifier(lexeme, offset), offset))

    def qualifier(self, word: str, offset: int) -> Qualifier:
        if word == "START":
            start = self.moment()
            self.keyword("STOP")
            return build.start_stop(start, self.moment(), self.text, offset)
        match = self.advance()
        kind, lexeme = match.lastgroup or "", match[match.lastgroup or 0]
        if lexeme.startswith("-") or kind not in ({"integer", "float"} if word == "WITHIN" else {"integer"}):
            self.refuse(
                match, {"IntPosLiteral", "FloatPosLiteral"} if word == "WITHIN" else {"IntPosLiteral"}
            )
        number = build.literal(kind, lexeme, self.text, match.start(kind))
        self.keyword("SECONDS" if word == "WITHIN" else "TIMES")
        make = build.within if word == "WITHIN" else build.repeats
        return make(number, self.text, offset)

    def moment(self) -> Timestamp:
        """A timestamp after START or STOP; STIX 2.0 wrote it as a plain string."""
        match = self.advance()
        kind, lexeme = match.lastgroup or "", match[match.lastgroup or 0]
        if kind != "timestamp" and not (kind == "string" and is_timestamp(lexeme[1:-1])):
            self.refuse(match, {"TimestampLiteral"})
        return cast("Timestamp", build.literal("timestamp", lexeme, self.text, match.start(kind)))

    def keyword(self, word: str) -> None:
        match = self.advance()
        if match[match.lastgroup or 0] != word:
            self.refuse(match, {word})

    def comparison_expression(self) -> ComparisonExpression:
        """What stands between brackets, with the closing one. Lists as in `pattern`."""
        advance = self.advance
        outer: list[tuple[list[ComparisonExpression], ...]] = []
        either: list[ComparisonExpression] = []
        both: list[ComparisonExpression] = []
        while True:
            match = advance()
            if match.lastgroup == "path":
                both.append(self.comparison(match))
                match = advance()
            elif match.lastgroup == "symbol" and match["symbol"] == "(":
                self.enter(match)
                outer.append((either, both))
                either, both = [], []
                continue
            else:
                operand, match = self.other_comparison(match)
                both.append(operand)
            while True:
                lexeme = match[match.lastgroup or 0]
                if lexeme == "AND":
                    break
                either.append(both[0] if len(both) == 1 else comparison_and(both))
                both = []
                if lexeme == "OR":
                    break
                whole = comparison_or(either)
                if lexeme == "]" and not outer:
                    return whole
                if lexeme != ")" or not outer:
                    self.refuse(match, _AFTER_TEST | {"RPAREN" if outer else "RBRACK"})
                self.depth -= 1
                either, both = outer.pop()
                both.append(whole)
                match = advance()

    def enter(self, match: re.Match[str]) -> None:
        """Count an opening parenthesis."""
        self.depth += 1
        if self.depth > build.MAX_PARENTHESES:
            raise build.nested_too_deep(self.text, match.start("symbol"))

    def comparison(self, match: re.Match[str]) -> Comparison:
        """A comparison that starts with a path lexeme."""
        path = _path(match["path"], self.keywords)
        if path is None:
            self.refuse_path(match)
        following = self.advance()
        lexeme = following[following.lastgroup or 0]
        if lexeme in {".", "["}:
            path, following = self.longer_path(
                _PATH_PART.findall(match["path"]), match.start("path"), following
            )
        return self.compared(path, match.start("path"), following)

    def other_comparison(self, match: re.Match[str]) -> tuple[Comparison, re.Match[str]]:
        """A comparison that starts with EXISTS, or with a path with spaces in it; and the lexeme after it."""
        word = match["word"]
        negated = word == "NOT"
        if "EXISTS" in self.keywords and (word == "EXISTS" or negated):
            if negated:
                self.keyword("EXISTS")
            match = self.advance()
            offset = match.start(match.lastgroup or 0)
            path, following = self.any_path(match)
            return Comparison(path, Comparator.EXISTS, None, negated, offset), following
        if word is None or word in self.keywords:
            self.refuse(match, _TEST_NAMES)
        path, following = self.any_path(match)
        return self.compared(path, match.start("word"), following), self.advance()

    def any_path(self, match: re.Match[str]) -> tuple[ObjectPath, re.Match[str]]:
        """A path in any spelling, and the lexeme after it."""
        if match.lastgroup == "path":
            if _path(match["path"], self.keywords) is None:
                self.refuse_path(match)
            return self.longer_path(_PATH_PART.findall(match["path"]), match.start("path"), self.advance())
        word = match["word"]
        if word is None or word in self.keywords:
            self.refuse(match, _TYPE_NAMES)
        colon = self.advance()
        if colon[colon.lastgroup or 0] != ":":
            self.refuse(colon, {"COLON"})
        return self.longer_path([word, self.step_name()], match.start("word"), self.advance())

    def longer_path(
        self, parts: list[str], offset: int, match: re.Match[str]
    ) -> tuple[ObjectPath, re.Match[str]]:
        """The path of the parts found so far and of the steps that follow, and the lexeme after it."""
        while True:
            lexeme = match[match.lastgroup or 0]
            if lexeme == ".":
                parts.append(self.step_name())
            elif lexeme == "[":
                index = self.advance()
                if index.lastgroup != "integer" and index["symbol"] != "*":
                    self.refuse(index, _INDEX_NAMES)
                parts.append(index[index.lastgroup or 0])
                closing = self.advance()
                if closing["symbol"] != "]":
                    self.refuse(closing, {"RBRACK"})
            else:
                return build.object_path(parts, self.text, offset), match
            match = self.advance()

    def step_name(self) -> str:
        match = self.advance()
        name = match[match.lastgroup or 0]
        if match.lastgroup != "string" and (not _IS_NAME.fullmatch(name) or name in self.keywords):
            self.refuse(match, _STEP_NAMES)
        return name

    def compared(self, path: ObjectPath, offset: int, match: re.Match[str]) -> Comparison:
        """The comparison of a path whose operator, perhaps after NOT, is the given lexeme."""
        lexeme = match[match.lastgroup or 0]
        negated = lexeme == "NOT"
        if negated:
            match = self.advance()
            lexeme = match[match.lastgroup or 0]
        comparator = build.COMPARATORS.get(lexeme)
        if comparator is None or comparator is Comparator.EXISTS:
            self.refuse(match, _OPERATOR_NAMES)
        match = self.advance()
        value: Literal
        if comparator is Comparator.IN:
            value = self.set_of_literals(match)
        elif match.lastgroup == "string":
            value = unescape(match["string"][1:-1])
        elif comparator in _TEXTUAL:
            self.refuse(match, {"StringLiteral"})
        else:
            value = self.literal(match, _VALUE_NAMES if comparator in _EQUALITY else _ORDERED_NAMES)
        return Comparison(path, comparator, value, negated, offset)

    def literal(self, match: re.Match[str], expected: frozenset[str]) -> Scalar:
        """A literal; a boolean only if it is among the expected."""
        kind, lexeme = match.lastgroup or "", match[match.lastgroup or 0]
        if kind == "word" and lexeme in {"true", "false"} and "BoolLiteral" in expected:
            return lexeme == "true"
        if kind not in build.LITERAL_KINDS:
            self.refuse(match, expected)
        return build.literal(kind, lexeme, self.text, match.start(kind))

    def set_of_literals(self, match: re.Match[str]) -> tuple[Scalar, ...]:
        """A set, from its opening parenthesis on."""
        if match["symbol"] != "(":
            self.refuse(match, {"LPAREN"})
        values: list[Scalar] = []
        match = self.advance()
        if match["symbol"] == ")":
            return ()
        while True:
            values.append(self.literal(match, _VALUE_NAMES))
            match = self.advance()
            if match["symbol"] == ")":
                return tuple(values)
            if match["symbol"] != ",":
                self.refuse(match, {"COMMA", "RPAREN"})
            match = self.advance()

    def refuse(self, match: re.Match[str], expected: AbstractSet[str]) -> NoReturn:
        raise self.refusal(match.start(match.lastgroup or 0), expected)

    def refusal(self, offset: int, expected: AbstractSet[str]) -> PatternSyntaxError:
        found, wanted = words.found(self.text, offset), words.expected(expected, self.text, offset)
        return build.syntax_error(self.text, offset, found, wanted)

    def refuse_path(self, match: re.Match[str]) -> NoReturn:
        """Refuse a path lexeme at its first keyword, or else for its index."""
        start, end = match.span("path")
        for part in _PATH_PART.finditer(self.text, start, end):
            if part[0] in self.keywords:
                raise self.refusal(part.start(), _STEP_NAMES)
        build.object_path(_PATH_PART.findall(match["path"]), self.text, start)
        raise AssertionError
