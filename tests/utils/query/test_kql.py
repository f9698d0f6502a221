"""KQL: what is written is read back strictly, closes the loop, and holds hostile values in literals."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.pattern import Comparator, Comparison, Observation, Pattern, parse_path, parse_pattern
from stix_shifter_utils.query import CompilerOptions, KqlCompiler, NativeQuery, Verdict
from stix_shifter_utils.testing import odd_rows
from stix_shifter_utils.testing.hostile import hostile_values
from stix_shifter_utils.testing.languages.kql import KqlError, read_kql, text_of, tokens_of
from stix_shifter_utils.testing.loop import ClosedLoop
from stix_shifter_utils.testing.patterns import Shape, generate_patterns


def load(name: str) -> ModuleType:
    """A module beside this file: tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hostile = load("test_sql_hostile_values")
TYPES = {
    "epoch_s": "real",
    "epoch_ms": "long",
    "text": "string",
    "integer": "long",
    "boolean": "bool",
    "number": "real",
}
SCHEMA = {"_row": "long", **{name: TYPES[kind] for name, kind in odd_rows.KINDS.items()}}
ROWS = [  # text has no null there
    {name: "" if value is None and SCHEMA[name] == "string" else value for name, value in row.items()}
    for row in odd_rows.make_rows(150, seed=11)
]
OPTIONS = CompilerOptions(time_range_min=None, result_limit=None)


def test_the_loop_closes_and_every_verdict_holds() -> None:
    searching, results = odd_rows.mappings()
    loop = ClosedLoop(ROWS, results, key=lambda row: row["_row"])
    patterns = generate_patterns(loop.facts(), seed=11, count=200, shape=Shape(times=odd_rows.TIMES))
    made = KqlCompiler(searching, OPTIONS)

    def run(query: NativeQuery) -> Any:
        return read_kql(str(query.body), {"ev": SCHEMA}).run(ROWS)

    report = loop.run(patterns, lambda pattern: made.compile(pattern, now=odd_rows.NOW, policy="widen"), run)
    assert not report.failures, str(report)
    assert report.share >= 0.4
    for verdict in Verdict:
        assert report.verdicts[verdict] >= 5


# Literals.


def written(value: str) -> str | None:
    return KqlCompiler(MAPPING, OPTIONS).text(value)


MAPPING = DialectMapping.of(
    to_stix={"name": {"key": "x-test.name", "object": "t"}},
    fields={"table": "t", "fields": {"name": "text"}},
)
VALUES = [value for value in hostile.make_values(10_001, 20240103) if value][:10_000]


def test_ten_thousand_hostile_values_are_one_literal_each_and_read_back() -> None:
    assert len(set(VALUES)) == 10_000
    for value in VALUES:
        literal = written(value)
        assert literal is not None
        (token,) = tokens_of(literal)
        assert text_of(token.text) == value


def test_lists_of_hostile_values_find_just_the_rows_that_hold_them() -> None:
    rows = [{"name": value} for value in VALUES]
    made = KqlCompiler(MAPPING, OPTIONS)
    for start in range(0, len(VALUES), 500):
        chosen = tuple(VALUES[start : start + 500])
        pattern = Pattern(Observation(Comparison(parse_path("x-test:name"), Comparator.IN, chosen)))
        (query,) = made.compile(pattern, now=odd_rows.NOW).queries
        found = read_kql(str(query.body), {"t": {"name": "string"}}).run(rows)
        assert [row["name"] for row in found] == list(chosen)


