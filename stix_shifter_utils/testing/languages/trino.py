"""Trino's SELECT, read strictly by sqlglot and evaluated by DuckDB over rows with structures.

Only what conditions and flat columns are made of is read: one SELECT over one table or one subquery, known
functions, lambdas, casts. Anything else is refused with Trino's name for the error, so nothing injected can
pass. Differences that stay: DuckDB's regular expressions are RE2's, and it compares text with numbers, which
Trino refuses; the syntax is held to Trino's own grammar elsewhere, by the parser that its makers use.

Trino documentation 470: "SELECT", "Lambda expressions", "Array functions", "JSON functions", "IP address".
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HIVE = {
    "string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER", "double": "DOUBLE", "boolean": "BOOLEAN",
    "date": "DATE", "timestamp": "TIMESTAMP",
}  # fmt: skip
SHOWN = {"VARCHAR": "varchar", "BIGINT": "bigint", "DOUBLE": "double", "BOOLEAN": "boolean", "JSON": "json"}
FUNCTIONS = frozenset({"any_match", "to_utf8", "split_part", "chr", "contains"})
NODES: Final = (
    "Select",
    "From",
    "Where",
    "Limit",
    "Subquery",
    "TableAlias",
    "Alias",
    "Table",
    "Column",
    "Identifier",
    "Star",
    "Literal",
    "Boolean",
    "Null",
    "Paren",
    "And",
    "Or",
    "Not",
    "EQ",
    "NEQ",
    "GT",
    "GTE",
    "LT",
    "LTE",
    "Is",
    "In",
    "Between",
    "Like",
    "Escape",
    "Case",
    "If",
    "Cast",
    "TryCast",
    "DataType",
    "DataTypeParam",
    "DPipe",
    "Add",
    "Mul",
    "Neg",
    "Lower",
    "Length",
    "Coalesce",
    "Nullif",
    "RegexpLike",
    "RegexpExtract",
    "SplitPart",
    "Chr",
    "Encode",
    "JSONExtract",
    "JSONExtractScalar",
    "JSONPath",
    "JSONPathRoot",
    "JSONPathKey",
    "Transform",
    "Filter",
    "ArrayFilter",
    "Lambda",
    "Dot",
    "Bracket",
    "ArrayContains",
    "Anonymous",
    "Tuple",
)  # fmt: skip  what conditions and flat columns are made of
PLAIN: Final = tuple(getattr(exp, name) for name in NODES)
_OVER_SUBQUERY: Final = re.compile(r"(SELECT .*? FROM )\((SELECT .*?)\)( AS found WHERE .*)", re.DOTALL)
SYNTAX, COLUMN, TABLE, TYPE = "SYNTAX_ERROR", "COLUMN_NOT_FOUND", "TABLE_NOT_FOUND", "TYPE_MISMATCH"


class TrinoError(Exception):
    """A query that Trino refuses; `name` is what it calls the error, such as COLUMN_NOT_FOUND."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


@dataclass(frozen=True)
class Table:
    """Columns with their Hive types, and rows as nested values."""

    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Answer:
    """Names and Trino types of the columns, and rows of values."""

    columns: list[tuple[str, str]]
    rows: list[tuple[Any, ...]]


@dataclass
class Trino:
    """Tables by their names (`database.table`), loaded into DuckDB when they are first asked."""

    tables: Mapping[str, Table]
    engine: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    texts: dict[str, frozenset[str]] = field(default_factory=dict)
    subqueries: dict[str, str] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)

    def run(self, sql: str) -> Answer:
        """The rows of a SELECT. Raises TrinoError."""
        if whole := _OVER_SUBQUERY.fullmatch(sql):
            head, kept = self._columns(whole[1]), self._kept(whole[2])
            rest = f'SELECT "found" FROM {kept}{whole[3]}'  # noqa: S608  it is read strictly
            found = self._execute(read_trino(rest), head=head)
        else:
            found = self._execute(read_trino(sql))
        columns = [
            (str(each[0]), SHOWN.get(str(each[1]), str(each[1]).lower())) for each in found.description
        ]
        return Answer(columns, found.fetchall())

    def _kept(self, inner: str) -> str:
        """The table that a subquery, which stands in brackets, was put into when it first came."""
        if inner not in self.subqueries:
            name = f'"kept"."q{len(self.subqueries)}"'
            self.engine.execute('CREATE SCHEMA IF NOT EXISTS "kept"')
            self._execute(read_trino(inner), f"CREATE TABLE {name} AS ")
            self.subqueries[inner] = name
        return self.subqueries[inner]

    def _columns(self, head: str) -> str:
        """`SELECT …` up to FROM in the engine's words, read when it first came."""
        if head not in self.heads:
            self.heads[head] = read_trino(f'{head}"d"."t"').sql("duckdb").removesuffix(' FROM "d"."t"')
        return self.heads[head]

    def _execute(self, tree: exp.Select, before: str = "", head: str = "") -> duckdb.DuckDBPyConnection:
        self._load(name_of(tree))
        translated = tree.transform(self._in_words_of_the_engine).sql("duckdb")
        if head:
            translated = head + translated.removeprefix('SELECT "found"')
        try:
            return self.engine.execute(before + translated)
        except duckdb.BinderException as error:
            raise TrinoError(COLUMN, str(error)) from error
        except duckdb.Error as error:
            raise TrinoError(TYPE, str(error)) from error

    def _load(self, name: str) -> None:
        if name in self.texts or name.startswith("kept."):
            return
        if name not in self.tables:
            message = f"Table 'awsdatacatalog.{name}' does not exist"
            raise TrinoError(TABLE, message)
        table = self.tables[name]
        schema, _, plain = name.partition(".")
        columns = ", ".join(f'"{column}" {duck_type(kind)}' for column, kind in table.columns.items())
        self.engine.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        self.engine.execute(f'CREATE TABLE "{schema}"."{plain}" ({columns})')
        rows = [
            [fitted(row.get(column), kind) for column, kind in table.columns.items()] for row in table.rows
        ]
        marks = ", ".join("?" for _ in table.columns)
        for row in rows:
            self.engine.execute(f'INSERT INTO "{schema}"."{plain}" VALUES ({marks})', row)  # noqa: S608  ours
        self.texts[name] = frozenset(texts_in(list(table.rows)))

    def _in_words_of_the_engine(self, node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Anonymous) and node.name.lower() == "any_match":
            each = exp.Transform(this=node.expressions[0].copy(), expression=node.expressions[1].copy())
            inner = each.transform(self._in_words_of_the_engine)
            return exp.Anonymous(this="list_bool_or", expressions=[inner])
        if isinstance(node, exp.Length) and isinstance(node.this, exp.Encode):
            return exp.Anonymous(this="octet_length", expressions=[node.this.copy()])
        if isinstance(node, exp.ArrayContains) and isinstance(node.this, exp.Literal):
            return self._in_block(node)
        return node

    def _in_block(self, node: exp.ArrayContains) -> exp.Expression:
        """`contains('net', TRY_CAST(x AS IPADDRESS))`, decided here for every text that the rows hold."""
        block = ipaddress.ip_network(node.this.this)
        text = node.expression.this.copy()
        inside = [
            exp.Literal.string(each) for found in self.texts.values() for each in found if is_in(each, block)
        ]
        return exp.In(this=text, expressions=inside or [exp.Literal.string("")])


