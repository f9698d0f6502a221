"""The flows against a source in memory, with a clock that does not wait: order, limits, time, clean-up."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_utils.errors import (
    ResponseError,
    SearchNotFoundError,
    SourceTimeoutError,
    SourceUnavailableError,
    TransmissionError,
)
from stix_shifter_utils.testing import FakeClock
from stix_shifter_utils.transmission import (
    Limits,
    Page,
    Progress,
    SearchHandle,
    Status,
    collect,
    local_file,
    one_shot_paged,
    submit_poll_page_delete,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator


class Source:
    """Keeps one search; `states` are told one after the other, the last one for ever."""

    def __init__(self, count: int = 25, states: tuple[Status, ...] = (Status.COMPLETED,)) -> None:
        self.count, self.states = count, list(states)
        self.calls: list[str] = []
        self.break_at: int | None = None

    async def create_search(self, query: Any) -> SearchHandle:
        self.calls.append(f"submit {query}")
        return SearchHandle("s1")

    async def get_search_status(self, search_id: Any) -> Progress:
        self.calls.append("status")
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return Progress(state, 100 if state is Status.COMPLETED else 40)

    async def get_search_results(self, search_id: Any, offset: int, length: int) -> Page:
        self.calls.append(f"rows {offset}+{length}")
        if self.break_at is not None and offset >= self.break_at:
            message = "503"
            raise SourceUnavailableError(message)
        return Page([{"n": n} for n in range(offset, min(offset + length, self.count))])

    async def delete_search(self, search_id: Any) -> None:
        self.calls.append(f"delete {search_id}")


class Cursors(Source):
    """Pages by metadata: `pages` maps a token to rows and the next token."""

    def __init__(self, pages: dict[Any, tuple[int, Any]]) -> None:
        super().__init__()
        self.pages = pages

    async def get_search_results(
        self, search_id: Any, offset: int, length: int, metadata: Any = None
    ) -> Page:
        count, following = self.pages[metadata]
        return Page([{"n": offset + n} for n in range(count)], following, done=following is None)


async def drained(pages: AsyncGenerator[Page, None]) -> list[Page]:
    return [page async for page in pages]


def test_a_search_is_submitted_polled_paged_and_deleted() -> None:
    clock = FakeClock()
    seen: list[Progress] = []
    source = Source(25, (Status.RUNNING, Status.RUNNING, Status.COMPLETED))
    flow = submit_poll_page_delete(source, "q", Limits(page_size=10), clock=clock, on_progress=seen.append)
    pages = asyncio.run(drained(flow))
    assert source.calls == [
        "submit q", "status", "status", "status",
        "rows 0+10", "rows 10+10", "rows 20+10", "rows 25+10", "delete s1",
    ]  # fmt: skip
    assert [row["n"] for page in pages for row in page.records] == list(range(25))
    assert [page.done for page in pages] == [False, False, False, True]
    assert clock.slept == [0.5, 0.75]
    assert [p.percent for p in seen] == [40, 40, 100]


def test_the_row_limit_ends_the_search_and_says_so() -> None:
    source = Source(25)
    found = asyncio.run(collect(submit_poll_page_delete(source, "q", Limits(rows=12, page_size=10))))
    assert [row["n"] for row in found.records] == list(range(12))
    assert not found.complete
    assert source.calls[-2:] == ["rows 10+2", "delete s1"]
    whole = asyncio.run(collect(submit_poll_page_delete(Source(25), "q", Limits(rows=None, page_size=10))))
    assert len(whole.records) == 25
    assert whole.complete


def test_a_source_that_gives_more_than_asked_is_cut_at_the_limit_only() -> None:
    class Generous(Source):
        async def get_search_results(self, search_id: Any, offset: int, length: int) -> Page:
            return Page([{"n": n} for n in range(offset, self.count)])

    found = asyncio.run(collect(submit_poll_page_delete(Generous(25), "q", Limits(rows=20, page_size=10))))
    assert [row["n"] for row in found.records] == list(range(20))
    assert not found.complete


def test_an_error_after_some_pages_keeps_them_and_deletes_the_search() -> None:
    source = Source(25)
    source.break_at = 20
    found = asyncio.run(collect(submit_poll_page_delete(source, "q", Limits(page_size=10))))
    assert [row["n"] for row in found.records] == list(range(20))
    assert isinstance(found.error, SourceUnavailableError)
    assert str(found.error) == "503; the 20 rows that came before are kept"
    assert source.calls[-1] == "delete s1"


@pytest.mark.parametrize(
    ("state", "error", "says"),
    [
        (Status.ERROR, TransmissionError, "failed on the source"),
        (Status.CANCELED, TransmissionError, "was cancelled"),
        (Status.TIMEOUT, SourceTimeoutError, "longer than the source allows"),
    ],
)
def test_a_search_that_ends_badly_is_an_error_and_deleted(
    state: Status, error: type[TransmissionError], says: str
) -> None:
    source = Source(states=(Status.RUNNING, state))
    with pytest.raises(error, match=f"s1 .*{says}"):
        asyncio.run(drained(submit_poll_page_delete(source, "q", clock=FakeClock())))
    assert source.calls[-1] == "delete s1"


def test_a_search_that_never_ends_meets_the_deadline() -> None:
    clock, source = FakeClock(), Source(states=(Status.RUNNING,))
    with pytest.raises(SourceTimeoutError, match="s1 was still running after 60 s"):
        asyncio.run(drained(submit_poll_page_delete(source, "q", Limits(deadline_s=60), clock=clock)))
    assert sum(clock.slept) == pytest.approx(60)
    assert max(clock.slept) <= 10
    assert source.calls[-1] == "delete s1"


def test_a_page_that_never_comes_meets_the_deadline() -> None:
    class Stuck(Source):
        async def get_search_results(self, search_id: Any, offset: int, length: int) -> Page:
            if offset:
                await asyncio.Event().wait()
            return await super().get_search_results(search_id, offset, length)

    source = Stuck(25)
    limits = Limits(page_size=10, deadline_s=0.1)
    found = asyncio.run(collect(submit_poll_page_delete(source, "q", limits)))
    assert len(found.records) == 10
    assert "the 10 rows that came before are kept" in str(found.error)
    assert source.calls[-1] == "delete s1"


def test_leaving_early_deletes_the_search() -> None:
    source = Source(25)

    async def first_only() -> None:
        flow = submit_poll_page_delete(source, "q", Limits(page_size=10))
        async for _ in flow:
            break
        await flow.aclose()

    asyncio.run(first_only())
    assert source.calls[-2:] == ["rows 0+10", "delete s1"]


def test_cancellation_deletes_the_search() -> None:
    asked = asyncio.Event()

    class Endless(Source):
        async def get_search_status(self, search_id: Any) -> Progress:
            asked.set()
            return await super().get_search_status(search_id)

    source = Endless(states=(Status.RUNNING,))

    async def interrupted() -> None:
        task = asyncio.ensure_future(drained(submit_poll_page_delete(source, "q")))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    assert source.calls[-1] == "delete s1"


def test_cancellation_while_the_search_is_being_accepted_deletes_it_too() -> None:
    accepting, answer = asyncio.Event(), asyncio.Event()

    class Slow(Source):
        async def create_search(self, query: Any) -> SearchHandle:
            accepting.set()
            await answer.wait()
            return await super().create_search(query)

    source = Slow()

    async def interrupted() -> None:
        task = asyncio.ensure_future(drained(submit_poll_page_delete(source, "q")))
        await accepting.wait()
        task.cancel()
        await asyncio.sleep(0)
        answer.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    assert source.calls == ["submit q", "delete s1"]


def test_a_failing_delete_is_a_warning_and_no_loss(caplog: pytest.LogCaptureFixture) -> None:
    class Sticky(Source):
        async def delete_search(self, search_id: Any) -> None:
            message = "no"
            raise SourceUnavailableError(message)

    class Gone(Source):
        async def delete_search(self, search_id: Any) -> None:
            message = "gone"
            raise SearchNotFoundError(message)

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(collect(submit_poll_page_delete(Gone(), "q"))).complete
        assert caplog.messages == []
        assert asyncio.run(collect(submit_poll_page_delete(Sticky(), "q"))).complete
    assert caplog.messages == ["the search s1 stays on the source: no"]


def test_a_one_shot_source_is_paged_by_its_query() -> None:
    source = Source(12)
    found = asyncio.run(collect(one_shot_paged(source, {"q": 1}, Limits(page_size=10))))
    assert len(found.records) == 12
    assert source.calls == ["rows 0+10", "rows 10+10", "rows 12+10"]


def test_metadata_leads_from_page_to_page() -> None:
    found = asyncio.run(
        collect(one_shot_paged(Cursors({None: (3, "a"), "a": (0, "b"), "b": (2, None)}), "q"))
    )
    assert [row["n"] for row in found.records] == [0, 1, 2, 3, 4]
    assert found.complete


def test_a_page_token_that_repeats_ends_the_circle() -> None:
    found = asyncio.run(collect(one_shot_paged(Cursors({None: (3, "a"), "a": (2, "b"), "b": (1, "a")}), "q")))
    assert len(found.records) == 6
    assert isinstance(found.error, ResponseError)
    assert "repeats a page token" in str(found.error)


def test_an_empty_page_that_promises_more_without_a_token_is_an_error() -> None:
    class Promising(Source):
        async def get_search_results(self, search_id: Any, offset: int, length: int) -> Page:
            return Page([], done=False)

    with pytest.raises(ResponseError, match="empty page and no token"):
        asyncio.run(drained(one_shot_paged(Promising(), "q")))


def test_connections_are_held_for_the_length_of_a_flow() -> None:
    class Held(Source):
        async def __aenter__(self) -> Held:
            self.calls.append("enter")
            return self

        async def __aexit__(self, *_: object) -> None:
            self.calls.append("exit")

    source = Held(5)
    asyncio.run(drained(submit_poll_page_delete(source, "q")))
    assert source.calls[0] == "enter"
    assert source.calls[-2:] == ["delete s1", "exit"]


class Rows:
    """A blocking reader that notes its threads and whether it was closed."""

    def __init__(self, count: int, break_at: int | None = None) -> None:
        self.count, self.break_at = count, break_at
        self.threads: set[int] = set()
        self.closed = threading.Event()

    def __call__(self, query: Any) -> Iterator[dict[str, Any]]:
        try:
            for n in range(self.count):
                self.threads.add(threading.get_ident())
                if n == self.break_at:
                    message = f"{query}: cut short"
                    raise ResponseError(message)
                yield {"n": n}
        finally:
            self.threads.add(threading.get_ident())
            self.closed.set()


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (4, [4]), (5, [5]), (12, [5, 5, 2])])
def test_a_local_file_is_read_in_one_other_thread(count: int, sizes: list[int]) -> None:
    reader = Rows(count)
    pages = asyncio.run(drained(local_file(reader, "q", Limits(page_size=5))))
    assert [len(page.records) for page in pages] == sizes
    assert [page.done for page in pages] == [False] * (len(sizes) - 1) + [True]
    assert reader.closed.wait(5)
    assert len(reader.threads) == 1
    assert threading.get_ident() not in reader.threads


def test_a_local_file_is_closed_at_the_limit_and_after_an_error() -> None:
    limited, broken = Rows(50), Rows(50, break_at=12)
    found = asyncio.run(collect(local_file(limited, "q", Limits(rows=7, page_size=5))))
    assert (len(found.records), found.complete) == (7, False)
    exact = asyncio.run(collect(local_file(Rows(7), "q", Limits(rows=7, page_size=5))))
    assert (len(exact.records), exact.complete) == (7, True)
    cut = asyncio.run(collect(local_file(broken, "q", Limits(page_size=5))))
    assert len(cut.records) == 10
    assert isinstance(cut.error, ResponseError)
    assert limited.closed.wait(5)
    assert broken.closed.wait(5)
