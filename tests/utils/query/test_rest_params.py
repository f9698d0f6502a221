"""REST parameters over rows: what a service with equality, lists and bounds gives is never too little."""

from __future__ import annotations

import functools
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl

import pytest

from stix_shifter_utils.http.message import form
from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    Observation,
    Pattern,
    parse_path,
    parse_pattern,
)
from stix_shifter_utils.query import CompilerOptions, NativeQuery, QueryPlan, RestParamsCompiler, Verdict
from stix_shifter_utils.results import compile_mapping, get_module_transformers
from stix_shifter_utils.testing.hostile import many_hostile_values
from stix_shifter_utils.testing.loop import ClosedLoop
from stix_shifter_utils.testing.patterns import generate_patterns

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
TO_STIX: dict[str, Any] = {
    "start": [{"key": "first_observed"}, {"key": "last_observed"}],
    "source": {"key": "ipv4-addr.value", "object": "source"},
    "port": {"key": "x-alert.port", "object": "alert", "transformer": "ToInteger"},
    "title": {"key": "x-alert.title", "object": "alert"},
    "score": {"key": "x-alert.score", "object": "alert"},
}
FIELDS: dict[str, Any] = {
    "fields": {"source": "text", "port": "integer", "title": "text", "score": "number", "start": "timestamp"}
}
RELATIONS = {
    name: each.relation for name, each in get_module_transformers().items() if hasattr(each, "relation")
}
ROWS = [
    {
        "start": f"2024-01-01T12:{n:02}:0{n % 10}.5Z",
        "source": f"192.0.2.{n}",
        "port": (443, 53, 8080)[n % 3],
        "title": ("Löwe", "a,b", "it's", "A & B=C", None)[n % 5],
        "score": None if n % 4 == 0 else n / 2,
    }
    for n in range(1, 41)
]


@functools.cache
def compiler(kind: type[RestParamsCompiler] = RestParamsCompiler) -> RestParamsCompiler:
    mapping = DialectMapping.of(to_stix=TO_STIX, fields=FIELDS, relations=RELATIONS)
    return kind(mapping, CompilerOptions(time_range_min=None, result_limit=None))


def matches(row: dict[str, Any], params: dict[str, str]) -> bool:
    """One request to the service: every parameter must hold; null satisfies none."""
    return all(_holds(row, name, wanted) for name, wanted in params.items())


def _holds(row: dict[str, Any], name: str, wanted: str) -> bool:
    field, _, bound = name.partition("__")
    field = "start" if field in {"start", "end"} and not bound and "T" in wanted else field
    held = row[field]
    if held is None:
        return False
    if name == "start":
        return bool(held >= wanted.removesuffix("Z"))
    if name == "end":
        return bool(held.removesuffix("Z") < wanted.removesuffix("Z"))
    if bound:
        given = wanted.removesuffix("Z") if field == "start" else float(wanted)
        value = held.removesuffix("Z") if field == "start" else held
        return bool(value >= given if bound == "gte" else value <= given)
    if isinstance(held, (int, float)):
        return held in map(float, wanted.split(","))
    return bool(held == wanted or (held in wanted.split(",") and "," not in held))


def test_the_loop_closes() -> None:
    mapping = compile_mapping(TO_STIX, transformers=get_module_transformers(), version="2.1", options={})

    def plan(pattern: Pattern) -> QueryPlan:
        return compiler().compile(pattern, now=NOW, policy="widen")

    def run(query: NativeQuery) -> list[dict[str, Any]]:
        assert isinstance(query.body, list)
        return [row for row in ROWS if any(matches(row, params) for params in query.body)]

    loop = ClosedLoop(ROWS, mapping)
    report = loop.run(generate_patterns(loop.facts(), seed=4, count=120), plan, run)
    print(report)  # noqa: T201  the counts are part of what the test says
    assert not report.failures, str(report)
    assert report.share >= 0.4, str(report)
    assert report.verdicts[Verdict.EXACT] < 40  # only what no value can satisfy
    assert report.verdicts[Verdict.SUPERSET] >= 20


class Single(RestParamsCompiler):
    separator = ""
    most_requests = 3


@pytest.mark.parametrize(
    ("kind", "pattern", "requests"),
    [
        (RestParamsCompiler, "[x-alert:title = 'A & B=C']", [{"title": "A & B=C"}]),
        (RestParamsCompiler, "[x-alert:port IN (53, 443)]", [{"port": "53,443"}]),
        (RestParamsCompiler, "[x-alert:title IN ('a,b', 'c')]", [{"title": "a,b"}, {"title": "c"}]),
        (RestParamsCompiler, "[x-alert:port = 53 AND x-alert:score > 2]",
         [{"port": "53", "score__gte": "2"}]),
        (RestParamsCompiler, "[x-alert:port = 53 OR x-alert:title = 'a']", [{"port": "53"}, {"title": "a"}]),
        (
            RestParamsCompiler,
            "[x-alert:port = 53] START t'2024-01-01T00:00:00Z' STOP t'2024-01-01T01:00:00.5Z'",
            [{"end": "2024-01-01T01:00:01Z", "port": "53", "start": "2024-01-01T00:00:00Z"}],
        ),
        (Single, "[x-alert:port IN (53, 443)]", [{"port": "53"}, {"port": "443"}]),
        (Single, "[x-alert:port IN (1, 2, 3, 4) AND x-alert:title = 'a']", [{"title": "a"}]),
    ],
)  # fmt: skip
def test_what_is_asked(kind: type[RestParamsCompiler], pattern: str, requests: list[dict[str, str]]) -> None:
    plan = compiler(kind).compile(parse_pattern(pattern), now=NOW)
    assert plan.queries[0].body == requests
    assert not plan.is_exact


def test_ten_thousand_hostile_values_are_one_parameter_each_and_read_back() -> None:
    """A value is data until the client encodes it; what then stands in the URL says just it, and no more."""
    path = parse_path("x-alert:title")
    values = many_hostile_values(10_000, 6)
    asked = 0
    for value in values:
        comparison = Comparison(path, Comparator.EQUAL, value)
        plan = compiler().compile(Pattern(Observation(comparison)), now=NOW, policy="widen")
        for query in plan.queries:
            ((request,),) = [query.body]
            if not request:
                continue  # not sent: it is checked on the rows
            assert request == {"title": value}
            assert dict(parse_qsl(form(request), keep_blank_values=True, strict_parsing=True)) == request
            asked += 1
    assert asked >= 9_000
