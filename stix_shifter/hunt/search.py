"""A connector's entry point as what the transmission flows drive: typed answers, counted calls, no secrets.

A classic connector answers with dictionaries and may raise anything; here all of that becomes a
TransmissionError of the type that its code says.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import orjson

from stix_shifter_utils.config import redact
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.errors import (
    AuthenticationError,
    CertificateError,
    ErrorCode,
    ForbiddenError,
    InvalidParameterError,
    QueryRejectedError,
    ResponseError,
    SearchNotFoundError,
    SourceUnavailableError,
    TooManyRequestsError,
    TransmissionError,
)
from stix_shifter_utils.http.tally import Tally, tallied
from stix_shifter_utils.transmission import Page, Progress, SearchHandle, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection, Mapping

    from stix_shifter.hunt.budget import Budget
    from stix_shifter.hunt.ledger import SearchEntry, SourceEntry
    from stix_shifter_utils.connector import BaseEntryPoint

_KINDS: Final[dict[str, type[TransmissionError]]] = {
    ErrorCode.TRANSMISSION_FORBIDDEN.value: ForbiddenError,
    ErrorCode.TRANSMISSION_CONNECT.value: SourceUnavailableError,
    ErrorCode.TRANSMISSION_AUTH_CREDENTIALS.value: AuthenticationError,
    ErrorCode.TRANSMISSION_CERT_ERROR.value: CertificateError,
    ErrorCode.TRANSMISSION_QUERY_PARSING_ERROR.value: QueryRejectedError,
    ErrorCode.TRANSMISSION_SEARCH_DOES_NOT_EXISTS.value: SearchNotFoundError,
    ErrorCode.TRANSMISSION_INVALID_PARAMETER.value: InvalidParameterError,
    ErrorCode.TRANSMISSION_TOO_MANY_REQUESTS.value: TooManyRequestsError,
}
_WHOLE = 100


class Pace:
    """At most one call in `pause_s` seconds on one source, and at most `per_minute` in any minute."""

    def __init__(self, pause_s: float, per_minute: float | None = None) -> None:
        self._pause_s, self._next = pause_s, 0.0
        self._span_s = 60.0 * max(1.0, 1 / per_minute) if per_minute else 0.0
        self._turns: deque[float] = deque(maxlen=max(1, int(per_minute or 1)))

    @property
    def binds(self) -> bool:
        """Whether anybody ever has to wait."""
        return bool(self._pause_s or self._span_s)

    async def wait(self) -> None:
        """Wait for our turn."""
        if not self.binds:
            return
        now = time.monotonic()
        turn = max(now, self._next)
        if self._span_s and len(self._turns) == self._turns.maxlen:
            turn = max(turn, self._turns[0] + self._span_s)
        self._turns.append(turn)
        self._next = turn + self._pause_s
        await asyncio.sleep(turn - now)


class Search:
    """One native query on a source; its `entry` in the ledger is kept up to date."""

    def __init__(
        self,
        entry_point: BaseEntryPoint,
        source: SourceEntry,
        entry: SearchEntry,
        budget: Budget,
        pace: Pace,
        secrets: Collection[str],
    ) -> None:
        self._entry_point, self._source, self.entry = entry_point, source, entry
        self._budget, self._pace, self._secrets = budget, pace, secrets
        self._last: list[Any] = []
        self._tally = Tally()
        self._needles = [part for text in secrets if len(part := text.encode("utf-8", "replace")) > 3]  # noqa: PLR2004  as `config.masking`: shorter ones are words

    async def create_search(self, query: Any) -> SearchHandle:
        """Start it."""
        answer = await self._asked(
            self._entry_point.create_query_connection(query), reaches=self._starts_there()
        )
        if "search_id" not in answer:
            message = "the source accepted the search without giving it an id"
            raise ResponseError(message)
        return SearchHandle(answer["search_id"], answer.get("metadata"))

    async def get_search_status(self, search_id: Any, metadata: Any = None) -> Progress:
        """Ask how far it is."""
        answer = await self._asked(
            self._entry_point.create_status_connection(search_id, metadata), reaches=self._starts_there()
        )
        status = _status(answer)
        percent = int(answer.get("progress") or 0)
        if status is Status.RUNNING and percent >= _WHOLE:
            status = Status.COMPLETED
        self.entry.percent = percent
        return Progress(status, percent, answer.get("metadata", metadata))

    async def get_search_results(
        self, search_id: Any, offset: int, length: int, metadata: Any = None
    ) -> Page:
        """Fetch rows: plain dictionaries without any secret of the source's parameters."""
        answer = await self._asked(
            self._entry_point.create_results_connection(search_id, offset, length, metadata)
        )
        records = answer.get("data")
        if records is None:
            records = []
        if not isinstance(records, list):
            message = f"rows must come as a list, not as {type(records).__name__}"
            raise ResponseError(message)
        token = self._without_warnings(answer.get("metadata"))
        again = bool(records) and len(records) != length and records == self._last  # it does not page
        self._last = records
        if again:
            return Page([], None, done=True)
        ended = True if metadata is not None and token is None and offset > 0 else None
        return Page(self._measured(records), token, ended)

    async def delete_search(self, search_id: Any) -> None:
        """Remove it; no budget hinders that."""
        _good(await answer_of(self._entry_point.delete_query_connection(search_id), secrets=self._secrets))

    def _starts_there(self) -> bool:
        """Whether a search begins on the source; else only its results are asked for there."""
        return not self._pace.binds or self._entry_point.is_async()

    async def _asked(self, call: Awaitable[Any], *, reaches: bool = True) -> Mapping[str, Any]:
        """The answer to a call; one that `reaches` the source waits for its turn there."""
        try:
            self._budget.take_call()
            if reaches:
                await self._pace.wait()
        except BaseException:
            getattr(call, "close", lambda: None)()
            raise
        self.entry.calls += 1
        try:
            with tallied(self._tally):
                return _good(await answer_of(call, secrets=self._secrets))
        finally:
            self.entry.count(self._tally)

    def _without_warnings(self, metadata: Any) -> Any:
        """What has to be handed back for the next page; warnings in it are for people."""
        if not isinstance(metadata, dict) or "warnings" not in metadata:
            return metadata
        warnings = metadata["warnings"]
        for text in warnings if isinstance(warnings, list) else [warnings]:
            self._source.warn(str(redact(str(text), self._secrets)))
        rest = {name: value for name, value in metadata.items() if name != "warnings"}
        return rest or None

    def _measured(self, records: list[Any]) -> list[Any]:
        """The rows, their size counted, secrets masked where some row holds one."""
        text = orjson.dumps(records, default=str, option=orjson.OPT_NON_STR_KEYS)
        self.entry.pages += 1
        self.entry.bytes += len(text)
        if any(needle in text for needle in self._needles):
            masked: list[Any] = redact(records, self._secrets)
            return masked
        return records


def _good(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, dict):
        message = f"the connector answered with {type(answer).__name__}"
        raise ResponseError(message)
    if answer.get("success") is False or ("error" in answer and "success" not in answer):
        code = str(getattr(answer.get("code"), "value", answer.get("code") or ""))
        raise _KINDS.get(code, TransmissionError)(str(answer.get("error") or code or "no reason given"))
    return answer


def _status(answer: Mapping[str, Any]) -> Status:
    status = answer.get("status")
    name = str(getattr(status, "value", status)).upper()
    if name not in Status.__members__:
        message = f"the source tells an unknown status: {name}"
        raise ResponseError(message)
    return Status[name]
