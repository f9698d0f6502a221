"""Deep and long patterns: translated at the default recursion limit, by a caller that is deep already."""

import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TypeVar

import pytest

from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    ComparisonExpression,
    Observation,
    Pattern,
    comparison_and,
    comparison_or,
    parse_path,
    parse_pattern,
)
from stix_shifter_utils.query import (
    Capabilities,
    CompilerOptions,
    DuckDbCompiler,
    MySqlCompiler,
    Policy,
    SqlCompiler,
    SqliteCompiler,
    Verdict,
)

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
MAPPING = DialectMapping.of(
    to_stix={
        "name": {"key": "x-test.name", "object": "t"},
        "size": {"key": "x-test.size", "object": "t"},
    },
    fields={"table": "t", "fields": {"name": "text", "size": "integer"}},
)
OPTIONS = CompilerOptions(time_range_min=None, result_limit=None)
T = TypeVar("T")


def deeper(frames: int, do: Callable[[], T]) -> T:
    return do() if frames == 0 else deeper(frames - 1, do)


def nested(depth: int) -> Pattern:
    """(((a = 0 AND b = 1) OR a = 2) AND ...): as many brackets as its depth."""
    name, size = parse_path("x-test:name"), parse_path("x-test:size")
    expression: ComparisonExpression = Comparison(name, Comparator.EQUAL, "0")
    for level in range(depth):
        join = comparison_and if level % 2 else comparison_or
        expression = join([expression, Comparison(size, Comparator.NOT_EQUAL, level)])
    return Pattern(Observation(expression))


@pytest.mark.parametrize("policy", ["prune", "widen"])
@pytest.mark.parametrize("kind", [DuckDbCompiler, MySqlCompiler, SqliteCompiler])
def test_300_brackets_are_translated_far_down_the_stack(kind: type[SqlCompiler], policy: Policy) -> None:
    assert sys.getrecursionlimit() == 1000
    pattern = nested(300)
    plan = deeper(300, lambda: kind(MAPPING, OPTIONS).compile(pattern, now=NOW, policy=policy))
    (query,) = plan.queries
    assert str(query.body).count("(") >= 149  # AND binds tighter: only an OR below it needs brackets
    assert len(plan.verdicts) == 301


def test_300_brackets_are_divided_too() -> None:
    made = DuckDbCompiler(MAPPING, OPTIONS, Capabilities(max_length=2000))
    plan = deeper(200, lambda: made.compile(nested(300), now=NOW))
    assert plan.verdicts


def test_100000_comparisons_become_one_query() -> None:
    operands = " OR ".join(f"x-test:name = 'v{number}'" for number in range(100_000))
    plan = DuckDbCompiler(MAPPING, OPTIONS).compile(parse_pattern(f"[{operands}]"), now=NOW)
    (query,) = plan.queries
    assert str(query.body).count("'v") == 100_000
    assert {one.verdict for one in plan.verdicts} == {Verdict.EXACT}
    assert len(plan.verdicts) == 100_000


def test_long_rows_of_or_stay_shallow_for_engines_that_bound_depth() -> None:
    import sqlite3

    operands = " OR ".join(f"x-test:size > {number}" for number in range(20_000))
    (query,) = SqliteCompiler(MAPPING, OPTIONS).compile(parse_pattern(f"[{operands}]"), now=NOW).queries
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (name TEXT, size INTEGER)")
    connection.execute("INSERT INTO t VALUES ('a', 7), ('b', -1)")
    assert connection.execute(str(query.body)).fetchall() == [("a", 7)]
    connection.close()
