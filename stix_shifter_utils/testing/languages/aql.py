r"""A strict reader of AQL and its evaluator over rows: one SELECT over events or flows; all else is refused.

Written after the vendor's AQL Guide 7.5: "SELECT statement", "WHERE clause", "AQL logical and comparison
operators", "Best practices for using quotation marks", "AQL date and time formats". `=`, LIKE and MATCHES
mind case, ILIKE and IMATCHES do not; NULL makes a comparison unknown; a regular expression may match
anywhere in a text. No comments, no second statement, no sub-query.
"""

from __future__ import annotations

import ipaddress
import itertools
import operator
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import regex  # type: ignore[import-untyped]  # published without type hints

from stix_shifter_utils.pattern.pcre import ExpressionError, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Row = Mapping[str, Any]
    Tables = Mapping[str, Iterable[Row]]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>"[^"]+")|(?P<number>-?[0-9]+(?:\.[0-9]+)?)(?![\w.])"""
    r"""|(?P<word>[A-Za-z_][\w.\-]*)|(?P<sign><=|>=|!=|<>|[=<>(),*]))"""
)
_ORDER: Final = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_DEEPEST: Final = 150
_SECONDS: Final = 1.0
_MINUTE_MS: Final = 60_000
_UNITS: Final = {"MINUTES": 1, "HOURS": 60, "DAYS": 1440}
_WORDS: Final = frozenset(
    {"AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ILIKE", "MATCHES", "IMATCHES", "FROM", "WHERE", "LIMIT",
     "START", "STOP", "LAST", "AS", "SELECT"}
)  # fmt: skip


class AqlError(ValueError):
    """Text that is no AQL of the part that is read here. The message names the place."""


@dataclass(frozen=True, slots=True)
class Query:
    """What was read. `columns`: names, and what makes their values; empty for `*`. Times in milliseconds."""

    table: str
    columns: tuple[tuple[str, Callable[[Row], Any]], ...]
    test: Callable[[Row], bool | None] | None
    limit: int | None
    start_ms: int | None
    stop_ms: int | None


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def run_aql(query: str, tables: Tables, functions: Functions | None = None) -> list[dict[str, Any]]:
    """The rows that a query finds, in the order of the table, with the columns it asks for.

    `functions` are further ones of the product (`QIDNAME`), by their names in capitals. Raises AqlError.
    """
    made = read_aql(query, functions)
    if made.table not in tables:
        message = f"at 0: there is no table {made.table!r}"
        raise AqlError(message)
    test = made.test
    rows = (row for row in tables[made.table] if _lies_in_span(row, made))
    found = list(itertools.islice((row for row in rows if test is None or test(row) is True), made.limit))
    if not made.columns:
        return [dict(row) for row in found]
    return [{name: value(row) for name, value in made.columns} for row in found]


def _lies_in_span(row: Mapping[str, Any], made: Query) -> bool:
    moment = row.get("starttime")
    if moment is None:
        return True
    after = made.start_ms is None or moment >= made.start_ms
    return after and (made.stop_ms is None or moment <= made.stop_ms)


def read_aql(query: str, functions: Functions | None = None) -> Query:
    """A query, ready to be evaluated. Raises AqlError."""
    return _Reader(query, functions or {}).query()


# ---------------------------------------------------------------------------------------------- functions


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _in_cidr(block: Any, address: Any) -> bool | None:
    try:
        network = ipaddress.ip_network(str(block), strict=False)
    except ValueError as error:
        message = f"at 0: {error}"
        raise AqlError(message) from error
    try:
        found = ipaddress.ip_address(str(address))
    except ValueError:
        return False
    return found.version == network.version and found in network


Functions = dict[str, "Callable[..., Any]"]
_FUNCTIONS: Final[Functions] = {
    "LOWER": lambda value: _text(value).lower(),
    "UPPER": lambda value: _text(value).upper(),
    "STR": _text,
    "UTF8": _text,
    "STRLEN": lambda value: len(_text(value)),
    "INCIDR": _in_cidr,
    "PARSELONG": lambda value: int(value) if re.fullmatch(r"\s*-?[0-9]+\s*", str(value)) else None,
}


