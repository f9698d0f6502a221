"""Counts comparisons of the tree."""

from stix_shifter_utils.modules.base.stix_translation.base_query_translator import BaseQueryTranslator


class QueryTranslator(BaseQueryTranslator):
    def transform_antlr(self, data, antlr_parsing_object):
        return f"{type(antlr_parsing_object).__name__} of {data}"
