"""The loop closes on AQL: what a SELECT finds, and the check keeps, is what the matcher picks.

Each comparison is tried alone too, and held to its verdict. The rows hold odd values of every kind.
"""

from __future__ import annotations

import importlib.util
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from stix_shifter_utils.mapping import DialectMapping, Relation
from stix_shifter_utils.pattern import Comparator, Pattern
from stix_shifter_utils.query import AqlCompiler, CompilerOptions, QueryPlan, Verdict
from stix_shifter_utils.results import compile_mapping, get_module_transformers
from stix_shifter_utils.testing.languages.aql import run_aql
from stix_shifter_utils.testing.loop import ClosedLoop
from stix_shifter_utils.testing.patterns import Shape, generate_patterns

SPEC = importlib.util.spec_from_file_location("loop_rows_of_aql", Path(__file__).with_name("loop_rows.py"))
assert SPEC
assert SPEC.loader
loop_rows = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(loop_rows)

NOW = datetime(2020, 1, 2, tzinfo=timezone.utc)
TIMES = [
    datetime.fromtimestamp(loop_rows.START_S + after, tz=timezone.utc) for after in (0, 1000, 20_000, 86_400)
]
TIME = [
    {"key": "first_observed", "transformer": "EpochToTimestamp"},
    {"key": "last_observed", "transformer": "EpochToTimestamp"},
]
TO_STIX = {**{name: value for name, value in loop_rows.TO_STIX.items() if name != "ts"}, "starttime": TIME}
KINDS = {**{name: kind for name, kind in loop_rows.KINDS.items() if name != "ts"}, "starttime": "epoch_ms"}


def rows() -> list[dict[str, Any]]:
    """The rows of the loop, as Ariel holds them: no booleans, whole milliseconds."""
    made = []
    for row in loop_rows.make_rows(150, seed=13):
        plain = {name: int(value) if isinstance(value, bool) else value for name, value in row.items()}
        made.append({**plain, "starttime": int(plain.pop("ts") * 1000)})
    return made


def test_the_loop_closes_and_every_verdict_holds() -> None:
    transformers = get_module_transformers()
    relations = {name: getattr(each, "relation", Relation.OPAQUE) for name, each in transformers.items()}
    searching = DialectMapping.of(
        to_stix=TO_STIX, fields={"table": "events", "time": "starttime", "fields": KINDS}, relations=relations
    )
    results = compile_mapping(TO_STIX, transformers=transformers, version="2.1", options={})
    made = AqlCompiler(searching, CompilerOptions(time_range_min=None, result_limit=None))
    held = rows()
    loop = ClosedLoop(held, results, key=lambda row: row["_row"])
    patterns = generate_patterns(loop.facts(), seed=13, count=500, shape=Shape(times=TIMES))

    def found(query: Any) -> list[dict[str, Any]]:
        return run_aql(str(query.body), {"events": held})

    def plan(pattern: Pattern) -> QueryPlan:
        return made.compile(pattern, now=NOW, policy="widen")

    audited = loop.run(patterns[:100], plan, found)
    report = loop.run(patterns, plan, found, audit=False)
    print(audited, report)  # noqa: T201  the counts are part of what the test says
    assert not audited.failures, str(audited)
    assert not report.failures, str(report)
    assert report.patterns == 500
    assert report.share >= 0.4
    for comparator in Comparator:
        assert min(report.comparators[comparator, negated] for negated in (False, True)) >= 10
    for verdict in (Verdict.EXACT, Verdict.SUPERSET, Verdict.LOCAL):
        assert audited.verdicts[verdict] >= 10
