"""10,000 hostile values through each SQL dialect: the engine finds just the rows that hold a value.

MySQL itself is not to be had here: MariaDB stands for it, and differs in regular expressions and default
collation. Trino is parsed by sqlglot's reader of its dialect and evaluated by DuckDB.
"""

import contextlib
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone

import duckdb
import pytest
import sqlglot

from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.pattern import Comparator, Comparison, Observation, Pattern, comparison_or, parse_path
from stix_shifter_utils.query import (
    CompilerOptions,
    DuckDbCompiler,
    MySqlCompiler,
    PostgresCompiler,
    SqlCompiler,
    SqliteCompiler,
    TrinoCompiler,
    Verdict,
)
from stix_shifter_utils.testing.hostile import hostile_values
from stix_shifter_utils.testing.servers import DatabaseServer

COUNT = 10_000
BATCH = 250
PATH = parse_path("x-test:name")
NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
PIECES = [
    *("'", "''", '"', "`", "\\", "\\\\", "\\'", "%", "_", "*", "?", "[", "]", "^", "!", "$", "|", "(", ")"),
    *("{", "}", "--", "/*", "*/", "#", ";", "//", "\\n", "\\0", "\\x27", "\\u0027", "%s", ":1", "?1", "@a"),
    *("E'", "U&'", "X'", "\n", "\r", "\t", "\x01", "\x08", "\x1a", "\x1b", "\x1f", "\x7f", "\x00", " ", "  "),
    *("\u00a0", "\u2028", "é", "e\u0301", "ß", "\u0130", "\u0131", "\u212a", "\u017f", "Σ", "ς", "日本"),
    *("\U0001f600", "\u202e", "\ufeff", "\u2019", "a", "A", "b", "0", "1", "NULL", "TRUE", " OR 1=1"),
    *("' OR '1'='1", "'; DROP TABLE t; --", "\\' OR 1=1 -- "),
]


def make_values(count: int, seed: int) -> list[str]:
    """Values, all different, many of them alike but for case, accents, normal form or blanks at the end."""
    chance = random.Random(seed)
    found: dict[str, None] = dict.fromkeys(hostile_values())
    while len(found) < count:
        value = "".join(chance.choice(PIECES) for _ in range(chance.choice([1, 1, 2, 2, 3, 4, 6])))
        for twin in (value, value.swapcase(), value + " ", "\\" + value, value + "'"):
            found.setdefault(twin)
    return list(found)[:count]


VALUES = make_values(COUNT, 20240101)
Find = Callable[[str], list[int]]


def compiler(kind: type[SqlCompiler]) -> SqlCompiler:
    mapping = DialectMapping.of(
        to_stix={"name": {"key": "x-test.name", "object": "t"}},
        fields={"table": "t", "fields": {"name": "text"}},
    )
    return kind(mapping, CompilerOptions(time_range_min=None, result_limit=None))


def ask(made: SqlCompiler, pattern: Pattern) -> tuple[str, bool]:
    plan = made.compile(pattern, now=NOW)
    (query,) = plan.queries
    return str(query.body), all(one.verdict is Verdict.EXACT for one in plan.verdicts)


def check_in_lists(made: SqlCompiler, find: Find, held: Sequence[str]) -> None:
    """Lists of values, in another order than the rows, with values that no row holds among them."""
    place = {value: number for number, value in enumerate(held)}
    shuffled = [*VALUES, *(value + "\\" for value in VALUES[:500]), "\ud800", "a\udfff'"]
    random.Random(7).shuffle(shuffled)
    for start in range(0, len(shuffled), BATCH):
        batch = shuffled[start : start + BATCH]
        pattern = Pattern(Observation(Comparison(PATH, Comparator.IN, tuple(batch))))
        query, exact = ask(made, pattern)
        wanted = sorted(place[value] for value in batch if value in place)
        assert sorted(find(query)) == wanted
        assert exact


def check_single(made: SqlCompiler, find: Find, held: Sequence[str]) -> None:
    """`=`, and its opposite: every row but one (empty text is no value)."""
    for number in random.Random(3).sample(range(len(held)), 60):
        query, exact = ask(made, Pattern(Observation(Comparison(PATH, Comparator.EQUAL, held[number]))))
        assert (find(query), exact) == ([number], True)
    others = {number for number, value in enumerate(held) if value}
    for number in random.Random(4).sample(range(len(held)), 4):
        query, _ = ask(made, Pattern(Observation(Comparison(PATH, Comparator.NOT_EQUAL, held[number]))))
        assert set(find(query)) == others - {number}


