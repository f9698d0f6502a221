"""Patterns to queries over ECS documents, in the language that the option `query_language` names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_modules.elastic_ecs.stix_translation.query_constructor import (
    DslConstructor,
    QueryConstructor,
)
from stix_shifter_utils.connector import BaseQueryTranslator

if TYPE_CHECKING:
    from stix_shifter_utils.query import QueryCompiler


class QueryTranslator(BaseQueryTranslator):
    """A query string, unless data is asked for."""

    compiler = QueryConstructor

    def compiler_class(self) -> type[QueryCompiler[Any]]:
        return DslConstructor if self.options.get("query_language") == "dsl" else self.compiler
