"""The loop closes: what a plan finds and the check keeps is what the matcher picks from all rows.

500 patterns about synthetic rows on SQLite and on DuckDB, fewer on real servers; each comparison's
verdict is held to what the engine answers.
"""

import contextlib
import importlib.util
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.pattern import Comparator, Pattern, parse_pattern
from stix_shifter_utils.query import (
    CompilerOptions,
    DuckDbCompiler,
    MySqlCompiler,
    NativeQuery,
    PostgresCompiler,
    QueryPlan,
    SqlCompiler,
    SqliteCompiler,
    Verdict,
)
from stix_shifter_utils.testing import odd_rows
from stix_shifter_utils.testing.loop import ClosedLoop, LoopReport
from stix_shifter_utils.testing.patterns import Shape, generate_patterns
from stix_shifter_utils.testing.servers import DatabaseServer


def load(name: str) -> ModuleType:
    """A module beside this file: tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


wide_rows = load("wide_rows")

ROWS = odd_rows.make_rows(150, seed=11)
OPTIONS = CompilerOptions(time_range_min=None, result_limit=None)
TYPES = {
    "epoch_s": "DOUBLE PRECISION", "epoch_ms": "BIGINT", "text": "VARCHAR(300)", "integer": "BIGINT",
    "boolean": "BOOLEAN", "number": "DOUBLE PRECISION",
}  # fmt: skip
Found = list[dict[str, Any]]


@pytest.fixture(scope="module")
def loop() -> ClosedLoop:
    _, results = odd_rows.mappings()
    return ClosedLoop(ROWS, results, key=lambda row: row["_row"])


@pytest.fixture(scope="module")
def patterns(loop: ClosedLoop) -> list[Pattern]:
    return generate_patterns(loop.facts(), seed=11, count=500, shape=Shape(times=odd_rows.TIMES))


def planner(
    kind: type[SqlCompiler], searching: DialectMapping | None = None
) -> Callable[[Pattern], QueryPlan]:
    """Plans that ask for row numbers only, which is all that the loop needs to know."""

    class Numbers(kind):  # type: ignore[misc, valid-type]  # the dialect under test
        def select(self, table: str, where: str, limit: int | None) -> str:
            whole = str(super().select(table, where, limit))
            return whole.replace("SELECT *", f"SELECT {self.quote('_row')}", 1)

    made = Numbers(searching or odd_rows.mappings()[0], OPTIONS)
    return lambda pattern: made.compile(pattern, now=odd_rows.NOW, policy="widen")


def check(report: LoopReport) -> None:
    print(report)  # noqa: T201  the counts are part of what the test says
    assert not report.failures, str(report)
    assert report.share >= 0.4


def columns() -> str:
    return ", ".join(f"{name} {TYPES[kind]}" for name, kind in odd_rows.KINDS.items())


def numbers(found: list[tuple[int, ...]]) -> Found:
    return [{"_row": row[0]} for row in found]


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Callable[[NativeQuery], Found]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE ev (_row INTEGER, {', '.join(odd_rows.KINDS)})")
        marks = ", ".join("?" * len(ROWS[0]))
        connection.executemany(f"INSERT INTO ev VALUES ({marks})", [tuple(row.values()) for row in ROWS])
        yield lambda query: numbers(connection.execute(str(query.body)).fetchall())


@pytest.fixture(scope="module")
def duck() -> Iterator[Callable[[NativeQuery], Found]]:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE ev (_row INTEGER, {columns()})")
        marks = ", ".join("?" * len(ROWS[0]))
        connection.executemany(f"INSERT INTO ev VALUES ({marks})", [tuple(row.values()) for row in ROWS])
        yield lambda query: numbers(connection.execute(str(query.body)).fetchall())


def test_the_loop_closes_on_sqlite_and_every_verdict_holds(
    loop: ClosedLoop, patterns: list[Pattern], sqlite: Callable[[NativeQuery], Found]
) -> None:
    report = loop.run(patterns, planner(SqliteCompiler), sqlite)
    check(report)
    assert report.patterns == 500
    for comparator in Comparator:
        for negated in (False, True):
            assert report.comparators[comparator, negated] >= 10
    for verdict in Verdict:
        assert report.verdicts[verdict] >= 10


def test_the_loop_closes_on_duckdb(
    loop: ClosedLoop, patterns: list[Pattern], duck: Callable[[NativeQuery], Found]
) -> None:
    check(loop.run(patterns, planner(DuckDbCompiler), duck, audit=False))


def test_every_verdict_of_duckdb_holds(
    loop: ClosedLoop, patterns: list[Pattern], duck: Callable[[NativeQuery], Found]
) -> None:
    check(loop.run(patterns[:120], planner(DuckDbCompiler), duck))


@pytest.mark.engine
def test_the_loop_closes_on_mariadb(
    loop: ClosedLoop, patterns: list[Pattern], mariadb_server: DatabaseServer
) -> None:
    import pymysql

    server = mariadb_server
    with (
        contextlib.closing(pymysql.connect(**server.login(), charset="utf8mb4")) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"CREATE OR REPLACE TABLE ev (_row INT, {columns()}) COLLATE utf8mb4_general_ci")
        marks = ", ".join(["%s"] * len(ROWS[0]))
        cursor.executemany(f"INSERT INTO ev VALUES ({marks})", [tuple(row.values()) for row in ROWS])
        connection.commit()

        def run(query: NativeQuery) -> Found:
            cursor.execute(str(query.body))
            return numbers(list(cursor.fetchall()))

        check(loop.run(patterns[:200], planner(MySqlCompiler), run))


@pytest.mark.engine
def test_the_loop_closes_on_postgresql(
    loop: ClosedLoop, patterns: list[Pattern], postgresql_server: DatabaseServer
) -> None:
    import psycopg

    server = postgresql_server
    with psycopg.connect(**server.login()) as connection:
        connection.execute(f"CREATE TEMPORARY TABLE ev (_row INT, {columns()})")
        with connection.cursor() as cursor:
            marks = ", ".join(["%s"] * len(ROWS[0]))
            cursor.executemany(f"INSERT INTO ev VALUES ({marks})", [tuple(row.values()) for row in ROWS])

        def run(query: NativeQuery) -> Found:
            return numbers(connection.execute(str(query.body)).fetchall())

        check(loop.run(patterns[:200], planner(PostgresCompiler), run))


def test_a_loop_that_does_not_close_is_found(
    loop: ClosedLoop, sqlite: Callable[[NativeQuery], Found]
) -> None:
    """The loop itself can fail: on rows that are missed, and on rows too many."""
    plan = planner(SqliteCompiler)
    pattern = parse_pattern("[user-account:user_id = 'root']")
    missing = loop.run([pattern], plan, lambda query: sqlite(query)[1:])
    assert {failure.reason for failure in missing.failures} == {"rows are missed"}
    many = loop.run([pattern], plan, lambda query: numbers([(row["_row"],) for row in ROWS]))
    assert {failure.reason for failure in many.failures} == {"rows are too many"}


@pytest.mark.parametrize(("seed", "version"), [(5, "2.1"), (10, "2.1"), (12, "2.0")])
def test_the_loop_closes_for_every_property_with_values_that_fit_and_that_do_not(
    seed: int, version: str
) -> None:
    world = wide_rows.World(seed, 60, version)
    loop = ClosedLoop(world.rows, world.results, key=lambda row: row["_row"])
    with duckdb.connect() as connection:
        types = ", ".join(f'"{name}" {kind}' for name, kind in world.columns.items())
        connection.execute(f"CREATE TABLE ev (_row INTEGER, {types})")
        marks = ", ".join("?" * (len(world.columns) + 1))
        names = ["_row", *world.columns]
        connection.executemany(
            f"INSERT INTO ev VALUES ({marks})", [[row[name] for name in names] for row in world.rows]
        )
        made = generate_patterns(loop.facts(), seed=seed, count=100, shape=Shape())
        plan = planner(DuckDbCompiler, world.searching)
        check(loop.run(made, plan, lambda query: numbers(connection.execute(str(query.body)).fetchall())))
