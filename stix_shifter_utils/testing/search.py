"""A connector's entry point as a source for the flows: the classic calls, with typed answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import TransmissionError
from stix_shifter_utils.transmission import Page, Progress, SearchHandle, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from stix_shifter_utils.connector import BaseEntryPoint


class Search:
    """What `submit_poll_page_delete` drives. `before_page` is called with the number of rows given so far.

    Inside `async with` the connector's HTTP client shares its connections, where it has one.
    """

    def __init__(self, entry: BaseEntryPoint, before_page: Callable[[int], None] | None = None) -> None:
        self._entry, self._before_page = entry, before_page
        connector = getattr(entry, "_BaseEntryPoint__results_connector", None)  # the name that clients know
        self._client: Any = getattr(connector, "api_client", None)

    async def __aenter__(self) -> Self:
        if hasattr(self._client, "__aenter__"):
            await self._client.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        if hasattr(self._client, "__aexit__"):
            await self._client.__aexit__(*error)

    async def create_search(self, query: Any) -> SearchHandle:
        """Start it."""
        answer = _good(await self._entry.create_query_connection(query))
        return SearchHandle(answer["search_id"], answer.get("metadata"))

    async def get_search_status(self, search_id: Any, metadata: Any = None) -> Progress:
        """Ask how far it is."""
        answer = _good(await self._entry.create_status_connection(search_id, metadata))
        return Progress(Status(answer["status"]), answer["progress"], answer.get("metadata"))

    async def get_search_results(
        self, search_id: Any, offset: int, length: int, metadata: Any = None
    ) -> Page:
        """Fetch rows."""
        if self._before_page is not None:
            self._before_page(offset)
        answer = _good(await self._entry.create_results_connection(search_id, offset, length, metadata))
        return Page(answer["data"], answer.get("metadata"))

    async def delete_search(self, search_id: Any) -> None:
        """Remove it."""
        _good(await self._entry.delete_query_connection(search_id))


def _good(answer: dict[str, Any]) -> dict[str, Any]:
    if not answer.get("success"):
        raise TransmissionError(answer.get("error") or answer.get("code") or "no reason given")
    return answer
