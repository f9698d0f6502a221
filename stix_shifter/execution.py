"""Running native queries on one source to a number of rows: submit, poll, page, delete.

It speaks the classic calls of `StixTransmission`, or of anything with its methods, so every connector works.
What fails is kept as a value beside the rows that came; translating them is the caller's part.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from types import TracebackType

Row = Any
"""A native row: a dictionary, unless the connector answers with something else."""

logger = logging.getLogger(__name__)
PAGE = 2000
FIRST_WAIT_S, LONGEST_WAIT_S, BACK_OFF = 0.2, 5.0, 1.6


class Source(Protocol):
    """The classic calls to a data source; each answers with the classic dictionary."""

    def is_async(self) -> Any: ...
    def query(self, query: Any) -> dict[str, Any]: ...
    def status(self, search_id: Any, metadata: Any = None) -> dict[str, Any]: ...
    def results(self, search_id: Any, offset: int, length: int, metadata: Any = None) -> dict[str, Any]: ...
    def delete(self, search_id: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Where to stop: rows over all queries, rows per call, and seconds for everything together."""

    rows: int
    page: int = PAGE
    timeout_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A query that did not give all its rows. `query` counts from 1, `answer` is the classic error."""

    query: int
    call: str
    answer: Mapping[str, Any]

    def __str__(self) -> str:
        text = self.answer.get("error") or self.answer.get("code") or "no reason given"
        return f"query {self.query}, {self.call}: {text}"


class _CallError(Exception):
    """A call to the source answered with an error, or not at all."""

    def __init__(self, answer: Mapping[str, Any], call: str) -> None:
        super().__init__(call)
        self.call, self.answer = call, answer


@dataclass(slots=True)
class _Search:
    """One native query: not yet sent, running, or being paged through."""

    number: int
    query: Any
    search_id: Any = None
    sent: bool = False
    offset: int = 0
    metadata: Any = None
    exhausted: bool = False
    last_page: Sequence[Row] = ()
    unread: list[Row] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return self.exhausted and not self.unread


class Searches:
    """All native queries of a pattern on one source, as a context: leaving it deletes every search.

    `failures` and `warnings` (what the source says in `metadata.warnings`) grow as pages are read. The rows
    are shared out: a query gets an equal part of what is still wanted, and what one leaves goes to
    the others, so that no query is left unasked because an earlier one had many rows.
    """

    def __init__(
        self,
        source: Source,
        queries: Sequence[Any],
        limits: Limits,
        *,
        progress: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._limits, self._progress = source, limits, progress
        self._sleep, self._now = sleep or time.sleep, now
        self._searches = [_Search(number, query) for number, query in enumerate(queries, 1)]
        self.failures: list[Failure] = []
        self.warnings: list[str] = []
        self.rows = 0

    def __enter__(self) -> Searches:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def pages(self) -> Iterator[Sequence[Row]]:
        """Pages of rows, together not more than asked for; `failures` grows on the way."""
        deadline = self._now() + self._limits.timeout_s
        pending = list(self._searches)
        while pending and self.rows < self._limits.rows:
            for place, search in enumerate(pending):
                wanted = self._limits.rows - self.rows
                share = -(-wanted // (len(pending) - place))
                if not share:
                    break
                page = self._guarded_page(search, share, deadline)
                self.rows += len(page)
                if page:
                    yield page
            pending = [search for search in pending if not search.is_done]

    @property
    def unasked(self) -> int:
        """How many queries were never sent, because the wanted rows were there."""
        return sum(1 for search in self._searches if not search.sent)

    @property
    def cut_short(self) -> bool:
        """True when a query may have more rows than were asked for."""
        return any(not search.is_done for search in self._searches)

    def close(self) -> None:
        """Delete every search that the source may still hold."""
        for search in self._searches:
            if search.search_id is not None:
                search_id, search.search_id = search.search_id, None
                answer = self._source.delete(search_id)
                if answer.get("success") is False:
                    logger.warning(
                        "query %d: the search was not deleted: %s", search.number, answer.get("error")
                    )

    def _guarded_page(self, search: _Search, share: int, deadline: float) -> Sequence[Row]:
        try:
            if not search.sent:
                self._start(search, deadline)
            if not search.unread and not search.exhausted:
                search.unread = self._page(search, min(share, self._limits.page), deadline)
        except _CallError as failed:
            self.failures.append(Failure(search.number, failed.call, failed.answer))
            search.exhausted = True
        page, search.unread = search.unread[:share], search.unread[share:]
        return page

    def _start(self, search: _Search, deadline: float) -> None:
        search.sent = True
        self._progress(f"query {search.number} of {len(self._searches)}: sending")
        answer = _checked("query", self._source.query(search.query))
        search.search_id, search.metadata = answer.get("search_id"), answer.get("metadata")
        if self._source.is_async() is True:
            self._wait(search, deadline)

    def _wait(self, search: _Search, deadline: float) -> None:
        """Ask for the status until the search is no longer running, ever less often."""
        wait_s = FIRST_WAIT_S
        while True:
            answer = _checked("status", self._source.status(search.search_id, search.metadata))
            search.metadata = answer.get("metadata", search.metadata)
            status, percent = _status(answer), answer.get("progress") or 0
            if status in {"ERROR", "CANCELED", "TIMEOUT"}:
                raise _CallError(_problem(f"the source ended the search: {status}", "unknown"), "status")
            if status != "RUNNING" or percent >= 100:  # noqa: PLR2004  per cent
                return
            self._progress(f"query {search.number} of {len(self._searches)}: running, {percent} %")
            left_s = deadline - self._now()
            if left_s <= 0:
                raise _CallError(self._out_of_time(f"still running at {percent} %"), "status")
            self._sleep(min(wait_s, left_s))
            wait_s = min(wait_s * BACK_OFF, LONGEST_WAIT_S)

    def _page(self, search: _Search, length: int, deadline: float) -> list[Row]:
        """The next rows, possibly more than asked for; none at the end."""
        if self._now() > deadline:
            raise _CallError(self._out_of_time(f"{search.offset} rows read"), "results")
        self._progress(f"query {search.number} of {len(self._searches)}: {self.rows} rows")
        answer = self._source.results(search.search_id, search.offset, length, search.metadata)
        page, metadata = _rows(_checked("results", answer)), answer.get("metadata")
        self._warn(metadata)
        the_same_again = len(page) != length and page == search.last_page  # a source that does not page
        if not page or the_same_again:
            search.exhausted = True
            return []
        search.exhausted = search.offset > 0 and search.metadata is not None and metadata is None
        search.metadata, search.last_page = metadata, page
        search.offset += len(page)
        return page

    def _warn(self, metadata: Any) -> None:
        """Keep what a source says about its own troubles beside the rows, each once."""
        said = metadata.get("warnings") if isinstance(metadata, Mapping) else None
        for text in said if isinstance(said, list) else ():
            if str(text) not in self.warnings:
                self.warnings.append(str(text))

    def _out_of_time(self, where: str) -> dict[str, Any]:
        return _problem(
            f"not finished within {self._limits.timeout_s:g} seconds ({where})", "service_unavailable"
        )


def _checked(call: str, answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise _CallError(_problem(f"the connector answered with {type(answer).__name__}", "unknown"), call)
    if answer.get("success") is False or ("error" in answer and "success" not in answer):
        raise _CallError(answer, call)
    return answer


def _rows(answer: Mapping[str, Any]) -> list[Row]:
    data = answer.get("data")
    if data is None:
        return []
    if not isinstance(data, list):
        problem = f"data must be a list of rows, not {type(data).__name__}"
        raise _CallError(_problem(problem, "unknown"), "results")
    return data


def _status(answer: Mapping[str, Any]) -> str:
    status = answer.get("status", "")
    return str(getattr(status, "value", status)).upper()


def _problem(text: str, code: str) -> dict[str, Any]:
    return {"success": False, "error": text, "code": code}
