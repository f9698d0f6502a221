"""Queries over ECS documents, without the fields that no index holds: as query string and as query DSL."""

from stix_shifter_utils.query import ElasticDslCompiler, LuceneCompiler

UNINDEXED = frozenset({"event.original"})
"""`index: false` in ECS."""


class QueryConstructor(LuceneCompiler):
    """What users know from 8.x, and can paste into Kibana."""

    unindexed = UNINDEXED


class DslConstructor(ElasticDslCompiler):
    """The option `query_language: dsl`: long lists are one condition."""

    unindexed = UNINDEXED
