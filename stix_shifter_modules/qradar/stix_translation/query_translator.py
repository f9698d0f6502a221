"""Patterns to AQL; the columns that come back are a saved list, which the option `mapping` may replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter_modules.qradar.stix_translation.query_constructor import LISTS, QueryConstructor
from stix_shifter_utils.connector import BaseQueryTranslator
from stix_shifter_utils.query import fit_columns, saved_columns, select_columns

if TYPE_CHECKING:
    from datetime import datetime

    from stix_shifter_utils.query import Policy, QueryPlan


class QueryTranslator(BaseQueryTranslator):
    """One SELECT over events or flows; `aql_events_fields` and `aql_flows_fields` are the lists."""

    compiler = QueryConstructor

    def plan(self, data: str, policy: Policy | None = None, now: datetime | None = None) -> QueryPlan:
        name = f"aql_{self.dialect}_fields"
        columns = saved_columns(name, self.read_json(LISTS / f"{name}.json", self.options))
        fitted = fit_columns(columns, self.options.get("overlays"), self.mapping().index.natives)
        return select_columns(super().plan(data, policy, now), fitted)
