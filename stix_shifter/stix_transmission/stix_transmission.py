"""The documented Python API of transmission: classic dictionaries out, whatever happens.

Talking to the source is the connector's work (`stix_shifter_utils.connector`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.config.checking import validate
from stix_shifter_utils.config.masking import secrets_of
from stix_shifter_utils.connector.calls import call
from stix_shifter_utils.connector.discovery import load_entry_point, split_dialects
from stix_shifter_utils.connector.edge import answer_of, attempt, error_answer
from stix_shifter_utils.errors import ConfigurationError, StixShifterError
from stix_shifter_utils.utils.async_utils import run_in_thread, run_sync

if TYPE_CHECKING:
    from typing_extensions import Self

    from stix_shifter_utils.connector.entry_point import BaseEntryPoint

__all__ = [
    "DELETE",
    "IS_ASYNC",
    "PING",
    "QUERY",
    "RESULTS",
    "RESULTS_STIX",
    "STATUS",
    "StixTransmission",
    "run_in_thread",
]

RESULTS = "results"
RESULTS_STIX = "results_stix"
QUERY = "query"
DELETE = "delete"
STATUS = "status"
PING = "ping"
IS_ASYNC = "is_async"

Answer = dict[str, Any]
_PROXY = "proxy"


class StixTransmission:
    """One source. Every call answers with a dictionary; the `_async` twins are to be awaited.

    `module` is the connector, `name` or `name:dialect1:dialect2`; dialects tell `results_stix` which maps to
    use. With the option `proxy_host` the connector
    `proxy` does the work. What is wrong with module or parameters is kept in `init_error` and answered by
    every call. The caller's dictionaries stay as they are. Plain calls work inside a running event loop too;
    calls from one thread share one loop.
    """

    def __init__(self, module: str, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        self.connector, self._dialects = split_dialects(str(module))
        self._secrets: frozenset[str] = frozenset()
        self.entry_point: BaseEntryPoint | None
        self.init_error: Exception | None
        self.entry_point, self.init_error = attempt(lambda: self._start(connection, configuration))

    def _start(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> BaseEntryPoint:
        for name, value in (("connection", connection), ("configuration", configuration)):
            if not isinstance(value, Mapping):
                message = f"{name} must be a JSON object, not {type(value).__name__}"
                raise ConfigurationError(message)
        options = connection.get("options")
        through_proxy = isinstance(options, Mapping) and options.get("proxy_host")
        module = _PROXY if through_proxy else self.connector
        if self._dialects and (options is None or isinstance(options, Mapping)):
            connection = {**connection, "options": {**(options or {}), "dialects": self._dialects}}
        kind = load_entry_point(module)
        checked = validate(module, {"connection": connection, "configuration": configuration})
        self._secrets = secrets_of(module, connection, configuration)
        return kind(checked["connection"], checked["configuration"], checked["connection"]["options"])

    def query(self, query: Any) -> Answer:
        """Start a search: `{"success": True, "search_id": ...}`. `query` is as translated, text or data."""
        return run_sync(self.query_async(query))

    async def query_async(self, query: Any) -> Answer:
        return await self._answer("create_query_connection", query)

    def status(self, search_id: Any, metadata: Any = None) -> Answer:
        """How far it is: `{"success": True, "status": "RUNNING", "progress": 0 to 100}`."""
        return run_sync(self.status_async(search_id, metadata))

    async def status_async(self, search_id: Any, metadata: Any = None) -> Answer:
        return await self._answer("create_status_connection", search_id, metadata=metadata)

    def results(self, search_id: Any, offset: Any, length: Any, metadata: Any = None) -> Answer:
        """Rows from `offset` (0-based), at most `length`: `{"success": True, "data": [...]}`.

        `metadata` is that of the page before, where there was some.
        """
        return run_sync(self.results_async(search_id, offset, length, metadata))

    async def results_async(self, search_id: Any, offset: Any, length: Any, metadata: Any = None) -> Answer:
        return await self._answer("create_results_connection", search_id, offset, length, metadata=metadata)

    def results_stix(
        self, search_id: Any, offset: Any, length: Any, data_source: Any, metadata: Any = None
    ) -> Answer:
        """The same rows as a bundle, with `stats` and, where there is some, `metadata`."""
        return run_sync(self.results_stix_async(search_id, offset, length, data_source, metadata))

    async def results_stix_async(
        self, search_id: Any, offset: Any, length: Any, data_source: Any, metadata: Any = None
    ) -> Answer:
        return await self._answer(
            "create_results_stix_connection", search_id, offset, length, data_source, metadata=metadata
        )

    def delete(self, search_id: Any) -> Answer:
        """Delete a search on the source: `{"success": True}`."""
        return run_sync(self.delete_async(search_id))

    async def delete_async(self, search_id: Any) -> Answer:
        return await self._answer("delete_query_connection", search_id)

    def ping(self) -> Answer:
        """Whether the source answers and accepts the credentials: `{"success": True}`."""
        return run_sync(self.ping_async())

    async def ping_async(self) -> Answer:
        return await self._answer("ping_connection")

    def is_async(self) -> bool:
        """Whether searches run on the source and have to be polled.

        Raises what is kept in `init_error`, as a StixShifterError.
        """
        return self._started().is_async()

    def close(self) -> None:
        """Let go of what the connector holds open; it may be used again."""
        run_sync(self.close_async())

    async def close_async(self) -> None:
        if self.entry_point is not None:
            await self.entry_point.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _started(self) -> BaseEntryPoint:
        if isinstance(self.init_error, StixShifterError):
            raise self.init_error
        if self.entry_point is None:
            text = error_answer(self.init_error or ValueError(), secrets=self._secrets)["error"]
            message = f"{self.connector} cannot be started: {text}"
            raise ConfigurationError(message) from self.init_error
        return self.entry_point

    async def _answer(self, name: str, *arguments: Any, metadata: Any = None) -> Answer:
        if self.entry_point is None:
            return error_answer(self.init_error or ValueError(), self.connector, secrets=self._secrets)

        async def asked() -> Any:
            return await call(getattr(self.entry_point, name), *arguments, metadata=metadata)

        answer: Answer = await answer_of(asked(), self.connector, secrets=self._secrets)
        return answer