@lru_cache(maxsize=4096)
def _expression(text: str, *, fold: bool) -> Any:
    try:
        flags = regex.VERSION0 | (regex.IGNORECASE if fold else 0)
        return regex.compile(translate(text).text, flags)
    except (regex.error, ExpressionError) as error:
        message = f"at 0: no regular expression: {text[:80]!r}: {error}"
        raise AqlError(message) from error


@lru_cache(maxsize=4096)
def _like(pattern: str, *, fold: bool) -> Any:
    body = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.compile(body, re.DOTALL | (re.IGNORECASE if fold else 0))


def _equal(left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, (int, float)) and isinstance(right, str):
        return _text(left) == right
    return bool(left == right) or _same_address(left, right)


def _same_address(left: Any, right: Any) -> bool:
    """Whether two texts are one IPv6 address, in whatever spelling: fields of addresses compare by value."""
    if ":" not in str(left) or ":" not in str(right):
        return False
    try:
        return ipaddress.ip_address(str(left)) == ipaddress.ip_address(str(right))
    except ValueError:
        return False


def _ordered(sign: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, str) is not isinstance(right, str):
        left, right = _text(left), _text(right)
    return bool(_ORDER[sign](left, right))


def _pattern_test(word: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    fold = word.startswith("I")
    if word.endswith("LIKE"):
        return _like(str(right), fold=fold).fullmatch(_text(left)) is not None
    return _expression(str(right), fold=fold).search(_text(left), timeout=_SECONDS) is not None


# ------------------------------------------------------------------------------------------------- reading


class _Reader:
    """Tokens, and one method for each rule of the grammar; each gives a function of a row."""

    def __init__(self, text: str, functions: Functions) -> None:
        self.functions = {**_FUNCTIONS, **functions}
        self.tokens = list(_tokens(text))
        self.at, self.depth, self.length = 0, 0, len(text)

    @property
    def here(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _Token("end", "", self.length)

    def refusal(self, *, what: str) -> AqlError:
        message = f"at {self.here.place}: {what}, found {self.here.text[:30]!r}"
        return AqlError(message)

    def take(self, *texts: str) -> str:
        """Take a sign or a keyword; empty when it is not here."""
        token = self.here
        if token.kind in {"sign", "word"} and token.text.upper() in texts:
            self.at += 1
            return token.text.upper()
        return ""

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise self.refusal(what=f"expected {text}")

    def query(self) -> Query:
        self.expect("SELECT")
        columns = () if self.take("*") else self.columns()
        self.expect("FROM")
        table = self.word("a table")
        test = self.any_of() if self.take("WHERE") else None
        limit = self.whole() if self.take("LIMIT") else None
        start, stop = self.span()
        if self.here.kind != "end":
            raise self.refusal(what="expected the end")
        return Query(table, columns, test, limit, start, stop)

    def span(self) -> tuple[int | None, int | None]:
        if self.take("LAST"):
            self.whole()
            if not self.take(*_UNITS):
                raise self.refusal(what="expected MINUTES, HOURS or DAYS")
            return None, None
        start = self.whole() if self.take("START") else None
        stop = self.whole() if start is not None and self.take("STOP") else None
        return start, stop

    def columns(self) -> tuple[tuple[str, Callable[[Row], Any]], ...]:
        found = [self.column()]
        while self.take(","):
            found.append(self.column())
        return tuple(found)

    def column(self) -> tuple[str, Callable[[Row], Any]]:
        first = self.here
        value = self.operand()
        name = self.word("a name") if self.take("AS") else first.text.strip('"')
        return name, value

    def word(self, what: str) -> str:
        token = self.here
        if token.kind not in {"word", "name"} or token.text.upper() in _WORDS:
            raise self.refusal(what=f"expected {what}")
        self.at += 1
        return token.text.strip('"')

    def whole(self) -> int:
        token = self.here
        if token.kind != "number" or not token.text.isdigit():
            raise self.refusal(what="expected a whole number")
        self.at += 1
        return int(token.text)

    # -- conditions, by how tightly they bind

    def any_of(self) -> Callable[[Row], bool | None]:
        tests = [self.all_of()]
        while self.take("OR"):
            tests.append(self.all_of())
        return tests[0] if len(tests) == 1 else lambda row: _joined(tests, row, decisive=True)

    def all_of(self) -> Callable[[Row], bool | None]:
        tests = [self.negation()]
        while self.take("AND"):
            tests.append(self.negation())
        return tests[0] if len(tests) == 1 else lambda row: _joined(tests, row, decisive=False)

    def negation(self) -> Callable[[Row], bool | None]:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.refusal(what=f"brackets more than {_DEEPEST} deep")
        try:
            if self.take("NOT"):
                inner = self.negation()
                return lambda row: None if (found := inner(row)) is None else not found
            if self.take("("):
                test = self.any_of()
                self.expect(")")
                return test
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Callable[[Row], bool | None]:
        is_call = self.here.text.upper() == "INCIDR"
        left = self.operand()
        if sign := self.take("=", "!=", "<>", *_ORDER):
            return _sign_test(sign, left, self.operand())
        negated = bool(self.take("NOT"))
        test = self.word_test(left)
        if test is None:
            if is_call and not negated:
                return left
            raise self.refusal(what="expected a comparison")
        return (lambda row: None if (found := test(row)) is None else not found) if negated else test

    def word_test(self, left: Callable[[Row], Any]) -> Callable[[Row], bool | None] | None:
        if self.take("IS"):
            wanted = not self.take("NOT")
            self.expect("NULL")
            return lambda row: (left(row) is None) is wanted
        if self.take("IN"):
            self.expect("(")
            values = [self.literal()]
            while self.take(","):
                values.append(self.literal())
            self.expect(")")
            return _list_test(left, values)
        word = self.take("LIKE", "ILIKE", "MATCHES", "IMATCHES")
        if not word:
            return None
        right = self.operand()
        return lambda row: _pattern_test(word, left(row), right(row))

    def literal(self) -> Any:
        token = self.here
        self.at += 1
        if token.kind == "text":
            return token.text[1:-1].replace("''", "'")
        if token.kind == "number":
            return float(token.text) if "." in token.text else int(token.text)
        self.at -= 1
        raise self.refusal(what="expected a value")

    def operand(self) -> Callable[[Row], Any]:
        token = self.here
        if token.kind in {"text", "number"}:
            value = self.literal()
            return lambda _: value
        name = self.word("a value")
        if token.kind == "word" and self.take("("):
            return self.call(name.upper())
        return lambda row: row.get(name)

    def call(self, name: str) -> Callable[[Row], Any]:
        if name not in self.functions:
            self.at -= 2
            raise self.refusal(what=f"{name}() is no function that is read here")
        arguments = [self.operand()]
        while self.take(","):
            arguments.append(self.operand())
        self.expect(")")
        function = self.functions[name]

        def value(row: Row) -> Any:
            values = [argument(row) for argument in arguments]
            return None if None in values else function(*values)

        return value


def _tokens(text: str) -> Iterable[_Token]:
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            message = f"at {place}: what is this, found {text[place : place + 20]!r}"
            raise AqlError(message)
        kind = found.lastgroup or ""
        yield _Token(kind, found[kind], found.start(kind))
        place = found.end()


def _joined(tests: list[Callable[[Row], bool | None]], row: Row, *, decisive: bool) -> bool | None:
    unknown = False
    for test in tests:
        found = test(row)
        if found is decisive:
            return decisive
        unknown = unknown or found is None
    return None if unknown else not decisive


def _sign_test(
    sign: str, left: Callable[[Row], Any], right: Callable[[Row], Any]
) -> Callable[[Row], bool | None]:
    if sign in _ORDER:
        return lambda row: _ordered(sign, left(row), right(row))
    if sign == "=":
        return lambda row: _equal(left(row), right(row))
    return lambda row: None if (found := _equal(left(row), right(row))) is None else not found


def _list_test(left: Callable[[Row], Any], values: list[Any]) -> Callable[[Row], bool | None]:
    known = set(values) | {_text(value) for value in values}

    def test(row: Row) -> bool | None:
        value = left(row)
        if value is None:
            return None
        return value in known or _text(value) in known or any(_same_address(value, one) for one in known)

    return test
