"""Patterns to advanced hunting, in the family's KQL."""

from stix_shifter_utils.connector import BaseQueryTranslator
from stix_shifter_utils.query import KqlCompiler


class QueryTranslator(BaseQueryTranslator):
    """One query for each table of the hunting schema."""

    compiler = KqlCompiler
