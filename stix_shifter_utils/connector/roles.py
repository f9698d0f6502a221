"""The transmission side of a connector: one base class per role, and one for a connector in a single class.

A connector either overrides the classic method, which answers a dictionary, or leaves it, and its API client
answers the typed hook below it. Here the two are joined. Errors are exceptions; who calls from outside turns
them into dictionaries (`edge.py`).

| role    | classic method                                  | hook of `self.api_client`               |
|---------|-------------------------------------------------|-----------------------------------------|
| ping    | `ping_connection()`                             | `ping_data_source()`: None              |
| query   | `create_query_connection(query)`                | `create_search(query)`: SearchHandle    |
| status  | `create_status_connection(id)`                  | `get_search_status(id)`: Progress       |
| results | `create_results_connection(id, offset, length)` | `get_search_results(id, offset, length)`: Page |
| delete  | `delete_query_connection(id)`                   | `delete_search(id)`: None               |

Status and results, method or hook, may take a further `metadata=None`; it is passed only where it is taken.
A synchronous source has no `create_search`: its search id *is* the query, its status COMPLETED, 100. A source
that keeps no searches has no `delete_search`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector import answers
from stix_shifter_utils.connector.calls import call, row_number, settle
from stix_shifter_utils.errors import NotImplementedModeError
from stix_shifter_utils.transmission import Progress, SearchHandle, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stix_shifter_utils.connector.answers import Answer
    from stix_shifter_utils.connector.entry_point import BaseEntryPoint

__all__ = [
    "BaseConnector",
    "BaseDeleteConnector",
    "BaseJsonConnector",
    "BaseJsonResultsConnector",
    "BaseJsonSyncConnector",
    "BasePingConnector",
    "BaseQueryConnector",
    "BaseResultsConnector",
    "BaseStatusConnector",
    "BaseSyncConnector",
    "Status",
]


class _Role:
    """What all roles share: the API client."""

    def __init__(self, api_client: Any = None) -> None:
        self.api_client = api_client

    def _hook(self, name: str) -> Callable[..., Any] | None:
        hook = getattr(getattr(self, "api_client", None), name, None)
        return hook if callable(hook) else None

    def _required_hook(self, name: str, classic: str) -> Callable[..., Any]:
        hook = self._hook(name)
        if hook is None:
            message = (
                f"{type(self).__name__} has no {classic}, and its API client no {name}; write one of them"
            )
            raise NotImplementedModeError(message)
        return hook


class BasePingConnector(_Role):
    """Tells whether the source answers and accepts the credentials."""

    async def ping_connection(self) -> Answer:
        """`{"success": True}`."""
        return answers.done(await settle(self._required_hook("ping_data_source", "ping_connection")()))


class BaseQueryConnector(_Role):
    """Starts a search."""

    async def create_query_connection(self, query: Any) -> Answer:
        """`{"success": True, "search_id": ...}`."""
        hook = self._hook("create_search")
        return answers.search(SearchHandle(query) if hook is None else await settle(hook(query)))


class BaseStatusConnector(_Role):
    """Tells how far a search is."""

    async def create_status_connection(self, search_id: Any, metadata: Any = None) -> Answer:
        """`{"success": True, "status": "RUNNING", "progress": 0 to 100}`."""
        hook = self._hook("get_search_status")
        if hook is None:
            return answers.progress(Progress(Status.COMPLETED, 100))
        return answers.progress(await call(hook, search_id, metadata=metadata))


class _StixResults:
    """Results as a bundle, for the results role and for a connector in a single class."""

    async def create_results_stix_connection(
        self,
        entry_point: BaseEntryPoint,
        search_id: Any,
        offset: Any,
        length: Any,
        data_source: Mapping[str, Any] | str,
        metadata: Any = None,
    ) -> Answer:
        """The rows as a bundle, with `stats` (epoch ms after each step) and `metadata` if there is some."""
        rows = await entry_point.create_results_connection(search_id, offset, length, metadata)
        stats = [_step("transmission")]
        answer = {key: value for key, value in rows.items() if key != "metadata"}
        if rows.get("success"):
            data = _first(rows.get("data"), row_number(length, "length"))
            answer = dict(await entry_point.translate_results(data_source, data))
            stats.append(_step("translation"))
        answer["stats"] = stats
        if rows.get("metadata") is not None:
            answer["metadata"] = rows["metadata"]
        return answer


def _step(action: str) -> dict[str, Any]:
    return {"action": action, "time": int(time.time() * 1000)}


def _first(rows: Any, length: int) -> Any:
    return rows[:length] if isinstance(rows, (list, tuple)) else rows


class BaseResultsConnector(_Role, _StixResults):
    """Fetches rows."""

    async def create_results_connection(
        self, search_id: Any, offset: int, length: int, metadata: Any = None
    ) -> Answer:
        """`{"success": True, "data": [row, ...]}`, with `metadata` to hand back for the next page."""
        hook = self._required_hook("get_search_results", "create_results_connection")
        return answers.page(await call(hook, search_id, offset, length, metadata=metadata))


class BaseDeleteConnector(_Role):
    """Deletes a search on the source; a source that keeps none needs no hook."""

    async def delete_query_connection(self, search_id: Any) -> Answer:
        """`{"success": True}`."""
        hook = self._hook("delete_search")
        return answers.done(None if hook is None else await settle(hook(search_id)))


class BaseConnector(_StixResults):
    """All five roles in one class, made with `(connection, configuration)`. Override what the source has."""

    async def ping_connection(self) -> Answer:
        raise NotImplementedError

    async def create_query_connection(self, query: Any) -> Answer:
        raise NotImplementedError

    async def create_status_connection(self, search_id: Any, metadata: Any = None) -> Answer:
        raise NotImplementedError

    async def create_results_connection(
        self, search_id: Any, offset: int, length: int, metadata: Any = None
    ) -> Answer:
        raise NotImplementedError

    async def delete_query_connection(self, search_id: Any) -> Answer:
        raise NotImplementedError


class BaseSyncConnector(BaseConnector):
    """A single class for a source that answers at once: the query is the search id, and nothing is kept."""

    async def create_query_connection(self, query: Any) -> Answer:
        return answers.search(SearchHandle(query))

    async def create_status_connection(self, search_id: Any, metadata: Any = None) -> Answer:
        return answers.progress(Progress(Status.COMPLETED, 100))

    async def delete_query_connection(self, search_id: Any) -> Answer:
        return answers.done()


BaseJsonConnector = BaseConnector
BaseJsonSyncConnector = BaseSyncConnector
BaseJsonResultsConnector = BaseResultsConnector
