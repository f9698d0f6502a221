"""Searches of document stores over a point in time: opened, read page by page behind the last hit, closed.

A connector says where its product keeps points in time (`PointInTimeApi`); queries are a query string, or
query DSL as data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from stix_shifter_utils.errors import InvalidParameterError
from stix_shifter_utils.http import url_path
from stix_shifter_utils.transmission.model import Page, SearchHandle
from stix_shifter_utils.transmission.records import nested_record
from stix_shifter_utils.transmission.source import HttpSource

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_WINDOW = 10_000
"""`index.max_result_window`, unless somebody raised it."""
_MARK = '{"pit": '


@dataclass(frozen=True, slots=True)
class PointInTimeApi:
    """`open` and `close` are paths, `opened` and `closing` the keys there under which a point in time stands.

    `tie` tells documents of one moment apart; `closes_many` says that a list of points is closed.
    """

    open: str
    opened: str
    close: str
    closing: str
    tie: str
    closes_many: bool = False


class PointInTimeSource(HttpSource):
    """Documents of the indices that match `indices`, by time. Override `point_in_time_api`.

    With `uses_points` off, one window of the indices as they are now is searched, and nothing is opened.
    """

    kept: ClassVar[str] = "5m"
    time_field: ClassVar[str] = "@timestamp"

    def __init__(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        super().__init__(connection, configuration)
        self.indices = str(connection.get("indices") or "*").replace(" ", "")
        self.uses_points = connection.get("pagination") is not False
        self._newest: dict[str, str] = {}  # as opened -> as last answered

    async def point_in_time_api(self) -> PointInTimeApi:
        """Where this product keeps points in time."""
        raise NotImplementedError

    async def create_search(self, query: Any) -> SearchHandle:
        if not self.uses_points:
            return SearchHandle(query)
        api = await self.point_in_time_api()
        path = url_path(api.open, indices=self.indices)
        reply = await self.http.post(path, params={"keep_alive": self.kept}, accept=(404,))
        if reply.status == 404:  # noqa: PLR2004  not found
            message = f"{self.indices}: no such index, data stream or alias; it says: {reply.excerpt()}"
            raise InvalidParameterError(message)
        opened = reply.json()[api.opened]
        self._newest[opened] = opened
        return SearchHandle(json.dumps({"pit": opened, "query": query}))

    async def get_search_results(
        self, search_id: Any, offset: int, length: int, metadata: Any = None
    ) -> Page:
        opened, query = _parts(search_id)
        body: dict[str, Any] = {
            "query": query if isinstance(query, dict) else {"query_string": {"query": query}},
            "size": min(length, LARGEST_WINDOW),
            "track_total_hits": False,
            "sort": [{self.time_field: {"order": "asc", "unmapped_type": "date"}}],
        }
        path = "/_search" if opened else url_path("/{indices}/_search", indices=self.indices)
        if opened:
            newest = (metadata or {}).get("pit") or self._newest.get(opened, opened)
            body["pit"] = {"id": newest, "keep_alive": self.kept}
            body["sort"].append({(await self.point_in_time_api()).tie: "asc"})
        body |= {"search_after": metadata["after"]} if metadata else {"from": offset} if offset else {}
        whole = {"allow_partial_search_results": "false"}
        answer = (await self.http.post(path, params=whole, json=body, repeatable=True)).json()
        if not answer.get("_shards", {}).get("total", 1):
            message = f"{self.indices}: no index, data stream or alias matches, so nothing was searched"
            raise InvalidParameterError(message)
        return self._page(answer, opened, body["size"])

    def _page(self, answer: Mapping[str, Any], opened: str | None, size: int) -> Page:
        hits = answer["hits"]["hits"]
        rows = [nested_record(hit["_source"]) for hit in hits]
        if opened is None:  # one window of `from` and `size`, and no token for what is beyond
            return Page(rows)
        newest = self._newest[opened] = answer.get("pit_id") or self._newest.get(opened, opened)
        token = {"pit": newest, "after": hits[-1]["sort"]} if hits else None
        return Page(rows, token, done=len(hits) < size)

    async def delete_search(self, search_id: Any) -> None:
        opened, _ = _parts(search_id)
        if opened is None:
            return
        api = await self.point_in_time_api()
        newest = self._newest.pop(opened, opened)
        await self.http.delete(api.close, json={api.closing: [newest] if api.closes_many else newest})


def _parts(search_id: Any) -> tuple[str | None, Any]:
    """The point in time of a search, and its query; a query alone is searched as the index is now."""
    if isinstance(search_id, str) and search_id.startswith(_MARK):
        parts = json.loads(search_id)
        return parts["pit"], parts["query"]
    return None, search_id