@pytest.mark.parametrize(
    "comparator",
    [Comparator.LIKE, Comparator.MATCHES, Comparator.EQUAL, Comparator.NOT_EQUAL, Comparator.LESS_THAN],
)
def test_no_hostile_value_changes_the_shape_of_a_query(comparator: Comparator) -> None:
    made = KqlCompiler(MAPPING, OPTIONS)
    shapes = set()
    for value in [*filter(None, hostile_values()), *VALUES[:300]]:
        pattern = Pattern(Observation(Comparison(parse_path("x-test:name"), comparator, value)))
        for query in made.compile(pattern, now=odd_rows.NOW).queries:
            tokens = tokens_of(str(query.body))
            shapes.add(" ".join("T" if token.kind == "text" else token.text for token in tokens))
    assert 1 <= len(shapes) <= 6, shapes


# What is refused.


@pytest.mark.parametrize(
    "query",
    [
        "t | where name == 'a' | extend x = 1",
        "t | where name == 'a' | union other",
        "t | where name == 'a\n'; .drop table t",
        "t | where nobody == 'a'",
        "other | where name == 'a'",
        "t | where name == 'a' 'b'",
        "t | where name < 'a'",
        "t | where name",
        "t | where name == 'a'' or true",
        "t | where name == 'a\\q'",
        "t // comment",
        "t | where (name == 'a'",
    ],
)
def test_anything_else_is_refused_with_its_place(query: str) -> None:
    with pytest.raises(KqlError, match="at character"):
        read_kql(query, {"t": {"name": "string"}})


# How it is written.


@pytest.mark.parametrize(
    ("comparison", "query"),
    [
        ("x-test:name = 'a'", "t | where name == 'a'"),
        ("x-test:name != 'a'", "t | where (isnotnull(name) and name !in ('', 'a'))"),
        ("x-test:name IN ('a', 'b')", "t | where name in ('a', 'b')"),
        ("x-test:name LIKE 'a%'", "t | where name startswith_cs 'a'"),
        ("x-test:name LIKE '%a'", "t | where name endswith_cs 'a'"),
        ("x-test:name LIKE '%a%'", "t | where name contains_cs 'a'"),
        ("x-test:name NOT LIKE '%a%'", "t | where isnotempty(name) and not(name contains_cs 'a')"),
        ("x-test:name LIKE 'a_b.%'", r"t | where name matches regex '(?s)^a.b\\..*\\z'"),
        ("x-test:name > 'a'", "t | where strcmp(name, 'a') > 0"),
        ("EXISTS x-test:name", "t | where isnotempty(name)"),
    ],
)
def test_comparisons_are_written_in_its_words(comparison: str, query: str) -> None:
    plan = KqlCompiler(MAPPING, OPTIONS).compile(parse_pattern(f"[{comparison}]"), now=odd_rows.NOW)
    assert [one.body for one in plan.queries] == [query]


def test_windows_limits_and_property_bags() -> None:
    mapping = DialectMapping.of(
        to_stix={
            "Bag": {
                "inner name": {"key": "x-test.name", "object": "t"},
                "n": {"key": "x-test.n", "object": "t"},
            },
            "At": [{"key": "first_observed"}, {"key": "last_observed"}],
        },
        fields={
            "table": "My-Table",
            "time": "At",
            "fields": {"Bag.inner name": "text", "Bag.n": "integer", "At": "timestamp"},
        },
    )
    pattern = (
        "[x-test:name = 'a' AND x-test:n > 3] START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
    )
    plan = KqlCompiler(mapping, CompilerOptions(result_limit=7)).compile(
        parse_pattern(pattern), now=odd_rows.NOW
    )
    (query,) = plan.queries
    assert query.body == (
        "['My-Table'] | where tostring(Bag['inner name']) == 'a' and tolong(Bag['n']) > 3 "
        "and At >= datetime(2024-01-01T00:00:00.000000Z) "
        "and At < datetime(2024-01-02T00:00:00.000000Z) | take 7"
    )
    schema = {"My-Table": {"Bag": "dynamic", "At": "datetime"}}
    rows = [{"Bag": {"inner name": "a", "n": n}, "At": "2024-01-01T05:00:00Z"} for n in (3, 4)]
    assert read_kql(str(query.body), schema).run(rows) == rows[1:]
