"""Patterns to conditions for Athena; the SELECT around them follows from the table, when it is looked up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector import BaseQueryTranslator
from stix_shifter_utils.query import TrinoCompiler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.pattern import TimeWindow
    from stix_shifter_utils.query import Clause


class Conditions(TrinoCompiler):
    """`{"ocsf": "<WHERE>", "days": ["2024-01-01", null]}`; `"src_endpoint.ip"` is one column there."""

    dialect = "Athena SQL"

    def nested(self, names: Sequence[str]) -> str | None:
        return self.quote(".".join(names[1:]))  # the first one is the dialect

    def in_list(self, names: Sequence[str], inner: Sequence[str]) -> str | None:
        return self.nested([*names, *inner])

    def finish(self, condition: Clause | None, window: TimeWindow, limit: int | None) -> dict[str, Any]:
        first = window.start and window.start.date().isoformat()
        last = window.stop and (window.stop - timedelta(microseconds=1)).date().isoformat()
        days = {"days": [first, last]} if first or last else {}
        return {self.mapping.dialect: condition.text if condition else "TRUE", **days}


class QueryTranslator(BaseQueryTranslator):
    """One condition for each dialect."""

    compiler = Conditions
