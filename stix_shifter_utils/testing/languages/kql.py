"""KQL read strictly and evaluated over rows: what stands for a workspace in tests.

Known is `Table | where … | sort by … | project … | take n` with the operators and functions of the reference
(learn.microsoft.com/kusto/query) that searches for rows need; anything else is refused with its place, so
nothing injected can pass. Columns are typed by a `Schema`; comparing with null, case and terms are as the
reference says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from stix_shifter_utils.testing.languages.kql_values import (
    COMPARE,
    FUNCTIONS,
    TEXT_OPERATORS,
    Row,
    Value,
    both,
    compiled,
    either,
    family_of,
    lower,
    moment_of,
    part_of,
)

Schema = Mapping[str, str]
"""The type of each column of a table: string, long, real, bool, datetime or dynamic."""

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<text>@'(?:[^'\n\r]|'')*'|@"(?:[^"\n\r]|"")*"|'(?:[^'\\\n\r]|\\.)*'|"(?:[^"\\\n\r]|\\.)*")
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])
    |(?P<moment>datetime\s*\(\s*[0-9T:. Z-]+\s*\))
    |(?P<word>!?[A-Za-z_]\w*~?)
    |(?P<sign>==|!=|=~|!~|<=|>=|\.\.|[<>()\[\],|.])
    )""",
    re.VERBOSE | re.ASCII,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
_UNORDERED: Final = frozenset({"string", "bool", "dynamic"})
_TYPES: Final = frozenset({"string", "long", "real", "bool", "datetime", "dynamic"})


class KqlError(Exception):
    """The query is not KQL as known here; `place` is the character at which reading stopped."""

    def __init__(self, message: str, place: int) -> None:
        super().__init__(f"{message} at character {place}")
        self.place = place


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a query: its kind, its text as written, and where it begins."""

    kind: str
    text: str
    place: int


@dataclass(frozen=True, slots=True)
class Kql:
    """A query that was read: the table it names, and the steps that its rows go through."""

    table: str
    steps: tuple[Callable[[list[Row]], list[Row]], ...]

    def run(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that the query gives for all rows of its table."""
        found = list(rows)
        for step in self.steps:
            found = step(found)
        return found


def table_of(query: str) -> str:
    """The name of the table that a query begins with. Raises KqlError."""
    return _Reader(query, {}).name("a table")


def read_kql(query: str, tables: Mapping[str, Schema]) -> Kql:
    """Read a query over tables with these columns. Raises KqlError."""
    name = table_of(query)
    if name not in tables:
        message = f"no table {name!r}"
        raise KqlError(message, 0)
    return _Reader(query, tables[name]).read()


