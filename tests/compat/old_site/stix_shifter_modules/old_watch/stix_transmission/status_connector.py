"""Status, without a progress, as a template of earlier releases had it."""

from stix_shifter_utils.modules.base.stix_transmission.base_status_connector import (
    BaseStatusConnector,
    Status,
)


class StatusConnector(BaseStatusConnector):
    def __init__(self, api_client):
        self.api_client = api_client

    def create_status_connection(self, search_id):
        return {"success": True, "status": Status.COMPLETED.value}
