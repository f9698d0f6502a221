"""AQL as it is written, and as a strict reader reads it back: hostile values stay in their literals."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from typing import Any

import pytest

from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.pattern import Comparator, Comparison, Observation, Pattern, parse_path, parse_pattern
from stix_shifter_utils.query import AqlCompiler, CompilerOptions, Policy
from stix_shifter_utils.testing.hostile import MARKER, hostile_values, many_hostile_values, outside_literals
from stix_shifter_utils.testing.languages.aql import AqlError, read_aql, run_aql

NOW = datetime(2024, 1, 2, tzinfo=timezone.utc)
WINDOW = " START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
FIELDS = {"name": "text", "file name": "text", "sourceip": "ip", "port": "integer", "starttime": "epoch_ms"}
TO_STIX: dict[str, Any] = {
    "name": {"key": "x-test.name", "object": "t"},
    "file name": {"key": "x-test.file", "object": "t"},
    "sourceip": {"key": "ipv4-addr.value", "object": "s"},
    "port": {"key": "x-test.port", "object": "t"},
}


def compiler(**options: Any) -> AqlCompiler:
    fields = {"table": "events", "time": "starttime", "fields": FIELDS}
    return AqlCompiler(
        DialectMapping.of(to_stix=TO_STIX, fields=fields), CompilerOptions(**{"result_limit": 100, **options})
    )


def written(pattern: str, policy: Policy = "prune", **options: Any) -> str:
    (query,) = compiler(**options).compile(parse_pattern(pattern), now=NOW, policy=policy).queries
    return str(query.body)


HEAD = "SELECT * FROM events WHERE "
TAIL = (
    " AND starttime >= 1704067200000 AND starttime < 1704153600000 LIMIT 100"
    " START 1704067200000 STOP 1704153600000"
)


@pytest.mark.parametrize(
    ("comparison", "condition"),
    [
        ("x-test:name = 'it\\'s'", "name = 'it''s'"),
        ("x-test:file = 'a'", "\"file name\" = 'a'"),
        ("x-test:name IN ('a', 'b')", "name IN ('a', 'b')"),
        ("x-test:name NOT IN ('a', 'b')", "(name IS NOT NULL AND NOT (name IN ('', 'a', 'b')))"),
        ("x-test:name LIKE 'a%'", "name LIKE 'a%'"),
        ("x-test:name MATCHES 'a.c'", "name MATCHES '(?s).*(?:a.c).*'"),
        ("x-test:port > 1024", "port > 1024"),
        ("ipv4-addr:value = '10.0.0.1'", "sourceip = '10.0.0.1'"),
        ("ipv4-addr:value ISSUBSET '10.1.2.3/16'", "INCIDR('10.1.0.0/16', sourceip)"),
    ],
)
def test_conditions_are_written_in_the_languages_own_words(comparison: str, condition: str) -> None:
    assert written(f"[{comparison}]{WINDOW}") == HEAD + condition + TAIL


def test_without_a_window_the_whole_time_is_named() -> None:
    assert written("[x-test:port = 1]", time_range_min=None, result_limit=None) == f"{HEAD}port = 1 START 0"


VALUES = many_hostile_values(10_000, seed=20240102)
ROWS = [{"_number": number, "name": value, "starttime": 1} for number, value in enumerate(VALUES)]


def test_ten_thousand_hostile_values_find_the_rows_that_hold_them_and_no_others() -> None:
    order = list(VALUES)
    random.Random(8).shuffle(order)
    made = compiler(time_range_min=None, result_limit=None)
    tried = 0
    for at in range(0, len(order), 250):
        batch = order[at : at + 250]
        pattern = Pattern(Observation(Comparison(parse_path("x-test:name"), Comparator.IN, tuple(batch))))
        (query,) = made.compile(pattern, now=NOW).queries
        wanted = {value for value in batch if "\0" not in value}  # which no literal of AQL can hold
        found = run_aql(str(query.body), {"events": ROWS if at % 2500 == 0 else ROWS[:500]})
        known = wanted if at % 2500 == 0 else wanted & set(VALUES[:500])
        assert {row["name"] for row in found} == known
        assert MARKER not in outside_literals(query.body)
        tried += len(batch)
    assert tried == 10_000


@pytest.mark.parametrize(
    "comparator", [Comparator.EQUAL, Comparator.NOT_EQUAL, Comparator.LIKE, Comparator.MATCHES]
)
@pytest.mark.parametrize("policy", ["prune", "widen"])
def test_no_value_ends_its_literal_whatever_the_comparator(comparator: Comparator, policy: Policy) -> None:
    made = compiler(time_range_min=None, result_limit=None)
    for value in [*hostile_values(), *VALUES[:: 5 if comparator is Comparator.EQUAL else 25]]:
        pattern = Pattern(Observation(Comparison(parse_path("x-test:name"), comparator, value)))
        for query in made.compile(pattern, now=NOW, policy=policy).queries:
            assert read_aql(str(query.body)).table == "events"
            assert MARKER not in outside_literals(query.body)


def test_a_name_that_could_end_its_quotes_is_no_column() -> None:
    hostile = 'a" = 1 OR "b'
    mapping = DialectMapping.of(
        to_stix={hostile: {"key": "x-test.name", "object": "t"}}, fields={"fields": {hostile: "text"}}
    )
    plan = AqlCompiler(mapping).compile(parse_pattern("[x-test:name = 'a']"), now=NOW)
    assert plan.queries == ()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM events; DELETE",
        "DELETE FROM events",
        "SELECT * FROM events WHERE a = 'b",
        "SELECT * FROM events WHERE (a = 1",
        "SELECT * FROM events WHERE a = 1 -- x",
        "SELECT * FROM events WHERE a = (SELECT b FROM c)",
        "SELECT * FROM events WHERE SLEEP(1) = 1",
        "SELECT * FROM events WHERE a",
        "SELECT * FROM events WHERE a = 1 OR",
        "SELECT * FROM events WHERE a IN ()",
        "SELECT * FROM events LIMIT x",
        "SELECT * FROM events STOP 1",
    ],
)
def test_anything_else_is_refused_with_its_place(query: str) -> None:
    with pytest.raises(AqlError, match=r"^at \d+: "):
        read_aql(query)


def test_case_counts_for_equal_and_like_and_not_for_ilike() -> None:
    rows: list[dict[str, Any]] = [{"a": "Abc"}, {"a": "abc"}, {"a": None}]
    for condition, count in (
        ("a = 'abc'", 1),
        ("a LIKE 'a%'", 1),
        ("a ILIKE 'A%'", 2),
        ("a MATCHES 'b'", 2),
        ("a IMATCHES 'A'", 2),
        ("NOT a = 'abc'", 1),
        ("a != 'abc'", 1),
        ("a IS NULL", 1),
    ):
        assert len(run_aql(f"SELECT * FROM events WHERE {condition}", {"events": rows})) == count, condition
