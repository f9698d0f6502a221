"""Patterns to Async Template queries, by the compiler in `query_constructor.py`."""

from stix_shifter_modules.async_template.stix_translation.query_constructor import QueryConstructor
from stix_shifter_utils.connector import BaseQueryTranslator


class QueryTranslator(BaseQueryTranslator):
    """One query for each dialect."""

    compiler = QueryConstructor
