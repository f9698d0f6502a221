"""Ping."""

import json

from stix_shifter_utils.modules.base.stix_transmission.base_ping_connector import BasePingConnector

from stix_shifter_utils.utils import logger
from stix_shifter_utils.utils.error_response import ErrorResponder


class PingConnector(BasePingConnector):
    def __init__(self, api_client):
        self.api_client = api_client
        self.logger = logger.set_logger(__name__)
        self.connector = __name__.split(".")[1]

    async def ping_connection(self):
        return_obj = {}
        try:
            response = await self.api_client.ping_data_source()
            answer = json.load(response)
            if response.code == 200:
                return_obj["success"] = True
            else:
                ErrorResponder.fill_error(return_obj, answer, ["why"])
        except Exception as ex:
            ErrorResponder.fill_error(return_obj, message=str(ex), connector=self.connector)
        return return_obj
