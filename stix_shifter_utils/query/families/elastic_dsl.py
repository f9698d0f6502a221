"""The query DSL of Elasticsearch and OpenSearch: conditions as data, so that no value can leave its place.

Written after "Query DSL" of the Elasticsearch guide: `bool`, `terms`, `range`, `wildcard`, `regexp`,
`exists`, `match_phrase`. All is asked in filters: nothing is scored. What each condition means is in
`lucene_terms`.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.query.conditions import Between, Bound, Wild
from stix_shifter_utils.query.families.lucene_terms import TermsCompiler, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.pattern import TimeWindow
    from stix_shifter_utils.query.model import Body

Query = dict[str, Any]
_WILDS: Final = {Wild.ANY: "*", Wild.ONE: "?"}
_SPECIAL: Final = re.compile(r"[*?\\]")


class ElasticDslCompiler(TermsCompiler[Query]):
    """What stands under `query` in a search body."""

    dialect: ClassVar = "Elasticsearch DSL"
    has_caseless_terms: ClassVar = True

    def terms(self, field: str, values: Sequence[Value]) -> Query:
        unique = list(dict.fromkeys(values))
        if (
            self.mapping.index.fields.kind(field).kind in {Kind.TEXT_NOCASE, Kind.UNKNOWN}
            and field != "_ignored"
        ):
            return self.any_of([{"match_phrase": {field: value}} for value in unique])
        return {"term": {field: unique[0]}} if len(unique) == 1 else {"terms": {field: unique}}

    def wildcard(self, field: str, parts: Sequence[str | Wild]) -> Query:
        texts = (_WILDS[p] if isinstance(p, Wild) else _SPECIAL.sub(r"\\\g<0>", p) for p in parts)
        return {"wildcard": {field: {"value": "".join(texts)}}}

    def regexp(self, field: str, expression: str) -> Query:
        return {"regexp": {field: {"value": expression}}}

    def folded(self, field: str, texts: Sequence[str]) -> Query:
        if not all(map(str.isascii, texts)) or any("k" in text for text in texts):
            return super().folded(field, texts)  # `case_insensitive` knows ASCII letters only
        return self.any_of([{"term": {field: {"value": text, "case_insensitive": True}}} for text in texts])

    def range(self, field: str, demand: Between) -> Query:
        bounds: Query = {}
        if demand.low is not None:
            bounds["gte" if demand.low_included else "gt"] = _bound(demand.low)
        if demand.high is not None:
            bounds["lte" if demand.high_included else "lt"] = _bound(demand.high)
        if self.mapping.index.fields.kind(field).kind is Kind.TIMESTAMP:
            bounds["format"] = "strict_date_optional_time"
        return {"range": {field: bounds}}

    def exists(self, field: str) -> Query:
        return {"exists": {"field": field}}

    def but_not(self, field: str, part: Query) -> Query:
        return {"bool": {"filter": [self.exists(field)], "must_not": [part]}}

    def all_of(self, parts: Sequence[Query]) -> Query:
        unique = _unique([inner for part in parts for inner in _operands(part, "filter")])
        return unique[0] if len(unique) == 1 else {"bool": {"filter": unique}}

    def any_of(self, parts: Sequence[Query]) -> Query:
        unique = _unique([inner for part in parts for inner in _operands(part, "should")])
        return unique[0] if len(unique) == 1 else {"bool": {"should": unique, "minimum_should_match": 1}}

    def nothing(self) -> Query:
        return {"match_none": {}}

    def finish(self, condition: Query | None, window: TimeWindow, limit: int | None) -> Query:
        return {"match_all": {}} if condition is None else condition

    def clauses(self, body: Body) -> int:
        return _leaves(body)

    def pieces(self, body: Body) -> int:
        """By its conditions alone: `max_length` is for query strings."""
        most = self.capabilities.max_clauses
        return math.ceil(self.clauses(body) / most) if most else 1


def _bound(bound: Bound) -> str | int | float:
    if isinstance(bound, Decimal):
        return int(bound) if bound == bound.to_integral_value() else float(bound)
    return bound if isinstance(bound, int) else str(bound)


def _operands(part: Query, role: str) -> list[Query]:
    """The operands of a part that has this role only; else the part itself."""
    inner = part.get("bool", {})
    return inner[role] if role in inner and set(inner) <= {role, "minimum_should_match"} else [part]


def _unique(parts: Sequence[Query]) -> list[Query]:
    if len(parts) == 1:
        return list(parts)
    return list({json.dumps(part, sort_keys=True): part for part in parts}.values())


def _leaves(query: Any) -> int:
    """The conditions of a query, however deep."""
    found, stack = 0, [query]
    while stack:
        inner = stack.pop().get("bool")
        if inner is None:
            found += 1
        else:
            stack += [each for role in ("filter", "should", "must_not") for each in inner.get(role, ())]
    return found
