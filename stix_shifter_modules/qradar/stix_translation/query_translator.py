"""Patterns to AQL; the columns that come back are a saved list, which the option `mapping` may replace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stix_shifter_modules.qradar.stix_translation.query_constructor import QueryConstructor, saved
from stix_shifter_utils.connector import BaseQueryTranslator, EmptyQueryTranslator
from stix_shifter_utils.errors import MappingFileError

if TYPE_CHECKING:
    from datetime import datetime

    from stix_shifter_utils.query import Policy, QueryPlan

EVERYTHING = "SELECT * "


class QueryTranslator(BaseQueryTranslator):
    """One SELECT over events or flows."""

    compiler = QueryConstructor

    def plan(self, data: str, policy: Policy | None = None, now: datetime | None = None) -> QueryPlan:
        plan = super().plan(data, policy, now)
        head = f"SELECT {', '.join(self.columns())} "
        queries = [replace(one, body=head + str(one.body).removeprefix(EVERYTHING)) for one in plan.queries]
        return replace(plan, queries=tuple(queries))

    def columns(self) -> list[str]:
        """`aql_events_fields` and `aql_flows_fields` of the option `mapping`, else the shipped lists."""
        name = f"aql_{self.dialect}_fields"
        given = (self.options.get("mapping") or {}).get(name)
        if given is None:
            return saved(self.dialect)
        columns = given.get("default") if isinstance(given, dict) else None
        if not isinstance(columns, list) or not columns or not all(isinstance(one, str) for one in columns):
            message = f'{name} must be {{"default": ["starttime", …]}}: a list of columns'
            raise MappingFileError(message)
        return columns


class AqlQueryTranslator(EmptyQueryTranslator):
    """AQL that its user wrote: it is sent as it stands."""

    def get_language(self) -> str:
        return "aql"

    def transform_query(self, data: str) -> dict[str, Any]:
        return {"queries": [data]}
