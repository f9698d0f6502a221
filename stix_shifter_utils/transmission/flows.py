"""Running a whole search: submit, poll, page, delete. A flow yields pages and owns deadline, limit, clean-up.

A flow raises what the source's client raises; pages that were yielded before stay with the caller, and the
error says how many rows that were. `collect` gathers both. Nothing here knows a product, a protocol or the
classic dictionaries.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from stix_shifter_utils.errors import (
    ResponseError,
    SearchNotFoundError,
    SourceTimeoutError,
    TransmissionError,
)
from stix_shifter_utils.http import SYSTEM_CLOCK, Clock
from stix_shifter_utils.transmission.deadline import Deadline, within
from stix_shifter_utils.transmission.model import Page, Progress, Record, SearchHandle, Status

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator

T = TypeVar("T")
_CLEAN_UP_S = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how long.

    `rows` bounds the search (None: all), `page_size` one call. `deadline_s` bounds everything from
    submitting to the last page. Polling waits `first_poll_s` and then half as much again each time, up to
    `longest_poll_s`.
    """

    rows: int | None = 10_000
    page_size: int = 2000
    deadline_s: float = 3600.0
    first_poll_s: float = 0.5
    longest_poll_s: float = 10.0


DEFAULT_LIMITS = Limits()


class OneShotSource(Protocol):
    """A source that answers a query at once."""

    @property
    def get_search_results(self) -> Callable[..., Awaitable[Page]]:
        """Called with search id, offset and length, and with `metadata` where it takes that."""


class SearchSource(OneShotSource, Protocol):
    """A source that runs searches."""

    async def create_search(self, query: Any) -> SearchHandle:
        """Start a search."""

    async def get_search_status(self, search_id: Any) -> Progress:
        """Ask how far it is."""

    async def delete_search(self, search_id: Any) -> None:
        """Remove it from the source."""


@dataclass(frozen=True, slots=True)
class Collected:
    """The rows of a flow; `complete` False when a limit or `error` ended it before the source did."""

    records: list[Record]
    complete: bool
    error: TransmissionError | None = None


async def collect(pages: AsyncGenerator[Page, None]) -> Collected:
    """Gather the rows of a flow; what was found before an error is kept beside it."""
    records: list[Record] = []
    done: bool | None = None
    async with contextlib.aclosing(pages):
        try:
            async for page in pages:
                records += page.records
                done = page.done
        except TransmissionError as error:
            return Collected(records, complete=False, error=error)
    return Collected(records, complete=done is True)


async def submit_poll_page_delete(
    source: SearchSource,
    query: Any,
    limits: Limits = DEFAULT_LIMITS,
    *,
    clock: Clock = SYSTEM_CLOCK,
    on_progress: Callable[[Progress], None] | None = None,
) -> AsyncGenerator[Page, None]:
    """Run a search on a source that keeps searches; it is deleted there in the end, also on cancellation.

    The last page has `done` True when the source has no more rows, False or None when `limits.rows` ended it.
    Raises the source's errors; SourceTimeoutError past the deadline; TransmissionError for a failed search.
    """
    deadline = Deadline(limits.deadline_s, clock)
    async with _held(source):
        handle = await _submitted(source, query, deadline)
        try:
            await _completed(source, handle, limits, deadline, on_progress)
            async for page in _pages(source, handle, limits, deadline):
                yield page
        finally:
            await _deleted(source, handle.search_id)


async def one_shot_paged(
    source: OneShotSource, query: Any, limits: Limits = DEFAULT_LIMITS, *, clock: Clock = SYSTEM_CLOCK
) -> AsyncGenerator[Page, None]:
    """Page through a source whose search id is its query; ends and raises as `submit_poll_page_delete`."""
    deadline = Deadline(limits.deadline_s, clock)
    async with _held(source):
        async for page in _pages(source, SearchHandle(query), limits, deadline):
            yield page


async def local_file(
    read: Callable[[Any], Iterable[Record]], query: Any, limits: Limits = DEFAULT_LIMITS
) -> AsyncGenerator[Page, None]:
    """Page through the rows of `read(query)`, blocking code that runs in one thread of its own."""
    loop, left = asyncio.get_running_loop(), limits.rows
    rows: Iterator[Record] = iter(())
    thread = ThreadPoolExecutor(1, thread_name_prefix="rows")
    try:
        rows = await loop.run_in_executor(thread, lambda: iter(read(query)))
        ahead = await loop.run_in_executor(thread, _take, rows, 1)
        while True:
            length = limits.page_size if left is None else min(limits.page_size, left)
            batch = ahead + await loop.run_in_executor(thread, _take, rows, length)
            records, ahead = batch[:length], batch[length:]
            left = None if left is None else left - len(records)
            yield Page(records, done=not ahead)
            if not ahead or left == 0:
                return
    finally:
        thread.submit(_close, rows)
        thread.shutdown(wait=False)


