"""Patterns to KQL: the family's, unchanged."""

from stix_shifter_utils.connector import BaseQueryTranslator
from stix_shifter_utils.query import KqlCompiler


class QueryTranslator(BaseQueryTranslator):
    """One query for each table."""

    compiler = KqlCompiler
