"""The search API of Elasticsearch 7.12 to 9 and OpenSearch 2.4 or newer: point in time and `search_after`.

After "Paginate search results" and "Open a point in time" of the Elasticsearch guide, and "Point in Time API"
of OpenSearch, which has other paths and no `_shard_doc` to tell documents of one moment apart.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import (
    ConfigurationError,
    ForbiddenError,
    InvalidParameterError,
    QueryRejectedError,
    SearchNotFoundError,
)
from stix_shifter_utils.http import Auth, Basic, Bearer, url_path
from stix_shifter_utils.transmission import HttpSource, Page, SearchHandle, nested_record

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT = "5m"
LARGEST_WINDOW = 10_000
"""`index.max_result_window`, unless somebody raised it."""


@dataclass(frozen=True, slots=True)
class _Product:
    """Where a product keeps points in time, under which key, and what tells documents of one moment apart."""

    open: str
    opened: str
    close: str
    closing: str
    tie: str


_ELASTICSEARCH = _Product("/{indices}/_pit", "id", "/_pit", "id", "_shard_doc")
_OPENSEARCH = _Product(
    "/{indices}/_search/point_in_time", "pit_id", "/_search/point_in_time", "pit_id", "_id"
)


class APIClient(HttpSource):
    """Documents of the indices and data streams that match `indices`, by time."""

    errors = {400: QueryRejectedError, 404: SearchNotFoundError}

    def __init__(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        super().__init__(connection, configuration)
        self.indices = str(connection.get("indices") or "*").replace(" ", "")
        self._pits: dict[str, str] = {}  # as opened -> as last answered
        self._known: _Product | None = None

    def auth(self) -> Auth:
        auth = self.configuration.get("auth") or {}
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

    async def create_search(self, query: Any) -> SearchHandle:
        if self.connection.get("pagination") is False:
            return SearchHandle(query)
        product = await self._product()
        path = url_path(product.open, indices=self.indices)
        reply = await self.http.post(path, params={"keep_alive": KEPT}, accept=(404,))
        if reply.status == 404:  # noqa: PLR2004  not found
            message = f"{self.indices}: no such index, data stream or alias; it says: {reply.excerpt()}"
            raise InvalidParameterError(message)
        pit = reply.json()[product.opened]
        self._pits[pit] = pit
        return SearchHandle(json.dumps({"pit": pit, "query": query}))

    async def get_search_results(
        self, search_id: Any, offset: int, length: int, metadata: Any = None
    ) -> Page:
        pit, query = _parts(search_id)
        body: dict[str, Any] = {
            "query": query if isinstance(query, dict) else {"query_string": {"query": query}},
            "size": min(length, LARGEST_WINDOW),
            "track_total_hits": False,
            "sort": [{"@timestamp": {"order": "asc", "unmapped_type": "date"}}],
        }
        path, params = "/_search", {"allow_partial_search_results": "false"}
        if pit is None:
            path = url_path("/{indices}/_search", indices=self.indices)
        else:
            body["pit"] = {"id": (metadata or {}).get("pit") or self._pits.get(pit, pit), "keep_alive": KEPT}
            body["sort"].append({(await self._product()).tie: "asc"})
        body |= {"search_after": metadata["after"]} if metadata else {"from": offset} if offset else {}
        answer = (await self.http.post(path, params=params, json=body, repeatable=True)).json()
        if not answer.get("_shards", {}).get("total", 1):
            message = f"{self.indices}: no index, data stream or alias matches, so nothing was searched"
            raise InvalidParameterError(message)
        return self._page(answer, pit, body["size"])

    def _page(self, answer: Mapping[str, Any], pit: str | None, size: int) -> Page:
        hits = answer["hits"]["hits"]
        rows = [nested_record(hit["_source"]) for hit in hits]
        if pit is None:  # one window of `from` and `size`, and no token for what is beyond
            return Page(rows)
        self._pits[pit] = answer.get("pit_id") or self._pits.get(pit, pit)
        token = {"pit": self._pits[pit], "after": hits[-1]["sort"]} if hits else None
        return Page(rows, token, done=len(hits) < size)

    async def delete_search(self, search_id: Any) -> None:
        pit, _ = _parts(search_id)
        if pit is None:
            return
        product = await self._product()
        latest = self._pits.pop(pit, pit)
        key = latest if product is _ELASTICSEARCH else [latest]
        await self.http.delete(product.close, json={product.closing: key})

    async def _product(self) -> _Product:
        """Which of the two products it is; one that does not let us ask is Elasticsearch."""
        if self._known is None:
            try:
                version = (await self.http.get("/")).json().get("version") or {}
            except ForbiddenError:
                version = {}
            is_open = version.get("distribution") == "opensearch"
            self._known = _OPENSEARCH if is_open else _ELASTICSEARCH
        return self._known


def _parts(search_id: Any) -> tuple[str | None, Any]:
    """The point in time of a search, and its query; a query alone is searched as the index is now."""
    if isinstance(search_id, str) and search_id.startswith('{"pit": '):
        parts = json.loads(search_id)
        return parts["pit"], parts["query"]
    return None, search_id