def _close(rows: object) -> None:
    close = getattr(rows, "close", None)
    if callable(close):
        close()


def _take(rows: Iterator[Record], count: int) -> list[Record]:
    return list(islice(rows, count))


@contextlib.asynccontextmanager
async def _held(source: object) -> AsyncIterator[None]:
    """Share connections for the length of a flow, where the source can."""
    async with contextlib.AsyncExitStack() as stack:
        if hasattr(source, "__aenter__"):
            await stack.enter_async_context(source)  # type: ignore[arg-type]  # just asked
        yield


async def _submitted(source: SearchSource, query: Any, deadline: Deadline) -> SearchHandle:
    """Submit; a search that was accepted while we were cancelled is deleted all the same."""
    task = asyncio.ensure_future(source.create_search(query))
    try:
        return await deadline.bound(asyncio.shield(task), "the search was not accepted")
    except (asyncio.CancelledError, SourceTimeoutError):
        with contextlib.suppress(asyncio.TimeoutError, TransmissionError):
            handle = await within(_CLEAN_UP_S, task)
            await _deleted(source, handle.search_id)
        raise


async def _completed(
    source: SearchSource,
    handle: SearchHandle,
    limits: Limits,
    deadline: Deadline,
    on_progress: Callable[[Progress], None] | None,
) -> None:
    wait, metadata = limits.first_poll_s, handle.metadata
    while True:
        what = f"the search {handle.search_id} was still running"
        asked = _call(source.get_search_status, handle.search_id, metadata=metadata)
        progress = await deadline.bound(asked, what)
        if on_progress is not None:
            on_progress(progress)
        if progress.status is Status.COMPLETED:
            return
        if progress.status is not Status.RUNNING:
            raise _ended(handle, progress.status)
        metadata = progress.metadata
        await deadline.sleep(wait, what)
        wait = min(wait * 1.5, limits.longest_poll_s)


def _ended(handle: SearchHandle, status: Status) -> TransmissionError:
    how = {
        Status.CANCELED: "was cancelled on the source; start it again",
        Status.TIMEOUT: "took longer than the source allows; narrow it",
    }.get(status, "failed on the source; look there for the reason")
    kind = SourceTimeoutError if status is Status.TIMEOUT else TransmissionError
    return kind(f"the search {handle.search_id} {how}")


async def _pages(
    source: OneShotSource, handle: SearchHandle, limits: Limits, deadline: Deadline
) -> AsyncGenerator[Page, None]:
    most = float("inf") if limits.rows is None else limits.rows
    given, metadata, tokens = 0, handle.metadata, set[str]()
    while given < most:
        length = int(min(limits.page_size, most - given))
        asked = _call(source.get_search_results, handle.search_id, given, length, metadata=metadata)
        try:
            page = await deadline.bound(asked, "not all rows had come")
        except TransmissionError as error:
            _note(error, given)
            raise
        records = page.records[: int(most - given)] if given + len(page.records) > most else page.records
        given += len(records)
        if len(records) == len(page.records) and (page.done or (page.done is None and not records)):
            yield Page(records, done=True)
            return
        cut = len(records) < len(page.records)
        yield Page(records, page.metadata, done=False if cut or given < most else page.done)
        if given < most:
            _advancing(page, tokens, given)
            metadata = page.metadata


def _advancing(page: Page, tokens: set[str], given: int) -> None:
    """Raise ResponseError when the next call would only bring what has come already."""
    token = None if page.metadata is None else json.dumps(page.metadata, sort_keys=True, default=str)
    if token is not None and token not in tokens:
        tokens.add(token)
    elif token is not None:
        message = f"the source repeats a page token, so its pages go in a circle{_kept(given)}"
        raise ResponseError(message)
    elif not page.records:
        message = f"the source says that more rows follow, but gives an empty page and no token{_kept(given)}"
        raise ResponseError(message)


def _note(error: TransmissionError, given: int) -> None:
    """Add the number of rows that the caller has already."""
    if error.args:
        error.args = (f"{error.args[0]}{_kept(given)}", *error.args[1:])


def _kept(given: int) -> str:
    return f"; the {given} rows that came before are kept" if given else ""


async def _deleted(source: SearchSource, search_id: Any) -> None:
    """Delete, shielded from a cancellation that is under way. A failure is a warning: the rows count."""
    try:
        await asyncio.shield(within(_CLEAN_UP_S, source.delete_search(search_id)))
    except SearchNotFoundError:
        log.debug("the search %s was gone already", search_id)
    except TransmissionError as error:
        log.warning("the search %s stays on the source: %s", search_id, error)
    except asyncio.TimeoutError:
        log.warning("the search %s stays on the source: deleting it took too long", search_id)


async def _call(method: Callable[..., Awaitable[T]], *arguments: Any, metadata: Any) -> T:
    if metadata is not None and "metadata" in inspect.signature(method).parameters:
        return await method(*arguments, metadata=metadata)
    return await method(*arguments)
