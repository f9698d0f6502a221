"""Patterns to queries over ECS documents, in the language that the option `query_language` names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from stix_shifter_modules.elastic_ecs.stix_translation.query_constructor import (
    DslConstructor,
    QueryConstructor,
)
from stix_shifter_utils.connector import BaseQueryTranslator

if TYPE_CHECKING:
    from datetime import datetime

    from stix_shifter_utils.query import Policy, QueryCompiler, QueryPlan


class QueryTranslator(BaseQueryTranslator):
    """A query string, unless data is asked for."""

    compiler: ClassVar[type[QueryCompiler[Any]]] = QueryConstructor

    def plan(self, data: str, policy: Policy | None = None, now: datetime | None = None) -> QueryPlan:
        if self.options.get("query_language") == "dsl" and not isinstance(self, DslTranslator):
            return DslTranslator(self.options, self.dialect, self.basepath).plan(data, policy, now)
        return super().plan(data, policy, now)


class DslTranslator(QueryTranslator):
    """The same as data."""

    compiler = DslConstructor
