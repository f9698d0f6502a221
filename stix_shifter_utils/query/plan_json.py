"""A plan as JSON and back: a proxy host plans so for the connectors that it has."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import PatternSyntaxError, ResponseError
from stix_shifter_utils.pattern import Comparator, TimeWindow, parse_pattern, print_comparison
from stix_shifter_utils.query.model import ComparisonVerdict, NativeQuery, QueryPlan, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stix_shifter_utils.pattern import Comparison

Json = dict[str, Any]
_RANK = [Verdict.EXACT, Verdict.SUPERSET, Verdict.LOCAL, Verdict.UNSEARCHABLE]


def plan_to_json(plan: QueryPlan) -> Json:
    """JSON-ready; `plan_from_json` makes an equal plan of it."""
    return {
        "dialect": plan.dialect,
        "queries": [{"query": one.body, "limit": one.limit, **_window(one.window)} for one in plan.queries],
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
        "combination_local": plan.combination_local,
        "window_exact": plan.window_exact,
        **_window(plan.window),
        "case": plan.case,
        "trusted": [print_comparison(one) for one in plan.trusted],
    }


def plan_from_json(data: Mapping[str, Any]) -> QueryPlan:
    """The plan again. Raises ResponseError for what is no plan."""
    try:
        return _plan(data)
    except (KeyError, TypeError, ValueError, AttributeError, PatternSyntaxError) as error:
        message = f"this is no plan of queries: {type(error).__name__} {error}"
        raise ResponseError(message) from error


def _plan(data: Mapping[str, Any]) -> QueryPlan:
    dialect = str(data["dialect"])
    if data["case"] not in {"exact", "ignore"}:
        raise ValueError(data["case"])
    return QueryPlan(
        dialect,
        tuple(NativeQuery(one["query"], dialect, _span(one), one["limit"]) for one in data["queries"]),
        tuple(
            ComparisonVerdict(_comparison(one["comparison"]), Verdict(one["verdict"]), str(one["reason"]))
            for one in data["comparisons"]
        ),
        tuple(map(str, data["unmapped_attributes"])),
        tuple(map(Comparator, data["unmapped_comparators"])),
        combination_local=bool(data["combination_local"]),
        window=_span(data),
        window_exact=bool(data["window_exact"]),
        case=data["case"],
        trusted=tuple(map(_comparison, data["trusted"])),
    )


def together(plans: Sequence[QueryPlan], dialect: str) -> QueryPlan:
    """Several dialects as one: all their queries, of each comparison the best verdict.

    A comparison is trusted only where every dialect that is asked may be trusted with it.
    """
    asked = [plan for plan in plans if plan.queries] or list(plans)
    first = asked[0]
    queries = [query for plan in asked for query in plan.queries]
    told = [plan.verdicts for plan in plans]
    each = zip(*told, strict=True) if len({len(one) for one in told}) == 1 else ()
    best = [min(verdicts, key=lambda one: _RANK.index(one.verdict)) for verdicts in each]
    return QueryPlan(
        dialect,
        tuple(NativeQuery(one.body, dialect, one.window, one.limit) for one in queries),
        tuple(best),
        tuple(dict.fromkeys(name for plan in plans for name in plan.unmapped_attributes)),
        tuple(dict.fromkeys(name for plan in plans for name in plan.unmapped_comparators)),
        combination_local=any(plan.combination_local for plan in asked),
        window=first.window,
        window_exact=all(plan.window_exact for plan in asked),
        case="ignore" if any(plan.case == "ignore" for plan in asked) else first.case,
        trusted=tuple(one for one in first.trusted if all(one in plan.trusted for plan in asked)),
    )


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Comparison:
    (found,) = parse_pattern(f"[{text}]").comparisons()
    return found


def _comparison(text: Any) -> Comparison:
    return _parsed(str(text))


def _window(window: TimeWindow) -> Json:
    return {
        "start": window.start.isoformat() if window.start else None,
        "stop": window.stop.isoformat() if window.stop else None,
    }


def _span(data: Mapping[str, Any]) -> TimeWindow:
    start, stop = (data[name] and datetime.fromisoformat(data[name]) for name in ("start", "stop"))
    return TimeWindow(start, stop)
