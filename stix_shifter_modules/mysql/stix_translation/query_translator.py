"""Patterns to MySQL and MariaDB queries: the SQL family's, unchanged."""

from stix_shifter_utils.connector import BaseQueryTranslator
from stix_shifter_utils.query import MySqlCompiler


class QueryTranslator(BaseQueryTranslator):
    """One SELECT over the table."""

    compiler = MySqlCompiler
