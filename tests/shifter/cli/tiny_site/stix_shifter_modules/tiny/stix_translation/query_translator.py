"""The native queries are those of the option `queries`, whatever the pattern; the pattern has to be one."""

from typing import Any

from stix_shifter_utils.connector import BaseQueryTranslator


class QueryTranslator(BaseQueryTranslator):
    def transform_query(self, data: str) -> dict[str, Any]:
        self.parse_query(data)
        return {"queries": list(self.options["queries"]), "unmapped_attributes": [], "unmapped_operator": []}
