"""Results that take no metadata."""

from stix_shifter_utils.modules.base.stix_transmission.base_json_results_connector import (
    BaseJsonResultsConnector,
)


class ResultsConnector(BaseJsonResultsConnector):
    def __init__(self, api_client):
        self.api_client = api_client

    def create_results_connection(self, search_id, offset, length):
        rows = [{"src": "192.0.2.7", "when": 1600000000123, "fname": "a"}] * 3
        return {"success": True, "data": rows[offset : offset + length]}
