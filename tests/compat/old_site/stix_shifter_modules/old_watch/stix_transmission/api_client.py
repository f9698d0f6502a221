"""The product's API over the classic HTTP client."""

from stix_shifter_utils.stix_transmission.utils.RestApiClientAsync import RestApiClientAsync


class APIClient:
    def __init__(self, connection, configuration):
        self.timeout = connection["options"]["timeout"]
        self.client = RestApiClientAsync(
            connection["host"],
            connection["port"],
            {"X-Token": configuration["auth"]["token"]},
            lambda server_ip, endpoint, headers: f"http://{server_ip}/{endpoint}",
            cert_verify=connection.get("selfSignedCert"),
        )

    async def ping_data_source(self):
        return await self.client.call_api("api/ping", "GET", timeout=self.timeout)

    async def create_search(self, query):
        return await self.client.call_api("api/searches", "POST", data={"q": query}, timeout=self.timeout)