def read_trino(sql: str) -> exp.Select:
    """The tree of one SELECT. Raises TrinoError for anything else, or anything unknown in it."""
    try:
        trees = sqlglot.parse(sql, read="trino", error_level=sqlglot.ErrorLevel.RAISE)
    except (SqlglotError, RecursionError) as error:
        raise TrinoError(SYNTAX, str(error)) from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Select):
        message = "one SELECT is expected"
        raise TrinoError(SYNTAX, message)
    for node in trees[0].walk():
        is_known = isinstance(node, PLAIN) and not node.comments
        if isinstance(node, exp.Anonymous):
            is_known = node.name.lower() in FUNCTIONS
        if not is_known:
            message = f"{type(node).__name__} is not expected: {node.sql()[:80]}"
            raise TrinoError(SYNTAX, message)
    name_of(trees[0])
    return trees[0]


def name_of(tree: exp.Select) -> str:
    """The one table that is asked."""
    names = [f"{table.db}.{table.name}" for table in tree.find_all(exp.Table)]
    if len(names) != 1:
        message = f"one table is expected, not {names}"
        raise TrinoError(SYNTAX, message)
    return names[0]


def outside_trino(condition: str) -> str:
    """The words of a condition without its text literals. Raises TrinoError for comments and broken text."""
    try:
        words = sqlglot.tokenize(condition, read="trino")
    except SqlglotError as error:
        raise TrinoError(SYNTAX, str(error)) from error
    if any(word.comments for word in words):
        message = "a comment is not expected"
        raise TrinoError(SYNTAX, message)
    return " ".join(word.text for word in words if word.token_type.name != "STRING")


def duck_type(hive: str) -> str:
    """`array<struct<ip:string>>` as `STRUCT("ip" VARCHAR)[]`."""
    if hive.startswith("array<"):
        return f"{duck_type(hive[6:-1])}[]"
    if hive.startswith("struct<"):
        inner = [f'"{name}" {duck_type(kind)}' for name, kind in members(hive)]
        return f"STRUCT({', '.join(inner)})"
    return HIVE[hive]


def members(hive: str) -> Iterator[tuple[str, str]]:
    """The names and types of a structure."""
    depth = start = 0
    inner = hive[7:-1] + ","
    for place, letter in enumerate(inner):
        depth += {"<": 1, ">": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            name, _, kind = inner[start:place].partition(":")
            yield name, kind
            start = place + 1


def fitted(value: Any, hive: str) -> Any:
    """A value with every member of its type; what does not fit is NULL, as for a reader of files."""
    if value is None:
        return None
    if hive.startswith("array<"):
        return [fitted(each, hive[6:-1]) for each in value] if isinstance(value, list) else None
    if hive.startswith("struct<"):
        whole = value if isinstance(value, dict) else {}
        lower = {name.lower(): each for name, each in whole.items()}
        return {name: fitted(lower.get(name), kind) for name, kind in members(hive)}
    if hive == "string":
        return value if isinstance(value, str) else json.dumps(value)
    if hive in {"bigint", "int", "double"} and not isinstance(value, (int, float)):
        return None
    return int(value) if hive in {"bigint", "int"} else value


def texts_in(value: Any) -> Iterator[str]:
    """Every text in some values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts_in(list(value.values()))
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)


def is_in(text: str, block: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    """Whether a text is an address in a block."""
    try:
        return ipaddress.ip_address(text) in block
    except ValueError:
        return False
