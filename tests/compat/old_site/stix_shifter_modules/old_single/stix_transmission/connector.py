"""One class for all roles; its search id is the query."""

from stix_shifter_utils.modules.base.stix_transmission.base_json_sync_connector import BaseJsonSyncConnector

from stix_shifter_utils.utils.error_response import ErrorResponder


class Connector(BaseJsonSyncConnector):
    def __init__(self, connection, configuration):
        self.connector = __name__.split(".")[1]
        self.limit = connection["options"]["result_limit"]

    async def ping_connection(self):
        return_obj = {}
        ErrorResponder.fill_error(return_obj, message="access denied", connector=self.connector)
        return return_obj

    async def create_results_connection(self, search_id, offset, length):
        return {"success": True, "data": [{"src": "192.0.2.7"}, {"src": search_id}]}
