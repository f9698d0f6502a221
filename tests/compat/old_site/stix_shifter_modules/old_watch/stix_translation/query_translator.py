"""The translator that hands classic trees to the walker."""

from stix_shifter_utils.modules.base.stix_translation.base_query_translator import BaseQueryTranslator
from stix_shifter_utils.utils.file_helper import read_json

from . import query_constructor


class QueryTranslator(BaseQueryTranslator):
    def __init__(self, options, dialect, basepath):
        super().__init__(options, dialect, basepath)
        self.select_fields = read_json("select_these", {})["fields"]

    def transform_antlr(self, data, antlr_parsing_object):
        return query_constructor.translate_pattern(antlr_parsing_object, self, self.options)
