"""SPL as it is written, and as a strict reader reads it back: hostile values stay in their literals."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from typing import Any

import pytest

from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.mapping import DialectMapping, Relation
from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    Observation,
    Pattern,
    parse_path,
    parse_pattern,
)
from stix_shifter_utils.query import CompilerOptions, Policy, SplCompiler
from stix_shifter_utils.results import get_module_transformers
from stix_shifter_utils.testing.hostile import MARKER, hostile_values, many_hostile_values
from stix_shifter_utils.testing.languages.spl import SplError, read_spl
from stix_shifter_utils.testing.languages.spl_rows import run_spl

NOW = datetime(2024, 1, 2, tzinfo=timezone.utc)
WINDOW = " START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
PATH = parse_path("x-test:name")
FIELDS = {
    "name": "text_nocase",
    "exact": "text",
    "src": "text_nocase",
    "port": "integer",
    "image": "text_nocase",
}
TO_STIX: dict[str, Any] = {
    "_time": [
        {"key": "first_observed", "transformer": "EpochSecondsToTimestamp"},
        {"key": "last_observed", "transformer": "EpochSecondsToTimestamp"},
    ],
    "name": {"key": "x-test.name", "object": "t"},
    "exact": {"key": "x-test.exact", "object": "t"},
    "src": {"key": "ipv4-addr.value", "object": "s"},
    "port": {"key": "x-test.port", "object": "t"},
    "image": {"key": "file.name", "object": "f", "transformer": "ToFileName"},
}


def compiler(**options: Any) -> SplCompiler:
    transformers = get_module_transformers()
    relations = {name: getattr(each, "relation", Relation.OPAQUE) for name, each in transformers.items()}
    mapping = DialectMapping.of(to_stix=TO_STIX, fields={"fields": FIELDS}, relations=relations)
    return SplCompiler(mapping, CompilerOptions(**{"result_limit": 100, **options}))


def written(pattern: str, policy: Policy = "prune", **options: Any) -> str:
    """The one query for a pattern, without the fields at its end."""
    (query,) = compiler(**options).compile(parse_pattern(pattern), now=NOW, policy=policy).queries
    return str(query.body).partition(" | fields ")[0]


SPAN = " earliest=1704067200 latest=1704153600"


@pytest.mark.parametrize(
    ("comparison", "query"),
    [
        ("x-test:name = 'a b'", f'search name="a b"{SPAN} | head 100'),
        (r"""x-test:name = 'C:\\a"b'""", rf'search name="c:\\a\"b"{SPAN} | head 100'),
        ("x-test:name IN ('a', 'b')", f'search name IN ("a", "b"){SPAN} | head 100'),
        ("x-test:port >= 1024", f"search port>=1024{SPAN} | head 100"),
        ("x-test:port != 22", f"search port!=22{SPAN} | head 100"),
        ("x-test:name LIKE 'a%b'", f'search name="a*b"{SPAN} | head 100'),
        ("x-test:port = 1 OR x-test:port = 2 AND x-test:name = 'a'",
         f'search ((port=2 AND name="a") OR port=1){SPAN} | head 100'),
        ("ipv4-addr:value ISSUBSET '10.1.0.0/16'", f'search src="10.1.0.0/16"{SPAN} | head 100'),
        ("file:name = 'cmd.exe'",
         f'search image IN ("cmd.exe", "*/cmd.exe", "*\\\\cmd.exe"){SPAN} | head 100'),
    ],
)  # fmt: skip
def test_what_search_can_say_is_one_search(comparison: str, query: str) -> None:
    assert written(f"[{comparison}]{WINDOW}") == query


@pytest.mark.parametrize(
    ("comparison", "search", "where"),
    [
        ("x-test:name = 'a*b'", 'name="a*b"', r"""isnotnull(mvfind('name', "(?si)^(?:a\*b)\z"))"""),
        ("x-test:name LIKE 'a_b'", 'name="a*b"', r"""isnotnull(mvfind('name', "(?si)^(?:a.b)\z"))"""),
        ("x-test:exact = 'Ab'", 'exact="Ab"', r"""isnotnull(mvfind('exact', "(?s)^(?:Ab)\z"))"""),
        ("x-test:name MATCHES 'ab+c'", 'name="*a*b*c*"', ""),
        ("x-test:name = '10.0.0.0/8'", 'name="10.0.0.0*8"', ""),
    ],
)
def test_what_search_cannot_say_is_said_by_where_behind_it(comparison: str, search: str, where: str) -> None:
    first, second, _ = written(f"[{comparison}]{WINDOW}", case="exact").split(" | ")
    found = first.removesuffix(SPAN).removeprefix("search ")
    if "MATCHES" not in comparison:
        assert found == search
    assert where in second
    assert second.startswith("where isnotnull(mvfind(")


def test_windows_that_differ_are_comparisons_of_the_time() -> None:
    query = written(
        f"[x-test:port = 1]{WINDOW} OR "
        "[x-test:port = 2] START t'2024-01-03T00:00:00.5Z' STOP t'2024-01-04T00:00:00Z'"
    )
    assert query == (
        "search ((port=1 AND _time>=1704067200 AND _time<1704153600) OR "
        "(port=2 AND _time>=1704240000.500000 AND _time<1704326400)) "
        "earliest=1704067200 latest=1704326400 | head 100"
    )


def test_indexes_are_named_in_front_and_nothing_else_fits_there() -> None:
    assert written(f"[x-test:port = 1]{WINDOW}", table="main").startswith('search index="main" port=1 ')
    assert written(f"[x-test:port = 1]{WINDOW}", table="a, win_*").startswith(
        'search (index="a" OR index="win_*") port=1 '
    )
    for name in ("a b", 'a"', "a|delete", "[x]", "`m`", "ä"):
        with pytest.raises(ConfigurationError, match="no name of an index"):
            written(f"[x-test:port = 1]{WINDOW}", table=name)


VALUES = many_hostile_values(10_000, seed=20240101)
ROWS = [{"_number": number, "name": value, "exact": value} for number, value in enumerate(VALUES)]


def asked(batch: list[str]) -> str:
    made = compiler(time_range_min=None, result_limit=None, case="exact")
    pattern = Pattern(Observation(Comparison(parse_path("x-test:exact"), Comparator.IN, tuple(batch))))
    (query,) = made.compile(pattern, now=NOW).queries
    return str(query.body)


def commands(query: str) -> list[str]:
    return [stage.command for stage in read_spl(query)]


def test_ten_thousand_hostile_values_find_the_rows_that_hold_them_and_no_others() -> None:
    order = list(VALUES)
    random.Random(7).shuffle(order)
    tried = 0
    for at in range(0, len(order), 250):
        batch = [value for value in order[at : at + 250] if value]
        query = asked(batch)
        assert commands(query) in (["search", "fields"], ["search", "where", "fields"])
        wanted = set(batch)
        subset = ROWS if at % 5000 == 0 else [row for row in ROWS if row["exact"] in wanted]
        found = {row["exact"] for row in run_spl(query.partition(" | fields ")[0], subset)}
        assert found == wanted
        tried += len(batch)
    assert tried >= 9_990


@pytest.mark.parametrize(
    "comparator", [Comparator.EQUAL, Comparator.NOT_EQUAL, Comparator.LIKE, Comparator.MATCHES]
)
@pytest.mark.parametrize("policy", ["prune", "widen"])
def test_no_value_ends_its_literal_whatever_the_comparator(comparator: Comparator, policy: Policy) -> None:
    values = [value for value in VALUES if value][:: 5 if comparator is Comparator.EQUAL else 25]
    for value in [*hostile_values(), *values]:
        made = compiler(time_range_min=None, result_limit=None)
        pattern = Pattern(Observation(Comparison(PATH, comparator, value)))
        for query in made.compile(pattern, now=NOW, policy=policy).queries:
            assert set(commands(str(query.body))) <= {"search", "where", "fields"}
            assert not reached_by_marker(str(query.body))


def reached_by_marker(query: str) -> bool:
    """Whether the marker stands anywhere but in a text between quotes."""
    outside, quote, place = "", "", 0
    while place < len(query):
        letter = query[place]
        if quote and letter == "\\":
            place += 1
        elif letter == quote or (not quote and letter in "\"'"):
            quote = "" if quote else letter
        elif not quote:
            outside += letter
        place += 1
    return MARKER in outside or bool(quote)


@pytest.mark.parametrize(
    "query",
    [
        "search a=1 [search b=2]", "search `macro`", "search a=1 | delete", "search a=1 | outputlookup x",
        'search a="b', "search (a=1", "search a=1)", "search a=", "search OR a=1", "search a IN (1",
        "search a=1 | where system()", "search a=1 | where", "search a=1 | head x", "search a=1 ```c``` b=2",
        "search a=1 | where match(a)", "search a=1 | map search=x",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_place(query: str) -> None:
    with pytest.raises(SplError, match=r"^at \d+: "):
        read_spl(query)


def test_or_binds_before_and_in_search_and_behind_it_in_where() -> None:
    rows = [{"a": a, "b": b, "c": c} for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    in_search = run_spl("search a=1 OR b=1 c=1", rows)
    in_where = run_spl("search * | where a=1 OR b=1 AND c=1", rows)
    assert [row for row in rows if (row["a"] or row["b"]) and row["c"]] == in_search
    assert [row for row in rows if row["a"] or (row["b"] and row["c"])] == in_where


def test_not_finds_rows_without_the_field_and_unequal_does_not() -> None:
    rows: list[dict[str, Any]] = [{"a": "x"}, {"a": "y"}, {"b": "x"}, {"a": ["x", "y"]}]
    assert run_spl('search NOT a="X"', rows) == [rows[1], rows[2]]
    assert run_spl('search a!="X"', rows) == [rows[1], rows[3]]
    assert run_spl('search * | where NOT a="x"', rows) == [rows[1]]
