"""The search API of Elasticsearch 7.12 to 9 and OpenSearch 2.4 or newer: point in time and `search_after`.

After "Paginate search results" and "Open a point in time" of the Elasticsearch guide, and "Point in Time API"
of OpenSearch, which has other paths and no `_shard_doc` to tell documents of one moment apart.
"""

from __future__ import annotations

import base64

from stix_shifter_utils.errors import (
    ConfigurationError,
    ForbiddenError,
    QueryRejectedError,
    SearchNotFoundError,
)
from stix_shifter_utils.http import Auth, Basic, Bearer
from stix_shifter_utils.transmission import PointInTimeApi, PointInTimeSource

ELASTICSEARCH = PointInTimeApi("/{indices}/_pit", "id", "/_pit", "id", "_shard_doc")
OPENSEARCH_PATH = "/_search/point_in_time"
OPENSEARCH = PointInTimeApi(
    f"/{{indices}}{OPENSEARCH_PATH}", "pit_id", OPENSEARCH_PATH, "pit_id", "_id", closes_many=True
)


class APIClient(PointInTimeSource):
    """Documents of the indices and data streams that match `indices`, by time."""

    errors = {400: QueryRejectedError, 404: SearchNotFoundError}
    _product: PointInTimeApi | None = None

    def auth(self) -> Auth:
        auth = self.credentials
        if auth.get("api_key"):
            pair = f"{auth['id']}:{auth['api_key']}".encode() if auth.get("id") else None
            key = base64.b64encode(pair).decode("ascii") if pair else auth["api_key"]
            return Bearer(key, scheme="ApiKey")
        if auth.get("access_token"):
            return Bearer(auth["access_token"])
        if auth.get("username"):
            return Basic(auth["username"], auth.get("password") or "")
        message = "configuration.auth needs an api_key (with or without id), an access_token, or a username"
        raise ConfigurationError(message)

    async def ping_data_source(self) -> None:
        (await self.http.get("/")).json()

    async def point_in_time_api(self) -> PointInTimeApi:
        """That of the product which it is; one that does not let us ask is Elasticsearch."""
        if self._product is None:
            try:
                version = (await self.http.get("/")).json().get("version") or {}
            except ForbiddenError:
                version = {}
            self._product = OPENSEARCH if version.get("distribution") == "opensearch" else ELASTICSEARCH
        return self._product
