"""QRadar's Ariel searches, `/api/ariel/searches`: submitted, polled, read by ranges of items, deleted."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import Any

from stix_shifter_utils.errors import QueryRejectedError, SearchNotFoundError
from stix_shifter_utils.http import ApiKey, Auth, url_path
from stix_shifter_utils.transmission import HttpSource, Page, Progress, SearchHandle, Status

NO_ADDRESSES = frozenset({"0.0.0.0", "0:0:0:0:0:0:0:0", "::", "00:00:00:00:00:00"})  # noqa: S104  no address to listen on
log = logging.getLogger(__name__)


class APIClient(HttpSource):
    """`sec` is the token of an authorised service; the newest version of the API that QRadar has answers.

    From the "Ariel" endpoints of the API documents 14.0 to 19.0: 404 has code 1002, 422 has 2000 (AQL) or
    1005.
    """

    STATES = {"COMPLETED": Status.COMPLETED, "CANCELED": Status.CANCELED, "ERROR": Status.ERROR}
    base_path = "/api"
    headers = MappingProxyType({"Allow-Experimental": "false"})
    errors = {404: SearchNotFoundError, 422: QueryRejectedError}

    def auth(self) -> Auth:
        return ApiKey("SEC", self.credentials["sec"])

    async def ping_data_source(self) -> None:
        (await self.http.get("/help/versions", headers={"Range": "items=0-0"})).json()

    async def create_search(self, query: str) -> SearchHandle:
        reply = await self.http.post("/ariel/searches", data={"query_expression": query})
        return SearchHandle(str(reply.json()["search_id"]))

    async def get_search_status(self, search_id: str) -> Progress:
        search = (await self.http.get(url_path("/ariel/searches/{id}", id=search_id))).json()
        for message in search.get("error_messages") or ():
            log.warning("search %s: %s", search_id, message)
        status = self.STATES.get(search["status"], Status.RUNNING)  # WAIT, EXECUTE, SORTING
        return Progress(status, int(search.get("progress") or 0))

    async def get_search_results(self, search_id: str, offset: int, length: int) -> Page:
        path = url_path("/ariel/searches/{id}/results", id=search_id)
        reply = await self.http.get(path, headers={"Range": f"items={offset}-{offset + length - 1}"})
        found: dict[str, list[dict[str, Any]]] = reply.json()
        rows = next(iter(found.values()))
        return Page([{name: _some(value) for name, value in row.items()} for row in rows])

    async def delete_search(self, search_id: str) -> None:
        await self.http.delete(url_path("/ariel/searches/{id}", id=search_id))


def _some(value: Any) -> Any:
    """None for the addresses that stand for none."""
    return None if isinstance(value, str) and value in NO_ADDRESSES else value
