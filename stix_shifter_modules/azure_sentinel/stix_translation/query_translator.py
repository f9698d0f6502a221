"""Patterns to filters, by the compiler in `query_constructor.py`."""

from stix_shifter_modules.azure_sentinel.stix_translation.query_constructor import QueryConstructor
from stix_shifter_utils.connector import BaseQueryTranslator


class QueryTranslator(BaseQueryTranslator):
    """One filter for each dialect."""

    compiler = QueryConstructor
