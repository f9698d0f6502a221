"""Real ECS documents: the loop closes in both languages, Lucene itself agrees, real patterns are asked.

14,562 different documents of Windows and Zeek events. Lucene 8.7 reads and runs every generated query string,
and finds just what the evaluator that stands for the product in all other tests finds.
"""

from __future__ import annotations

import functools
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.elastic_ecs.tests import lucene_engine
from stix_shifter_modules.elastic_ecs.tests.product import fields
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.testing.dialect_loop import assert_closed, assert_thorough, loop_of
from stix_shifter_utils.testing.languages import elastic_dsl, lucene
from stix_shifter_utils.testing.languages.terms import TermIndex
from stix_shifter_utils.testing.real_data import lines, missing
from stix_shifter_utils.testing.real_patterns import (
    indicator_patterns,
    real_patterns_answered,
    sigma_patterns,
    translated,
)

if TYPE_CHECKING:
    from stix_shifter_utils.query import NativeQuery
    from stix_shifter_utils.testing.loop import LoopReport

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
NOTHING = TermIndex([], fields().kinds)


@functools.cache
def documents() -> list[dict[str, Any]]:
    return list({json.dumps(each): each for each in lines("ecs/ecs-events.ndjson.gz")}.values())


class Bench:
    """Documents, the connector over them, and every query string that was run, with what it found."""

    def __init__(self, count: int, language: str) -> None:
        everything = documents()
        self.rows = random.Random(8).sample(everything, min(count, len(everything)))
        self.language = language
        self.index = TermIndex(self.rows, fields().kinds)
        self.ran: dict[str, set[int]] = {}

    def run(self, query: NativeQuery) -> list[dict[str, Any]]:
        if isinstance(query.body, str):
            if query.body not in self.ran:
                self.ran[query.body] = lucene.find(query.body, self.index)
            places = self.ran[query.body]
        else:
            places = elastic_dsl.find(query.body, self.index)
        return [self.rows[place] for place in places]

    def loop(self, patterns: int, *, audit: bool) -> LoopReport:
        loop = loop_of("elastic_ecs", "default", self.rows, self.run, query_language=self.language)
        return loop.report(patterns, seed=21, audit=audit)


@pytest.mark.parametrize(("language", "patterns"), [("lucene", 60), ("dsl", 30)])
def test_the_loop_closes_and_every_verdict_holds(language: str, patterns: int) -> None:
    assert_closed(Bench(200, language).loop(patterns, audit=True), exact=patterns // 10)


@pytest.mark.engine
@pytest.mark.skipif(bool(lucene_engine.missing()), reason=lucene_engine.missing())
def test_the_loop_closes_for_five_hundred_patterns_and_lucene_finds_the_same() -> None:
    bench = Bench(300, "lucene")
    assert_thorough(bench.loop(500, audit=False))
    queries = list(bench.ran)
    whole = documents()
    index = TermIndex(whole, fields().kinds)
    for query, real in zip(queries, lucene_engine.found(whole, fields().kinds, queries), strict=True):
        assert real == lucene.find(query, index), query


@pytest.mark.parametrize(("language", "step"), [("lucene", 1), ("dsl", 10)])
def test_every_real_pattern_is_asked_or_refused_with_a_reason(language: str, step: int) -> None:
    translator = load_entry_point("elastic_ecs")(options={"query_language": language}).get_query_translator()
    real_patterns_answered(translator, read, step=step)


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
