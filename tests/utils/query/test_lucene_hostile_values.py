"""10,000 hostile values in Lucene's query string and the query DSL: each finds just the documents holding it.

Values are read back by the language's reader; Lucene 8.7 itself, where it is installed, parses and runs the
same queries.
"""

from __future__ import annotations

import functools
import random
import re
import unicodedata
from datetime import datetime, timezone
from typing import Any

import pytest

from stix_shifter_modules.elastic_ecs.tests import lucene_engine
from stix_shifter_utils.mapping import DialectMapping, NativeFields
from stix_shifter_utils.pattern import Comparator, Comparison, Observation, Pattern, comparison_or, parse_path
from stix_shifter_utils.query import (
    Capabilities,
    CompilerOptions,
    ElasticDslCompiler,
    LuceneCompiler,
    Verdict,
)
from stix_shifter_utils.testing.hostile import many_hostile_values
from stix_shifter_utils.testing.languages import elastic_dsl, lucene
from stix_shifter_utils.testing.languages.terms import TermIndex

PATH = parse_path("x-test:name")
NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
FIELDS = {"fields": {"name": "text", "words": "text_nocase", "day": "timestamp", "n": "integer"}}
TO_STIX = {
    "name": {"key": "x-test.name", "object": "t"},
    "words": {"key": "x-test.words", "object": "t"},
    "day": {"key": "x-test.day", "object": "t"},
    "n": {"key": "x-test.n", "object": "t"},
}
VALUES = many_hostile_values(10_000, 20240101)
KINDS = NativeFields.read(FIELDS).kinds
BATCH = 250
Kind = type[LuceneCompiler] | type[ElasticDslCompiler]
NO_LIMITS = Capabilities()


@functools.cache
def index() -> TermIndex:
    return TermIndex([{"name": value} for value in VALUES], KINDS, ignore_above=8191)


def compiler(kind: Kind, limits: Capabilities = NO_LIMITS) -> LuceneCompiler | ElasticDslCompiler:
    mapping = DialectMapping.of(to_stix=TO_STIX, fields=FIELDS)
    return kind(mapping, CompilerOptions(time_range_min=None, result_limit=None), limits)


@functools.cache
def unlimited(kind: Kind) -> LuceneCompiler | ElasticDslCompiler:
    return compiler(kind)


def bodies(kind: Kind, *operands: Comparison, limits: Capabilities = NO_LIMITS) -> list[Any]:
    made = unlimited(kind) if limits is NO_LIMITS else compiler(kind, limits)
    plan = made.compile(Pattern(Observation(comparison_or(operands))), now=NOW)
    return [query.body for query in plan.queries]


def find(body: Any) -> set[int]:
    return lucene.find(body, index()) if isinstance(body, str) else elastic_dsl.find(body, index())


@functools.cache
def list_queries(kind: Kind) -> tuple[tuple[Any, frozenset[int]], ...]:
    """Queries for lists of values, with what each must find."""
    place = {value: number for number, value in enumerate(VALUES)}
    shuffled = [*VALUES, *(value + "\\x" for value in VALUES[:500]), "\ud800"]
    random.Random(7).shuffle(shuffled)
    made = []
    for start in range(0, len(shuffled), BATCH):
        batch = shuffled[start : start + BATCH]
        (body,) = bodies(kind, Comparison(PATH, Comparator.IN, tuple(batch)))
        made.append((body, frozenset(place[value] for value in batch if value in place)))
    return tuple(made)


@pytest.mark.parametrize("kind", [LuceneCompiler, ElasticDslCompiler])
def test_lists_of_ten_thousand_values_find_just_these(kind: Kind) -> None:
    for body, wanted in list_queries(kind):
        assert find(body) == wanted


