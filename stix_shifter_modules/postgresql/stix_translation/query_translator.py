"""Patterns to PostgreSQL queries: the SQL family's, unchanged."""

from stix_shifter_utils.connector import BaseQueryTranslator
from stix_shifter_utils.query import PostgresCompiler


class QueryTranslator(BaseQueryTranslator):
    """One SELECT over the table."""

    compiler = PostgresCompiler
