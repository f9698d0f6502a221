"""Native queries from patterns: compilers by family, the plans they make, and what sources can do.

Reading patterns is the pattern package's work, reading mapping files the mapping package's. Compilers are
loaded when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.query.capabilities import Capabilities
from stix_shifter_utils.query.model import Case, ComparisonVerdict, NativeQuery, Policy, QueryPlan, Verdict
from stix_shifter_utils.query.options import CompilerOptions
from stix_shifter_utils.query.unmapped import CLASSIC_NAMES, unmapped_message

if TYPE_CHECKING:
    from stix_shifter_utils.query.clause import Clause
    from stix_shifter_utils.query.compiler import QueryCompiler
    from stix_shifter_utils.query.conditions import Condition
    from stix_shifter_utils.query.families.aql import AqlCompiler
    from stix_shifter_utils.query.families.columns import (
        fit_columns,
        named_columns,
        saved_columns,
        select_columns,
    )
    from stix_shifter_utils.query.families.duckdb import DuckDbCompiler
    from stix_shifter_utils.query.families.elastic_dsl import ElasticDslCompiler
    from stix_shifter_utils.query.families.kql import KqlCompiler
    from stix_shifter_utils.query.families.lucene import LuceneCompiler
    from stix_shifter_utils.query.families.mysql import MySqlCompiler
    from stix_shifter_utils.query.families.odata import ODataCompiler
    from stix_shifter_utils.query.families.postgres import PostgresCompiler
    from stix_shifter_utils.query.families.rest_params import RestParamsCompiler
    from stix_shifter_utils.query.families.spl import SplCompiler
    from stix_shifter_utils.query.families.sql import SqlCompiler
    from stix_shifter_utils.query.families.sqlite import SqliteCompiler
    from stix_shifter_utils.query.families.trino import TrinoCompiler
    from stix_shifter_utils.query.families.trino_tables import DayPartition, FlatTable
    from stix_shifter_utils.query.judging import Written

_COMPILERS = {
    "QueryCompiler": "compiler",
    "SqlCompiler": "families.sql",
    "AqlCompiler": "families.aql",
    "DuckDbCompiler": "families.duckdb",
    "KqlCompiler": "families.kql",
    "ElasticDslCompiler": "families.elastic_dsl",
    "LuceneCompiler": "families.lucene",
    "MySqlCompiler": "families.mysql",
    "ODataCompiler": "families.odata",
    "PostgresCompiler": "families.postgres",
    "RestParamsCompiler": "families.rest_params",
    "SplCompiler": "families.spl",
    "SqliteCompiler": "families.sqlite",
    "TrinoCompiler": "families.trino",
    "FlatTable": "families.trino_tables",
    "DayPartition": "families.trino_tables",
    "fit_columns": "families.columns",
    "named_columns": "families.columns",
    "saved_columns": "families.columns",
    "select_columns": "families.columns",
    "Clause": "clause",  # what a connector's own compiler speaks of
    "Condition": "conditions",
    "Written": "judging",
}

__all__ = [
    "CLASSIC_NAMES",
    "AqlCompiler",
    "Capabilities",
    "Case",
    "Clause",
    "ComparisonVerdict",
    "CompilerOptions",
    "Condition",
    "DayPartition",
    "DuckDbCompiler",
    "ElasticDslCompiler",
    "FlatTable",
    "KqlCompiler",
    "LuceneCompiler",
    "MySqlCompiler",
    "NativeQuery",
    "ODataCompiler",
    "Policy",
    "PostgresCompiler",
    "QueryCompiler",
    "QueryPlan",
    "RestParamsCompiler",
    "SplCompiler",
    "SqlCompiler",
    "SqliteCompiler",
    "TrinoCompiler",
    "Verdict",
    "Written",
    "fit_columns",
    "named_columns",
    "saved_columns",
    "select_columns",
    "unmapped_message",
]


def __getattr__(name: str) -> Any:
    """The compilers, loaded when first asked for."""
    if name in _COMPILERS:
        return getattr(import_module(f"{__name__}.{_COMPILERS[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