@functools.cache
def like_queries() -> tuple[tuple[str, int], ...]:
    """A LIKE without wildcards of its own, around the text: nothing else in it is a wildcard."""
    literal = [
        number
        for number, value in enumerate(VALUES)
        if not set(value) & {"%", "_"} and unicodedata.is_normalized("NFC", value)
    ]
    chosen = random.Random(5).sample(literal, 250)
    return tuple(
        (str(bodies(LuceneCompiler, Comparison(PATH, Comparator.LIKE, f"{VALUES[number]}%"))[0]), number)
        for number in chosen
    )


def test_what_stands_between_wildcards_stands_for_itself() -> None:
    for query, number in like_queries():
        wanted = {place for place, value in enumerate(VALUES) if value.startswith(VALUES[number])}
        assert find(query) == wanted, query


@functools.cache
def regex_queries() -> tuple[tuple[str, int], ...]:
    chosen = random.Random(6).sample(range(len(VALUES)), 300)
    queries = []
    for number in chosen:
        value = VALUES[number]
        if value.isascii() and value.isprintable():
            comparison = Comparison(PATH, Comparator.MATCHES, f"^{re.escape(value)}$")
            queries += [(str(body), number) for body in bodies(LuceneCompiler, comparison)]
    return tuple(queries)


def test_a_regular_expression_of_a_value_finds_it() -> None:
    assert len(regex_queries()) > 60
    for query, number in regex_queries():
        assert number in find(query), query
        assert all(term.shape == "regex" for term in lucene.terms_of(lucene.read(query))), query


@pytest.mark.engine
@pytest.mark.skipif(bool(lucene_engine.missing()), reason=lucene_engine.missing())
def test_lucene_itself_finds_the_same() -> None:
    everything = [query for query, _ in (*list_queries(LuceneCompiler), *like_queries(), *regex_queries())]
    everything += [
        str(body)
        for value in VALUES[::50]
        for body in bodies(LuceneCompiler, Comparison(PATH, Comparator.NOT_EQUAL, value))
    ]
    documents = [{"name": value} for value in VALUES]
    for query, real in zip(everything, lucene_engine.found(documents, KINDS, everything), strict=True):
        assert real == find(query), query


@pytest.mark.parametrize(("kind", "queries"), [(LuceneCompiler, 3), (ElasticDslCompiler, 1)])
def test_long_lists_are_divided_by_what_the_product_counts(kind: Kind, queries: int) -> None:
    values = tuple(f"v{number}" for number in range(2500))
    comparison = Comparison(PATH, Comparator.IN, values)
    made = bodies(kind, comparison, limits=Capabilities(max_clauses=1000, max_values=65_536))
    assert len(made) == queries
    if kind is LuceneCompiler:
        asked = [lucene.literal(term) for body in made for term in lucene.terms_of(lucene.read(body))]
    else:
        asked = made[0]["terms"]["name"]
    assert sorted(asked) == sorted(values)


@pytest.mark.parametrize("kind", [LuceneCompiler, ElasticDslCompiler])
def test_values_longer_than_the_index_keeps_are_asked_for_by_their_field(kind: Kind) -> None:
    rows = TermIndex([{"name": "x" * 2000}, {"name": "xy"}, {"name": "b"}, {}], KINDS)
    for comparator, value in (
        (Comparator.EQUAL, "x" * 2000),
        (Comparator.LIKE, "x%"),
        (Comparator.MATCHES, "^x"),
    ):
        pattern = Pattern(Observation(Comparison(PATH, comparator, value)))
        plan = compiler(kind).compile(pattern, now=NOW, policy="widen")
        body: Any = plan.queries[0].body
        found = lucene.find(body, rows) if isinstance(body, str) else elastic_dsl.find(body, rows)
        assert 0 in found
        assert 2 not in found
        assert plan.verdicts[0].verdict is Verdict.SUPERSET


def test_the_reader_refuses_what_could_mean_something_else() -> None:
    for query in (
        'name:a OR name:b AND name:c', "a", 'name:"a', "name:a b", "name:>5", "name:a~2", "name:a^2",
        "+name:a", "name:/a/b/", "(name:a", "name:[1 TO", "name:AND", 'name:("a" AND "b" OR "c")', "name:a:b",
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"."):
            lucene.find(query, index())
