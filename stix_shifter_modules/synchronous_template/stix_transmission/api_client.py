"""The Synchronous Template query API, version 1. It answers at once, so the query is its own search id."""

from __future__ import annotations

from stix_shifter_modules.synchronous_template.stix_transmission.error_mapper import ErrorMapper
from stix_shifter_utils.http import Auth, Basic
from stix_shifter_utils.transmission import HttpSource, Page


class APIClient(HttpSource):
    """Two calls, typed answers. Errors are raised by `self.http`, by the statuses in `error_mapper.py`."""

    errors = ErrorMapper.STATUSES

    def auth(self) -> Auth:
        return Basic(self.credentials["username"], self.credentials["password"])

    async def ping_data_source(self) -> None:
        (await self.http.get("/v1/health")).json()

    async def get_search_results(self, search_id: str, offset: int, length: int) -> Page:
        reply = await self.http.get("/v1/rows", params={"query": search_id, "from": offset, "size": length})
        return Page(reply.json()["rows"])
