"""KQL read strictly and evaluated over rows: what stands for a workspace in tests.

Known is `Table | where … | sort by … | project … | take n` with the operators and functions of the reference
(learn.microsoft.com/kusto/query) that searches for rows need; anything else is refused with its place, so
nothing injected can pass. Columns are typed by a `Schema`; comparing with null, case and terms are as the
reference says.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Final, NoReturn

import regex  # type: ignore[import-untyped]  # published without type hints

Row = Mapping[str, Any]
Schema = Mapping[str, str]
"""The type of each column of a table: string, long, real, bool, datetime or dynamic."""
Value = Callable[[Row], Any]

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


def moment_of(text: str) -> datetime | None:
    """A time, aware; None for text that is none."""
    try:
        read = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()).replace("Z", "+00:00"))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=timezone.utc)


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
        return (kind, first) if len(parts) == 1 else ("bool", lambda row: _either(parts, row))

    def all_of(self) -> tuple[str, Value]:
        kind, first = self.comparison()
        parts = [first]
        while self.take("and"):
            kind = self.both_conditions(kind, *self.comparison(), parts=parts)
        return (kind, first) if len(parts) == 1 else ("bool", lambda row: _both(parts, row))

    def both_conditions(self, left: str, right: str, value: Value, *, parts: list[Value]) -> str:
        if left != "bool" or right != "bool":
            self.refuse("and, or stand between conditions")
        parts.append(value)
        return "bool"

    def comparison(self) -> tuple[str, Value]:
        kind, left = self.primary()
        word = self.peek()
        if word in _COMPARE and self.tokens[self.at].kind == "sign":
            return self.compared(kind, left, word)
        if word in _TEXT_OPERATORS and self.tokens[self.at].kind != "text":
            self.at += 1
            self.of_type("string", kind)
            right = self.of_type("string", *self.primary())
            compare = _TEXT_OPERATORS[word]
            return "bool", lambda row: compare(left(row), right(row))
        if self.take("matches"):
            self.need("regex")
            self.of_type("string", kind)
            found = _regex(self.constant_text())
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
        elif _family(kind) != _family(other) or (sign[0] in "<>" and kind in {"string", "bool", "dynamic"}):
            self.refuse(f"{kind} {sign} {other} cannot be compared")
        compare = _COMPARE[sign]
        return "bool", lambda row: compare(left(row), right(row))

    def listed(self, kind: str, left: Value, word: str) -> tuple[str, Value]:
        self.need("(")
        values = []
        while True:
            other, value = self.primary()
            if _family(kind) != _family(other):
                self.refuse(f"{kind} {word} {other} cannot be compared")
            values.append(value({}))
            if not self.take(","):
                break
        self.need(")")
        if word.endswith("~"):
            values = [_lower(value) for value in values]
        wanted, negated, fold = frozenset(values), word[0] == "!", word.endswith("~")
        return "bool", lambda row: ((_lower(left(row)) if fold else left(row)) in wanted) != negated

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
        if token.kind == "word" and follows == "(" and token.text in _FUNCTIONS:
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
            value = _part(value, self.name("a property"))
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
        wanted, kind, function = _FUNCTIONS[name]
        kinds = [each for each, _ in arguments]
        fits = len(kinds) == len(wanted) and all(
            need in ("any", _family(given)) for need, given in zip(wanted, kinds, strict=True)
        )
        if not fits:
            self.refuse(f"{name} cannot take {kinds}")
        values = [value for _, value in arguments]
        return kind, lambda row: function(*(value(row) for value in values))


# Values.


def _either(parts: Sequence[Value], row: Row) -> bool | None:
    known = [part(row) for part in parts]
    return True if True in known else None if None in known else False


def _both(parts: Sequence[Value], row: Row) -> bool | None:
    known = [part(row) for part in parts]
    return False if False in known else None if None in known else True


def _family(kind: str) -> str:
    return "number" if kind in {"long", "real"} else kind


def _lower(value: str) -> str:
    """Letter by letter, as .NET does."""
    pairs = zip(value, map(str.lower, value), strict=True)
    return "".join(small if len(small) == 1 else sign for sign, small in pairs)


def _part(value: Value, key: str) -> Value:
    def part(row: Row) -> Any:
        bag = value(row)
        return bag.get(key) if isinstance(bag, Mapping) else None

    return part


@lru_cache(maxsize=1024)
def _regex(text: str) -> Any:
    """RE2's words as Python's `regex` spells them."""
    spelled = re.sub(r"\\x\{([0-9A-Fa-f]+)\}", lambda match: f"\\U{int(match[1], 16):08x}", text)
    return regex.compile(spelled.replace(r"\z", r"\Z"), regex.VERSION0)


def _equal(left: Any, right: Any) -> bool | None:
    """Two nulls are neither equal nor not; one null is unequal (reference, "Null values")."""
    return None if left is None and right is None else bool(left == right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    return lambda left, right: None if left is None or right is None else compare(left, right)


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _term(text: str, term: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(term)}(?![^\W_])", text, re.IGNORECASE) is not None


_COMPARE: Final[dict[str, Callable[[Any, Any], bool | None]]] = {
    "==": _equal,
    "!=": lambda left, right: _not(_equal(left, right)),
    "=~": lambda left, right: _lower(left) == _lower(right),
    "!~": lambda left, right: _lower(left) != _lower(right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
}
_TEXT_OPERATORS: Final[dict[str, Callable[[str, str], bool]]] = {
    "contains_cs": lambda text, part: part in text,
    "contains": lambda text, part: _lower(part) in _lower(text),
    "startswith_cs": str.startswith,
    "startswith": lambda text, part: _lower(text).startswith(_lower(part)),
    "endswith_cs": str.endswith,
    "endswith": lambda text, part: _lower(text).endswith(_lower(part)),
    "has": _term,
}


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _in_range(
    version: type[ipaddress.IPv4Address | ipaddress.IPv6Address],
) -> Callable[[str, str], bool | None]:
    def inside(address: str, block: str) -> bool | None:
        try:
            return version(address) in ipaddress.ip_network(block)
        except (ValueError, TypeError):
            return None

    return inside


def _extract(expression: str, group: int, text: str) -> str:
    found = _regex(expression).search(text)
    return found[group] if found else ""


def _strcmp(left: str, right: str) -> int:
    one, other = left.encode("utf-16-be"), right.encode("utf-16-be")
    return (one > other) - (one < other)


_FUNCTIONS: Final[dict[str, tuple[tuple[str, ...], str, Callable[..., Any]]]] = {
    "not": (("bool",), "bool", _not),
    "isempty": (("string",), "bool", lambda text: text == ""),
    "isnotempty": (("string",), "bool", lambda text: text != ""),
    "isnull": (("any",), "bool", lambda value: value is None),
    "isnotnull": (("any",), "bool", lambda value: value is not None),
    "coalesce": (("bool", "bool"), "bool", lambda value, other: other if value is None else value),
    "tolower": (("string",), "string", _lower),
    "tostring": (("any",), "string", _text),
    "tolong": (("any",), "long", lambda value: None if (n := _number(value)) is None else int(n)),
    "todouble": (("any",), "real", _number),
    "tobool": (("any",), "bool", lambda value: value if isinstance(value, bool) else None),
    "todatetime": (("any",), "datetime", lambda value: None if value is None else moment_of(str(value))),
    "strcmp": (("string", "string"), "long", _strcmp),
    "extract": (("string", "number", "string"), "string", _extract),
    "ipv4_is_in_range": (("string", "string"), "bool", _in_range(ipaddress.IPv4Address)),
    "ipv6_is_in_range": (("string", "string"), "bool", _in_range(ipaddress.IPv6Address)),
}