def check_like(made: SqlCompiler, find: Find, held: Sequence[str], *, ends_at_nul: bool = False) -> None:
    """A LIKE without wildcards finds the row of that text: nothing else in it is a wildcard.

    SQLite compares text up to U+0000 only, so rows that hold one may come too.
    """
    place = {value: number for number, value in enumerate(held)}
    wild = {"%", "_", "\0"} if ends_at_nul else {"%", "_"}
    literal = [value for value in held if not set(value) & wild and nfc(value)]
    chosen = random.Random(5).sample(literal, 400)
    for start in range(0, len(chosen), 50):
        batch = chosen[start : start + 50]
        operands = [Comparison(PATH, Comparator.LIKE, value) for value in batch]
        query, _ = ask(made, Pattern(Observation(comparison_or(operands))))
        found = [number for number in find(query) if not (ends_at_nul and "\0" in held[number])]
        assert sorted(found) == sorted(place[value] for value in batch)


def nfc(value: str) -> bool:
    import unicodedata

    return unicodedata.is_normalized("NFC", value)


def check_order(made: SqlCompiler, find: Find, held: Sequence[str]) -> None:
    """Order is by code points."""
    for value in random.Random(6).sample(list(held), 4):
        query, _ = ask(made, Pattern(Observation(Comparison(PATH, Comparator.LESS_THAN, value))))
        wanted = {number for number, each in enumerate(held) if each and each < value}
        assert set(find(query)) == wanted


def check_all(made: SqlCompiler, find: Find, held: Sequence[str], *, ends_at_nul: bool = False) -> None:
    check_in_lists(made, find, held)
    check_single(made, find, held)
    check_like(made, find, held, ends_at_nul=ends_at_nul)
    check_order(made, find, held)


def without_nul(values: Sequence[str]) -> list[str]:
    """What PostgreSQL can hold."""
    return [value for value in values if "\0" not in value]


def test_the_values_are_many_and_hostile() -> None:
    assert len(set(VALUES)) == COUNT
    for piece in ("'", "\\", "%", "_", "--", "/*", "\x00", "\n", "\u212a", "\U0001f600"):
        assert sum(piece in value for value in VALUES) > 50


def test_sqlite_finds_just_the_rows_that_hold_a_value() -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (number INTEGER, name TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", enumerate(VALUES))
        check_all(
            compiler(SqliteCompiler),
            lambda query: [row[0] for row in connection.execute(query)],
            VALUES,
            ends_at_nul=True,
        )


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (number INTEGER, name VARCHAR)")
        connection.execute(
            "INSERT INTO t SELECT unnest(range(len($1))), unnest($1)",
            [VALUES],
        )
        yield connection


def test_duckdb_finds_just_the_rows_that_hold_a_value(duck: duckdb.DuckDBPyConnection) -> None:
    check_all(
        compiler(DuckDbCompiler), lambda query: [row[0] for row in duck.execute(query).fetchall()], VALUES
    )


def test_trino_finds_just_the_rows_that_hold_a_value(duck: duckdb.DuckDBPyConnection) -> None:
    def find(query: str) -> list[int]:
        (translated,) = sqlglot.transpile(query, read="trino", write="duckdb")
        return [row[0] for row in duck.execute(translated).fetchall()]

    made = compiler(TrinoCompiler)
    check_in_lists(made, find, VALUES)
    check_single(made, find, VALUES)
    check_like(made, find, VALUES)


@pytest.mark.engine
def test_mariadb_finds_just_the_rows_that_hold_a_value(mariadb_server: DatabaseServer) -> None:
    import pymysql

    server = mariadb_server
    with (
        contextlib.closing(pymysql.connect(**server.login(), charset="utf8mb4")) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE OR REPLACE TABLE t (number INT, name VARCHAR(200)) COLLATE utf8mb4_general_ci")
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", list(enumerate(VALUES)))
        connection.commit()

        def find(query: str) -> list[int]:
            cursor.execute(query)
            return [row[0] for row in cursor.fetchall()]

        check_all(compiler(MySqlCompiler), find, VALUES)


@pytest.mark.engine
def test_postgresql_finds_just_the_rows_that_hold_a_value(postgresql_server: DatabaseServer) -> None:
    import psycopg

    server, held = postgresql_server, without_nul(VALUES)
    with psycopg.connect(**server.login()) as connection:
        connection.execute("CREATE TEMPORARY TABLE t (number INT, name TEXT)")
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            for row in enumerate(held):
                copy.write_row(row)
        for conforming in ("on", "off"):
            connection.execute(f"SET standard_conforming_strings = {conforming}")
            connection.execute("SET escape_string_warning = off")
            check_all(
                compiler(PostgresCompiler),
                lambda query: [row[0] for row in connection.execute(query).fetchall()],
                held,
            )
