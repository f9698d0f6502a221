"""Plans travel as JSON and come back equal; several dialects become one without a promise too many."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from stix_shifter.stix_translation.explain import explain
from stix_shifter_utils.errors import ResponseError
from stix_shifter_utils.query.plan_json import plan_from_json, plan_to_json, together

NOW = datetime(2024, 1, 2, tzinfo=timezone.utc)
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
PATTERNS = (
    "[ipv4-addr:value = '192.0.2.7']",
    r"[ipv4-addr:value LIKE '192.0.2.%' AND file:name NOT MATCHES '^a\\.b$' OR url:value IN ('a', 'it\'s')]",
    f"[file:hashes.'SHA-256' = 'ab' AND x-a:b.c[*].d_ref.e = true] {WINDOW}",
    "[network-traffic:dst_port > 5 AND EXISTS user-account:user_id] FOLLOWEDBY [process:pid = 1]",
)


@pytest.mark.parametrize(
    "module", ["synchronous_template", "mysql", "splunk", "azure_sentinel", "stix_bundle"]
)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_plan_comes_back_equal(module: str, pattern: str) -> None:
    for plan in explain(
        module, pattern, {"table": "events"} if module == "mysql" else {}, policy="widen", now=NOW
    ).dialects.values():
        assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


def test_of_several_dialects_each_comparison_has_its_best_verdict_and_trust_is_everybodys() -> None:
    pattern = "[ipv4-addr:value = '192.0.2.7' OR file:name = 'a' OR x-a:b = 1]"
    plans = list(explain("synchronous_template", pattern, policy="widen", now=NOW).dialects.values())
    one = together(plans, "default")
    assert len(one.verdicts) == 3
    for at, verdict in enumerate(one.verdicts):
        assert verdict in [plan.verdicts[at] for plan in plans]
    assert len(one.queries) == sum(len(plan.queries) for plan in plans)
    assert {query.dialect for query in one.queries} == {"default"}
    assert all(trusted in plan.trusted for trusted in one.trusted for plan in plans)


@pytest.mark.parametrize(
    "change", [{"case": "loud"}, {"queries": None}, {"comparisons": [{}]}, {"start": "soon"}]
)
def test_what_is_no_plan_is_refused(change: dict[str, Any]) -> None:
    (plan,) = explain("stix_bundle", PATTERNS[0], policy="widen", now=NOW).dialects.values()
    with pytest.raises(ResponseError, match="no plan"):
        plan_from_json({**plan_to_json(plan), **change})
