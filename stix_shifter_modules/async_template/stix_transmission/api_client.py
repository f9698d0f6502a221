"""The Async Template search API, version 1. Searches live on the server until they are deleted or expire."""

from __future__ import annotations

from stix_shifter_modules.async_template.stix_transmission.error_mapper import ErrorMapper
from stix_shifter_utils.http import Auth, Basic, url_path
from stix_shifter_utils.transmission import HttpSource, Page, Progress, SearchHandle, Status


class APIClient(HttpSource):
    """Five calls, typed answers. Errors are raised by `self.http`, by the statuses in `error_mapper.py`."""

    STATES = {
        "queued": Status.RUNNING,
        "running": Status.RUNNING,
        "done": Status.COMPLETED,
        "failed": Status.ERROR,
    }
    errors = ErrorMapper.STATUSES

    def auth(self) -> Auth:
        return Basic(self.credentials["username"], self.credentials["password"])

    async def ping_data_source(self) -> None:
        (await self.http.get("/v1/health")).json()

    async def create_search(self, query: str) -> SearchHandle:
        reply = await self.http.post("/v1/searches", json={"query": query})
        return SearchHandle(reply.json()["id"])

    async def get_search_status(self, search_id: str) -> Progress:
        job = (await self.http.get(url_path("/v1/searches/{id}", id=search_id))).json()
        return Progress(self.STATES.get(job["state"], Status.ERROR), job.get("percent", 0))

    async def get_search_results(self, search_id: str, offset: int, length: int) -> Page:
        path = url_path("/v1/searches/{id}/rows", id=search_id)
        reply = await self.http.get(path, params={"from": offset, "size": length})
        return Page(reply.json()["rows"])

    async def delete_search(self, search_id: str) -> None:
        await self.http.delete(url_path("/v1/searches/{id}", id=search_id))
