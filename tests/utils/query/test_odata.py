"""OData filters, read by odata-query's grammar: the loop closes over rows, and no value leaves its place."""

from __future__ import annotations

import functools
import operator
import random
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.pattern import Comparator, Comparison, Observation, Pattern, parse_path
from stix_shifter_utils.query import CompilerOptions, NativeQuery, ODataCompiler, QueryPlan, Verdict
from stix_shifter_utils.results import compile_mapping, get_module_transformers
from stix_shifter_utils.testing.hostile import many_hostile_values
from stix_shifter_utils.testing.loop import ClosedLoop
from stix_shifter_utils.testing.patterns import Shape, generate_patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

grammar = pytest.importorskip("odata_query.grammar", reason="odata-query is not installed")
odata = pytest.importorskip("odata_query.ast")

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
TO_STIX: dict[str, Any] = {
    "start": [{"key": "first_observed"}, {"key": "last_observed"}],
    "source": [
        {"key": "ipv4-addr.value", "object": "source"},
        {"key": "network-traffic.src_ref", "object": "traffic", "references": "source"},
    ],
    "port": {"key": "network-traffic.dst_port", "object": "traffic", "transformer": "ToInteger"},
    "protocol": {"key": "network-traffic.protocols", "object": "traffic", "transformer": "ToLowercaseArray"},
    "host": {"key": "domain-name.value", "object": "domain"},
    "path": [{"key": "file.name", "object": "file", "transformer": "ToFileName"}],
    "title": {"key": "x-alert.title", "object": "alert"},
    "score": {"key": "x-alert.score", "object": "alert"},
}
FIELDS: dict[str, Any] = {
    "fields": {
        "source": "text", "port": "integer", "protocol": "text", "host": "text", "path": "text",
        "title": "text", "score": "integer", "start": "timestamp_text",
    }
}  # fmt: skip
RELATIONS = {
    name: each.relation for name, each in get_module_transformers().items() if hasattr(each, "relation")
}
ROWS = [
    {
        "start": f"2024-01-01T12:{n:02}:00Z",
        "source": f"192.0.2.{n}",
        "port": (443, 53, 8080)[n % 3],
        "protocol": "TCP" if n % 3 else "UDP",
        "host": None if n % 7 == 0 else f"Host{n % 6}.example.com",
        "path": rf"C:\Temp\it's {n % 4}.exe" if n % 2 else f"/usr/bin/k{n % 5}",
        "title": ("Löwe", "100% sure_thing", "a'b", "Kelvin", None)[n % 5],
        "score": None if n % 4 == 0 else n,
    }
    for n in range(1, 41)
]


@functools.cache
def compiler() -> ODataCompiler:
    return ODataCompiler(
        DialectMapping.of(to_stix=TO_STIX, fields=FIELDS, relations=RELATIONS),
        CompilerOptions(time_range_min=None, result_limit=None),
    )


OPERATIONS: dict[type[Any], Callable[[Any, Any], bool]] = {
    odata.Eq: operator.eq,
    odata.NotEq: operator.ne,
    odata.Lt: operator.lt,
    odata.LtE: operator.le,
    odata.Gt: operator.gt,
    odata.GtE: operator.ge,
    odata.In: lambda value, listed: value in listed,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "tolower": str.lower,
}


LITERALS: dict[type[Any], Callable[[Any, Any], Any]] = {
    odata.Identifier: lambda node, row: row[node.name],
    odata.List: lambda node, row: [value(each, row) for each in node.val],
    odata.Null: lambda node, row: None,
    odata.Integer: lambda node, row: int(node.val),
    odata.Float: lambda node, row: float(node.val),
    odata.String: lambda node, row: node.val,
}


def parsed(text: str) -> Any:
    return grammar.ODataParser().parse(grammar.ODataLexer().tokenize(text))


def value(node: Any, row: Mapping[str, Any]) -> Any:
    """What a part of a filter is for a row; None is null, as of every function and order of null."""
    literal = LITERALS.get(type(node))
    if literal is not None:
        return literal(node, row)
    if isinstance(node, odata.Call):
        given = [value(each, row) for each in node.args]
        return None if None in given else FUNCTIONS[node.func.name](*given)
    if isinstance(node, odata.UnaryOp):
        inner = value(node.operand, row)
        return None if inner is None else not inner
    left, right = value(node.left, row), value(node.right, row)
    if isinstance(node, odata.BoolOp):
        decided = isinstance(node.op, odata.Or)
        return decided if decided in {left, right} else None if None in {left, right} else not decided
    kind = type(node.comparator)
    if left is None or right is None:
        return (left is right) is (kind is odata.Eq) if kind in {odata.Eq, odata.NotEq} else None
    return OPERATIONS[kind](left, right)


def test_the_loop_closes() -> None:
    mapping = compile_mapping(TO_STIX, transformers=get_module_transformers(), version="2.1", options={})

    def plan(pattern: Pattern) -> QueryPlan:
        return compiler().compile(pattern, now=NOW, policy="widen")

    def run(query: NativeQuery) -> list[dict[str, Any]]:
        tree = parsed(str(query.body)) if query.body else None
        return [row for row in ROWS if tree is None or value(tree, row) is True]

    loop = ClosedLoop(ROWS, mapping)
    patterns = generate_patterns(loop.facts(), seed=4, count=150, shape=Shape())
    report = loop.run(patterns, plan, run)
    print(report)  # noqa: T201  the counts are part of what the test says
    assert not report.failures, str(report)
    assert report.share >= 0.4, str(report)
    assert report.verdicts[Verdict.EXACT] >= 20


def test_ten_thousand_hostile_values_stay_in_their_literals() -> None:
    path = parse_path("x-alert:title")
    values = many_hostile_values(10_000, 5)
    for start in range(0, len(values), 500):
        batch = tuple(values[start : start + 500])
        plan = compiler().compile(Pattern(Observation(Comparison(path, Comparator.IN, batch))), now=NOW)
        tree = parsed(str(plan.queries[0].body))
        assert tuple(each.val for each in tree.right.val) == batch
    for value in random.Random(3).sample(values, 300):
        plan = compiler().compile(
            Pattern(Observation(Comparison(path, Comparator.LIKE, f"%{value}"))), now=NOW
        )
        for query in plan.queries:
            parsed(str(query.body))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ((Comparator.EQUAL, "it's", False), "title eq 'it''s'"),
        ((Comparator.EQUAL, "a", True), "(title ne null and not (title in ('','a')))"),
        ((Comparator.LIKE, "a%", False), "startswith(title,'a')"),
        ((Comparator.LIKE, "%a%", False), "contains(title,'a')"),
        ((Comparator.LIKE, "a%b_c", False), "startswith(title,'a')"
         " and contains(title,'b') and endswith(title,'c')"),
        ((Comparator.MATCHES, "abc[0-9]+", False), "contains(title,'abc')"),
    ],
)  # fmt: skip
def test_what_is_written(pattern: tuple[Comparator, str, bool], text: str) -> None:
    comparator, literal, negated = pattern
    comparison = Comparison(parse_path("x-alert:title"), comparator, literal, negated=negated)
    plan = compiler().compile(Pattern(Observation(comparison)), now=NOW)
    assert str(plan.queries[0].body).replace(", ", ",") == text
