"""Real ECS documents: the loop closes in both languages, Lucene itself agrees, real patterns are asked.

14,562 different documents of Windows and Zeek events. Lucene 8.7 reads and runs every generated query string,
and finds just what the evaluator that stands for the product in all other tests finds.
"""

from __future__ import annotations

import functools
import gzip
import json
import random
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.elastic_ecs.tests import lucene_engine
from stix_shifter_modules.elastic_ecs.tests.product import fields
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.pattern import Comparator, Pattern, print_pattern
from stix_shifter_utils.query import Verdict
from stix_shifter_utils.results import compile_mapping
from stix_shifter_utils.testing.languages import elastic_dsl, lucene
from stix_shifter_utils.testing.languages.terms import TermIndex
from stix_shifter_utils.testing.loop import ClosedLoop, LoopReport
from stix_shifter_utils.testing.patterns import generate_patterns
from stix_shifter_utils.testing.real_patterns import (
    data_folder,
    indicator_patterns,
    missing,
    sigma_patterns,
    translated,
)

if TYPE_CHECKING:
    from stix_shifter_utils.query import NativeQuery, QueryPlan

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)
OPTIONS: dict[str, Any] = {"time_range": None, "result_limit": None, "stix_2.1": True}
NOTHING = TermIndex([], fields().kinds)


@functools.cache
def documents() -> list[dict[str, Any]]:
    with gzip.open(data_folder() / "ecs" / "ecs-events.ndjson.gz", "rt", encoding="utf-8") as file:
        unique = dict.fromkeys(file)
    return [json.loads(line) for line in unique]


class Bench:
    """Documents, the connector over them, and every query string that was run, with what it found."""

    def __init__(self, count: int, language: str) -> None:
        everything = documents()
        self.rows = random.Random(8).sample(everything, min(count, len(everything)))
        entry = load_entry_point("elastic_ecs")({}, {}, {**OPTIONS, "query_language": language})
        self.translator = entry.get_query_translator("default")
        results: Any = entry.get_results_translator("default")
        self.mapping = compile_mapping(
            results.mapping(), transformers=results.transformers, version="2.1", options=OPTIONS
        )
        self.index = TermIndex(self.rows, fields().kinds)
        self.ran: dict[str, set[int]] = {}

    def plan(self, pattern: Pattern) -> QueryPlan:
        return self.translator.plan(print_pattern(pattern), policy="widen", now=NOW)

    def run(self, query: NativeQuery) -> list[dict[str, Any]]:
        if isinstance(query.body, str):
            if query.body not in self.ran:
                self.ran[query.body] = lucene.find(query.body, self.index)
            places = self.ran[query.body]
        else:
            places = elastic_dsl.find(query.body, self.index)
        return [self.rows[place] for place in places]

    def loop(self, patterns: int, *, audit: bool, seed: int = 21) -> LoopReport:
        loop = ClosedLoop(self.rows, self.mapping, options=OPTIONS)
        made = generate_patterns(loop.facts(), seed=seed, count=patterns)
        report = loop.run(made, self.plan, self.run, audit=audit)
        print(report)  # noqa: T201  the counts are part of what the test says
        return report


@pytest.mark.parametrize(("language", "patterns"), [("lucene", 60), ("dsl", 30)])
def test_the_loop_closes_and_every_verdict_holds(language: str, patterns: int) -> None:
    report = Bench(200, language).loop(patterns, audit=True)
    assert not report.failures, str(report)
    assert report.share >= 0.4, str(report)
    assert report.verdicts[Verdict.EXACT] >= patterns // 10


@pytest.mark.engine
@pytest.mark.skipif(bool(lucene_engine.missing()), reason=lucene_engine.missing())
def test_the_loop_closes_for_five_hundred_patterns_and_lucene_finds_the_same() -> None:
    bench = Bench(300, "lucene")
    report = bench.loop(500, audit=False)
    assert not report.failures, str(report)
    assert report.patterns == 500
    assert report.share >= 0.4, str(report)
    for comparator in Comparator:
        assert min(report.comparators[comparator, negated] for negated in (False, True)) >= 10
    queries = list(bench.ran)
    whole = documents()
    index = TermIndex(whole, fields().kinds)
    for query, real in zip(queries, lucene_engine.found(whole, fields().kinds, queries), strict=True):
        assert real == lucene.find(query, index), query


@pytest.mark.parametrize(("language", "step"), [("lucene", 1), ("dsl", 10)])
def test_every_real_pattern_is_asked_or_refused_with_a_reason(language: str, step: int) -> None:
    translator = load_entry_point("elastic_ecs")(options={"query_language": language}).get_query_translator()
    indicators = translated(translator, indicator_patterns()[::step], read)
    rules = translated(translator, sigma_patterns(200), read)
    print(f"indicators: {dict(indicators)}; like Sigma: {dict(rules)}")  # noqa: T201  the figures
    assert indicators.total() == -(-5411 // step)
    assert rules.total() == 200


@pytest.mark.engine
@pytest.mark.skipif(bool(lucene_engine.missing()), reason=lucene_engine.missing())
def test_lucene_accepts_what_is_asked_for_real_patterns() -> None:
    translator = load_entry_point("elastic_ecs")(options={}).get_query_translator()
    queries: list[str] = []
    translated(translator, [*indicator_patterns()[::5], *sigma_patterns(200)], queries.append)
    answers = lucene_engine.found([], fields().kinds, queries)
    assert [(query, answer) for query, answer in zip(queries, answers, strict=True) if answer != set()] == []


def read(query: Any) -> None:
    """The language's reader takes it."""
    lucene.read(query) if isinstance(query, str) else elastic_dsl.find(query, NOTHING)
