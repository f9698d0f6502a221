r"""Lucene's query string as Elasticsearch reads it: a strict reader of what is documented, and its answers.

After "Query string query" of the Elasticsearch guide: `field:value`, quotes, `\` before a reserved sign,
wildcards, `/regular expressions/`, ranges, `_exists_`, AND, OR, NOT and brackets. Refused, with the place:
words without a field, reserved signs that are not escaped, AND beside OR without brackets (their precedence
is no use), boosts, fuzziness. What a term finds is `terms`' matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.testing.languages.terms import Places, QueryRefusedError, TermIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

_RESERVED: Final = r'+\-=&|><!(){}\[\]^"~*?:\\/\s'
_TOKEN: Final = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<open>\() | (?P<close>\))
  | (?P<quoted>"(?:[^"\\]|\\.)*")
  | (?P<regex>/(?:[^/\\]|\\.)*/)
  | (?P<range>[\[{{](?:"(?:[^"\\]|\\.)*"|[^\]}}"])*[\]}}])
  | (?P<word>(?:[^{_RESERVED}]|\\.|[*?])+)(?P<colon>:)?
    """,
    re.VERBOSE | re.DOTALL,
)
_BOUNDS: Final = re.compile(
    r"""(?P<low>\*|"(?:[^"\\]|\\.)*"|[^\s"*]+)\ TO\ (?P<high>\*|"(?:[^"\\]|\\.)*"|[^\s"*]+)""", re.DOTALL
)
_ESCAPED: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
OPERATORS: Final = frozenset({"AND", "OR", "NOT", "&&", "||", "TO"})


@dataclass(frozen=True, slots=True)
class Term:
    """A condition on one field. `shape` is quoted, regex, range or word; `text` what stands there, raw."""

    field: str
    shape: str
    text: str


@dataclass(slots=True)
class Group:
    """Operands under AND, OR or NOT."""

    operator: str
    operands: list[Group | Term] = field(default_factory=list)


Node = Group | Term


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


def read(query: str) -> Node:
    """The tree of a query. Raises QueryRefusedError, with the place."""
    reader = _Reader(list(_tokens(query)))
    tree = reader.expression()
    reader.expect("end")
    return tree


def terms_of(node: Node) -> Iterator[Term]:
    """All conditions."""
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, Term):
            yield each
        else:
            stack += reversed(each.operands)


def find(query: str, index: TermIndex) -> Places:
    """The places of the documents that a query finds."""
    return _find(read(query), index)


def literal(term: Term) -> str:
    """The text that a quoted term or a word without wildcards stands for."""
    return unescaped(term.text[1:-1] if term.shape == "quoted" else term.text)


def unescaped(text: str) -> str:
    r"""Escapes undone; `\u` and four digits are a character."""
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if m[1] else m[2], text)


def _tokens(query: str) -> Iterator[_Token]:
    place = 0
    while place < len(query):
        match = _TOKEN.match(query, place)
        if match is None or match.end() == place:
            message = f"Failed to parse query: unexpected {query[place : place + 10]!r} at {place}"
            raise QueryRefusedError(message)
        kind = str(match.lastgroup)
        if kind == "colon":
            yield _Token("field", match["word"], place)
        elif kind != "space":
            yield _Token(kind, match[kind], place)
        place = match.end()
    yield _Token("end", "", place)


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens, self.at = tokens, 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, kind: str) -> _Token:
        token = self.take()
        if token.kind != kind:
            message = f"Failed to parse query: {kind} expected at {token.place}, not {token.text!r}"
            raise QueryRefusedError(message)
        return token

    def expression(self, name: str | None = None) -> Node:
        """Operands with one operator between them; inside `name:( … )` they are values of that field."""
        operands, operators = [self.operand(name)], set[str]()
        while self.next.kind == "word" and self.next.text in {"AND", "OR"}:
            operators.add(self.take().text)
            operands.append(self.operand(name))
        if len(operators) > 1:
            message = f"Failed to parse query: AND and OR without brackets before {self.next.place}"
            raise QueryRefusedError(message)
        return Group(operators.pop(), operands) if operators else operands[0]

    def operand(self, name: str | None) -> Node:
        token = self.take()
        if token.kind == "word" and token.text == "NOT":
            return Group("NOT", [self.operand(name)])
        if token.kind == "open":
            inner = self.expression(name)
            self.expect("close")
            return inner
        if token.kind == "field" and name is None:
            return self.value(unescaped(token.text) if token.text != "*" else "*")
        if name is not None and token.kind in {"quoted", "regex", "range", "word"}:
            return self._term(name, token)
        message = f"Failed to parse query: a field expected at {token.place}, not {token.text!r}"
        raise QueryRefusedError(message)

    def value(self, name: str) -> Node:
        if self.next.kind == "open":
            self.take()
            inner = self.expression(name)
            self.expect("close")
            return inner
        return self._term(name, self.take())

    def _term(self, name: str, token: _Token) -> Term:
        if token.kind not in {"quoted", "regex", "range", "word"} or token.text in OPERATORS:
            message = f"Failed to parse query: a value expected at {token.place}, not {token.text!r}"
            raise QueryRefusedError(message)
        if token.kind == "word" and token.text[0] in "<>":
            message = f"Failed to parse query: {token.text!r} at {token.place} is not read here"
            raise QueryRefusedError(message)
        return Term(name, token.kind, token.text)


def _find(node: Node, index: TermIndex) -> Places:
    if isinstance(node, Term):
        return _term(node, index)
    found = [_find(each, index) for each in node.operands]
    if node.operator == "NOT":
        return index.everything() - found[0]
    return set.intersection(*found) if node.operator == "AND" else set.union(*found)


def _term(term: Term, index: TermIndex) -> Places:
    if term.field == "_exists_":
        return index.exists(literal(term))
    if term.shape == "range":
        return _range(term, index)
    if term.shape == "regex":
        return index.regexp(term.field, term.text[1:-1])
    if term.shape == "word" and re.search(r"(?<!\\)(?:\\\\)*[*?]", term.text):
        if term.text == "*":
            return index.everything() if term.field == "*" else index.exists(term.field)
        return index.wildcard(term.field, term.text)
    return index.term(term.field, literal(term))


def _range(term: Term, index: TermIndex) -> Places:
    match = _BOUNDS.fullmatch(term.text[1:-1])
    if match is None:
        message = f"Failed to parse query: {term.text!r} is no range"
        raise QueryRefusedError(message)
    low, high = (None if text == "*" else _bound(text) for text in match.groups())
    return index.range(term.field, low, high, low_in=term.text[0] == "[", high_in=term.text[-1] == "]")


def _bound(text: str) -> str:
    return unescaped(text[1:-1] if text[0] == '"' else text)


def outside_literals(query: str) -> str:
    """What stands in a query outside of its values: names and operators. Raises QueryRefusedError."""
    found, stack = [], [read(query)]
    while stack:
        each = stack.pop()
        if isinstance(each, Term):
            found.append(each.field if each.field != "_exists_" else f"_exists_:{literal(each)}")
        else:
            found.append(each.operator)
            stack += each.operands
    return " ".join(found)
