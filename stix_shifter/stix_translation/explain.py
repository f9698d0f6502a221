"""What a source would be asked for a pattern, without asking it: queries, windows, verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stix_shifter.stix_translation.request import Request
from stix_shifter_utils.connector.calls import settle
from stix_shifter_utils.connector.query_translator import BaseQueryTranslator
from stix_shifter_utils.utils.async_utils import run_light

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stix_shifter_utils.query import NativeQuery, Policy, QueryPlan


@dataclass(frozen=True, slots=True)
class Explanation:
    """The plan of each dialect, in the order in which they are asked.

    A dialect whose translator is the connector's own work (a pass-through, or one written for earlier
    releases) has queries and no verdicts.
    """

    module: str
    pattern: str
    dialects: Mapping[str, QueryPlan]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready: per dialect the queries with windows and limits, the verdicts, and what is unmapped."""
        return {
            "module": self.module,
            "pattern": self.pattern,
            "dialects": {name: _plan(plan) for name, plan in self.dialects.items()},
        }


def explain(
    module: str,
    pattern: str,
    options: Mapping[str, Any] | None = None,
    *,
    policy: Policy = "prune",
    now: datetime | None = None,
) -> Explanation:
    """Plan a pattern for a connector, `name` or `name:dialect1:dialect2`.

    `policy` says what becomes of comparisons that cannot be asked, `now` is what open windows count back
    from. Raises StixShifterError of the kind that fits, the first of any dialect.
    """
    request = Request.of(module, None, pattern, options)
    entry_point = request.entry_point()
    translators = {
        name: entry_point.get_query_translator(name) for name in request.query_dialects(entry_point)
    }
    plans = {name: planned(name, one, pattern, policy, now) for name, one in translators.items()}
    return Explanation(request.module, pattern, plans)


def planned(
    name: str, translator: BaseQueryTranslator, pattern: str, policy: Policy, now: datetime | None
) -> QueryPlan:
    """The plan of one dialect; without verdicts where its translator is the connector's own work."""
    elsewhere = getattr(translator, "plan_elsewhere", None)
    if elsewhere is not None:
        found: QueryPlan | None = run_light(settle(elsewhere(pattern, policy, now)))
        if found is not None:
            return found
    kind = type(translator)
    if kind.transform_query is BaseQueryTranslator.transform_query and not translator.walks_classic_trees:
        return translator.plan(pattern, policy, now)
    return _own_plan(name, run_light(_own_answer(translator, pattern)))


async def _own_answer(translator: BaseQueryTranslator, pattern: str) -> dict[str, Any]:
    answer: dict[str, Any] = await settle(translator.transform_query(pattern))
    return answer


def _own_plan(dialect: str, answer: Mapping[str, Any]) -> QueryPlan:
    from stix_shifter_utils.pattern import TimeWindow
    from stix_shifter_utils.query import NativeQuery, QueryPlan

    queries = answer.get("queries") or []
    bodies = [queries] if isinstance(queries, (str, dict)) else list(queries)
    return QueryPlan(
        dialect=dialect,
        queries=tuple(NativeQuery(body, dialect, TimeWindow.ALL) for body in bodies),
        verdicts=(),
        unmapped_attributes=_names(answer.get("unmapped_attributes") or ()),
    )


def _names(given: Any) -> tuple[str, ...]:
    """Names of attributes; by dialect where a connector answers for several."""
    lists = given.values() if isinstance(given, dict) else [given]
    return tuple(dict.fromkeys(name for one in lists for name in one))


def _plan(plan: QueryPlan) -> dict[str, Any]:
    from stix_shifter_utils.pattern import print_comparison

    return {
        "queries": [_query(query) for query in plan.queries],
        "comparisons": [
            {
                "comparison": print_comparison(one.comparison),
                "verdict": one.verdict.value,
                "reason": one.reason,
            }
            for one in plan.verdicts
        ],
        "unmapped_attributes": list(plan.unmapped_attributes),
        "unmapped_comparators": [one.value for one in plan.unmapped_comparators],
    }


def _query(query: NativeQuery) -> dict[str, Any]:
    start, stop = query.window.start, query.window.stop
    return {
        "query": query.body,
        "start": start.isoformat() if start else None,
        "stop": stop.isoformat() if stop else None,
        "limit": query.limit,
    }