def tokens_of(query: str) -> list[Token]:
    """The words of a query. Raises KqlError."""
    found, at = [], 0
    end = len(query.rstrip())
    while at < end:
        match = _TOKEN.match(query, at)
        if match is None or match.lastgroup is None:
            message = f"cannot read {query[at : at + 20]!r}"
            raise KqlError(message, at)
        found.append(Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return found


def text_of(literal: str) -> str:
    """The text that a string literal stands for. Raises ValueError for an escape that does not exist."""
    if literal.startswith("@"):
        quote = literal[1]
        return literal[2:-1].replace(quote * 2, quote)
    return _ESCAPE.sub(_unescaped, literal[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    sign = match[1]
    if sign[0] == "u" and len(sign) > 1:
        return chr(int(sign[1:], 16))
    if sign not in _LETTERS:
        message = f"no escape \\{sign}"
        raise ValueError(message)
    return _LETTERS[sign]


class _Reader:
    """Reads a query from left to right; the type of each expression goes with it."""

    def __init__(self, query: str, schema: Schema) -> None:
        unknown = set(schema.values()) - _TYPES
        if unknown:
            message = f"no column types {unknown}"
            raise ValueError(message)
        self.tokens, self.schema, self.at, self.end = tokens_of(query), schema, 0, len(query)

    # Words.

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def take(self, *words: str) -> bool:
        if self.at < len(self.tokens) and self.peek() in words and self.tokens[self.at].kind != "text":
            self.at += 1
            return True
        return False

    def need(self, word: str) -> None:
        if not self.take(word):
            self.refuse(f"expected {word!r}, found {self.peek()!r}")

    def refuse(self, message: str) -> NoReturn:
        raise KqlError(message, self.tokens[self.at].place if self.at < len(self.tokens) else self.end)

    def name(self, what: str) -> str:
        if self.take("["):
            token = self.token("text", what)
            self.need("]")
            return text_of(token)
        return self.token("word", what)

    def token(self, kind: str, what: str) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at].kind != kind:
            self.refuse(f"expected {what}, found {self.peek()!r}")
        self.at += 1
        return self.tokens[self.at - 1].text

    # Steps.

    def read(self) -> Kql:
        table, steps = self.name("a table"), []
        while self.at < len(self.tokens):
            self.need("|")
            steps.append(self.step())
        return Kql(table, tuple(steps))

    def step(self) -> Callable[[list[Row]], list[Row]]:
        if self.take("where"):
            kind, wanted = self.any_of()
            if kind != "bool":
                self.refuse("where needs a condition")
            return lambda rows: [row for row in rows if wanted(row) is True]
        if self.take("take", "limit"):
            most = int(self.token("number", "a number of rows"))
            return lambda rows: rows[:most]
        if self.take("sort", "order"):
            return self.sort()
        if self.take("project"):
            names = [self.column_name()]
            while self.take(","):
                names.append(self.column_name())
            return lambda rows: [{name: row.get(name) for name in names} for row in rows]
        return self.refuse(f"no operator {self.peek()!r}")

    def sort(self) -> Callable[[list[Row]], list[Row]]:
        self.need("by")
        name = self.column_name()
        value, down = self.column(name)[1], not self.take("asc")
        if down:
            self.take("desc")
        return lambda rows: sorted(rows, key=lambda row: (value(row) is not None, value(row)), reverse=down)

    def column_name(self) -> str:
        name = self.name("a column")
        if name not in self.schema:
            self.refuse(f"no column {name!r}")
        return name

    # Expressions: each is its type and a function of a row.

    def any_of(self) -> tuple[str, Value]:
        kind, first = self.all_of()
        parts = [first]
        while self.take("or"):
            kind = self.both_conditions(kind, *self.all_of(), parts=parts)
        return (kind, first) if len(parts) == 1 else ("bool", lambda row: either(parts, row))

    def all_of(self) -> tuple[str, Value]:
        kind, first = self.comparison()
        parts = [first]
        while self.take("and"):
            kind = self.both_conditions(kind, *self.comparison(), parts=parts)
        return (kind, first) if len(parts) == 1 else ("bool", lambda row: both(parts, row))

    def both_conditions(self, left: str, right: str, value: Value, *, parts: list[Value]) -> str:
        if left != "bool" or right != "bool":
            self.refuse("and, or stand between conditions")
        parts.append(value)
        return "bool"

    def comparison(self) -> tuple[str, Value]:
        kind, left = self.primary()
        word = self.peek()
        if word in COMPARE and self.tokens[self.at].kind == "sign":
            return self.compared(kind, left, word)
        if word in TEXT_OPERATORS and self.tokens[self.at].kind != "text":
            self.at += 1
            self.of_type("string", kind)
            right = self.of_type("string", *self.primary())
            compare = TEXT_OPERATORS[word]
            return "bool", lambda row: compare(left(row), right(row))
        if self.take("matches"):
            self.need("regex")
            self.of_type("string", kind)
            found = compiled(self.constant_text())
            return "bool", lambda row: found.search(left(row)) is not None
        if word in {"in", "!in", "in~", "!in~"}:
            self.at += 1
            return self.listed(kind, left, word)
        return kind, left

    def compared(self, kind: str, left: Value, sign: str) -> tuple[str, Value]:
        self.at += 1
        other, right = self.primary()
        if sign in {"=~", "!~"}:
            self.of_type("string", kind)
            self.of_type("string", other)
        elif family_of(kind) != family_of(other) or (
            sign[0] in "<>" and kind in {"string", "bool", "dynamic"}
        ):
            self.refuse(f"{kind} {sign} {other} cannot be compared")
        compare = COMPARE[sign]
        return "bool", lambda row: compare(left(row), right(row))

    def listed(self, kind: str, left: Value, word: str) -> tuple[str, Value]:
        self.need("(")
        values = []
        while True:
            other, value = self.primary()
            if family_of(kind) != family_of(other):
                self.refuse(f"{kind} {word} {other} cannot be compared")
            values.append(value({}))
            if not self.take(","):
                break
        self.need(")")
        if word.endswith("~"):
            values = [lower(value) for value in values]
        wanted, negated, fold = frozenset(values), word[0] == "!", word.endswith("~")
        return "bool", lambda row: ((lower(left(row)) if fold else left(row)) in wanted) != negated

    def of_type(self, wanted: str, kind: str, value: Value | None = None) -> Value:
        if kind != wanted:
            self.refuse(f"expected {wanted}, found {kind}")
        return value or (lambda _row: None)

    def constant_text(self) -> str:
        return text_of(self.token("text", "a string literal"))

    def primary(self) -> tuple[str, Value]:
        if self.at >= len(self.tokens):
            self.refuse("expected a value, found the end")
        token = self.tokens[self.at]
        if token.kind in {"text", "number", "moment"}:
            self.at += 1
            return self.literal(token)
        if self.take("("):
            inner = self.any_of()
            self.need(")")
            return inner
        if token.text in {"true", "false"}:
            self.at += 1
            truth = token.text == "true"
            return "bool", lambda _row: truth
        follows = self.tokens[self.at + 1].text if self.at + 1 < len(self.tokens) else ""
        if token.kind == "word" and follows == "(" and token.text in FUNCTIONS:
            return self.call(token.text)
        return self.path()

    def literal(self, token: Token) -> tuple[str, Value]:
        value: Any
        if token.kind == "text":
            try:
                kind, value = "string", text_of(token.text)
            except ValueError as error:
                raise KqlError(str(error), token.place) from error
        elif token.kind == "number":
            kind = "real" if set(token.text) & set(".eE") else "long"
            value = float(token.text) if kind == "real" else int(token.text)
        else:
            kind, value = "datetime", moment_of(token.text.split("(")[1].rstrip(") "))
            if value is None:
                message = "no such time"
                raise KqlError(message, token.place)
        return kind, lambda _row: value

    def path(self) -> tuple[str, Value]:
        kind, value = self.column(self.column_name())
        while self.peek() in {".", "["}:
            if kind != "dynamic":
                self.refuse(f"a column of type {kind} holds nothing else")
            self.take(".")
            value = part_of(value, self.name("a property"))
        return kind, value

    def column(self, name: str) -> tuple[str, Value]:
        kind = self.schema[name]
        if kind == "string":
            return kind, lambda row: "" if row.get(name) is None else row[name]
        if kind == "datetime":
            return kind, lambda row: None if row.get(name) is None else moment_of(str(row[name]))
        return kind, lambda row: row.get(name)

    def call(self, name: str) -> tuple[str, Value]:
        self.at += 1
        self.need("(")
        arguments = [self.any_of()]
        while self.take(","):
            arguments.append(self.any_of())
        self.need(")")
        wanted, kind, function = FUNCTIONS[name]
        kinds = [each for each, _ in arguments]
        fits = len(kinds) == len(wanted) and all(
            need in ("any", family_of(given)) for need, given in zip(wanted, kinds, strict=True)
        )
        if not fits:
            self.refuse(f"{name} cannot take {kinds}")
        values = [value for _, value in arguments]
        return kind, lambda row: function(*(value(row) for value in values))
