from collections.abc import Callable, Mapping
from typing import Any

import pytest

from stix_shifter.execution import Limits, Searches


class FakeSource:
    """A source with numbered rows per query; behaves as told."""

    def __init__(
        self, rows: Mapping[str, int], *, asynchronous: bool = False, page_cap: int = 10_000
    ) -> None:
        self.rows, self.asynchronous, self.page_cap = rows, asynchronous, page_cap
        self.calls: list[tuple[Any, ...]] = []
        self.statuses: list[dict[str, Any]] = [{"success": True, "status": "COMPLETED", "progress": 100}]

    def is_async(self) -> bool:
        return self.asynchronous

    def query(self, query: Any) -> dict[str, Any]:
        self.calls.append(("query", query))
        if query not in self.rows:
            return {"success": False, "error": f"fake connector error => no {query}", "code": "invalid_query"}
        return {"success": True, "search_id": f"id-{query}"}

    def status(self, search_id: Any, metadata: Any = None) -> dict[str, Any]:
        self.calls.append(("status", search_id, metadata))
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    def results(self, search_id: str, offset: int, length: int, metadata: Any = None) -> dict[str, Any]:
        self.calls.append(("results", search_id, offset, length, metadata))
        name = search_id.removeprefix("id-")
        stop = min(self.rows[name], offset + min(length, self.page_cap))
        return {"success": True, "data": [{"query": name, "row": row} for row in range(offset, stop)]}

    def delete(self, search_id: Any) -> dict[str, Any]:
        self.calls.append(("delete", search_id))
        return {"success": True}

    def made(self, call: str) -> list[tuple[Any, ...]]:
        return [made[1:] for made in self.calls if made[0] == call]


def fetch(source: FakeSource, queries: list[str], **limits: Any) -> tuple[list[dict[str, Any]], Searches]:
    clock = [0.0]
    wait: Callable[[float], None] = lambda s: clock.__setitem__(0, clock[0] + s)  # noqa: E731  a clock in one line
    with Searches(source, queries, Limits(**limits), sleep=wait, now=lambda: clock[0]) as searches:
        rows = [row for page in searches.pages() for row in page]
    return rows, searches


@pytest.mark.parametrize("wanted", [1, 2, 7, 29, 30, 31, 500])
@pytest.mark.parametrize("page", [1, 3, 30, 2000])
@pytest.mark.parametrize("page_cap", [1, 4, 10_000])
def test_n_rows_mean_n_rows_however_the_source_pages(wanted: int, page: int, page_cap: int) -> None:
    source = FakeSource({"q": 30}, page_cap=page_cap)
    rows, searches = fetch(source, ["q"], rows=wanted, page=page)
    assert [row["row"] for row in rows] == list(range(min(wanted, 30)))
    assert searches.failures == []
    assert searches.cut_short is (wanted <= 30)


@pytest.mark.parametrize(
    ("counts", "wanted", "shares"),
    [
        ([100, 100, 100], 10, [4, 3, 3]),
        ([1, 100, 100], 10, [1, 5, 4]),
        ([100, 0, 2], 10, [8, 0, 2]),
        ([3, 3, 3], 100, [3, 3, 3]),
        ([5, 5], 1, [1, 0]),
    ],
)
def test_the_rows_asked_for_are_shared_out_over_the_queries(
    counts: list[int], wanted: int, shares: list[int]
) -> None:
    names = [f"q{number}" for number in range(len(counts))]
    rows, _ = fetch(FakeSource(dict(zip(names, counts, strict=True))), names, rows=wanted)
    assert sorted(sum(1 for row in rows if row["query"] == name) for name in names) == sorted(shares)
    assert len(rows) == min(wanted, sum(counts))
    assert len({(row["query"], row["row"]) for row in rows}) == len(rows)


def test_a_query_that_fails_leaves_the_others_their_rows() -> None:
    rows, searches = fetch(FakeSource({"good": 3, "fine": 2}), ["good", "bad", "fine"], rows=100)
    assert len(rows) == 5
    assert [str(failure) for failure in searches.failures] == [
        "query 2, query: fake connector error => no bad"
    ]


def test_a_page_that_fails_keeps_the_pages_before_it() -> None:
    class Breaking(FakeSource):
        def results(self, search_id: str, offset: int, length: int, metadata: Any = None) -> dict[str, Any]:
            if offset >= 4:
                return {"success": False, "error": "gone", "code": "service_unavailable"}
            return super().results(search_id, offset, length, metadata)

    source = Breaking({"q": 30})
    rows, searches = fetch(source, ["q"], rows=10, page=2)
    assert len(rows) == 4
    assert [failure.call for failure in searches.failures] == ["results"]
    assert source.made("delete") == [("id-q",)]


def test_an_asynchronous_source_is_asked_until_it_is_done_ever_less_often() -> None:
    source = FakeSource({"q": 2}, asynchronous=True)
    running = {"success": True, "status": "RUNNING", "progress": 10}
    source.statuses = [running] * 6 + source.statuses
    rows, searches = fetch(source, ["q"], rows=10)
    assert len(rows) == 2
    assert len(source.made("status")) == 7
    assert searches.failures == []


def test_a_synchronous_source_is_not_asked_for_its_status() -> None:
    source = FakeSource({"q": 2})
    fetch(source, ["q"], rows=10)
    assert source.made("status") == []


def test_a_search_that_never_ends_is_given_up_and_deleted() -> None:
    source = FakeSource({"slow": 2, "also": 2}, asynchronous=True)
    source.statuses = [{"success": True, "status": "RUNNING", "progress": 37}]
    rows, searches = fetch(source, ["slow"], rows=10, timeout_s=60)
    assert rows == []
    assert [str(failure) for failure in searches.failures] == [
        "query 1, status: not finished within 60 seconds (still running at 37 %)"
    ]
    assert source.made("delete") == [("id-slow",)]
    assert len(source.made("status")) < 30


@pytest.mark.parametrize("status", ["ERROR", "CANCELED", "TIMEOUT"])
def test_a_search_that_the_source_ends_is_a_failure(status: str) -> None:
    source = FakeSource({"q": 2}, asynchronous=True)
    source.statuses = [{"success": True, "status": status, "progress": 50}]
    rows, searches = fetch(source, ["q"], rows=10)
    assert (rows, len(searches.failures)) == ([], 1)
    assert status in str(searches.failures[0])


def test_metadata_of_a_page_is_handed_back_and_its_absence_ends_the_search() -> None:
    class Cursor(FakeSource):
        def results(self, search_id: str, offset: int, length: int, metadata: Any = None) -> dict[str, Any]:
            self.calls.append(("results", metadata))
            at = metadata or 0
            answer: dict[str, Any] = {"success": True, "data": [{"row": at}, {"row": at + 1}]}
            return {**answer, "metadata": at + 2} if at < 4 else answer

    source = Cursor({"q": 6})
    rows, _ = fetch(source, ["q"], rows=100)
    assert [row["row"] for row in rows] == [0, 1, 2, 3, 4, 5]
    assert source.made("results") == [(None,), (2,), (4,)]


def test_what_a_source_warns_of_is_kept_once() -> None:
    class Worried(FakeSource):
        def results(self, search_id: str, offset: int, length: int, metadata: Any = None) -> dict[str, Any]:
            answer = super().results(search_id, offset, length, None)
            return {**answer, "metadata": {"warnings": ["a file is cut short"]}}

    rows, searches = fetch(Worried({"q": 6}), ["q"], rows=100, page=2)
    assert (len(rows), searches.warnings) == (6, ["a file is cut short"])


def test_a_page_longer_than_asked_for_loses_nothing() -> None:
    class Generous(FakeSource):
        def results(self, search_id: str, offset: int, length: int, metadata: Any = None) -> dict[str, Any]:
            return super().results(search_id, offset, 20, metadata)

    rows, _ = fetch(Generous({"a": 30, "b": 3}), ["a", "b"], rows=25)
    assert sorted(row["row"] for row in rows if row["query"] == "a") == list(range(22))
    assert sum(1 for row in rows if row["query"] == "b") == 3


def test_a_source_that_ignores_the_offset_is_not_read_twice() -> None:
    class Stubborn(FakeSource):
        def results(self, search_id: str, offset: int, length: int, metadata: Any = None) -> dict[str, Any]:
            return super().results(search_id, 0, length, metadata)

    rows, _ = fetch(Stubborn({"q": 5}), ["q"], rows=100)
    assert len(rows) == 5


def test_equal_rows_on_full_pages_are_all_read() -> None:
    class Equal(FakeSource):
        def results(self, search_id: str, offset: int, length: int, metadata: Any = None) -> dict[str, Any]:
            answer = super().results(search_id, offset, length, metadata)
            return {**answer, "data": [{"same": 1}] * len(answer["data"])}

    rows, _ = fetch(Equal({"q": 6}), ["q"], rows=100, page=2)
    assert len(rows) == 6


@pytest.mark.parametrize("answer", [None, [], {"success": True, "data": "text"}])
def test_an_answer_of_the_wrong_shape_is_a_failure(answer: Any) -> None:
    class Odd(FakeSource):
        def results(self, search_id: str, offset: int, length: int, metadata: Any = None) -> Any:
            return answer

    rows, searches = fetch(Odd({"q": 5}), ["q"], rows=100)
    assert (rows, len(searches.failures)) == ([], 1)


def test_leaving_early_deletes_what_runs() -> None:
    source = FakeSource({"q": 5}, asynchronous=True)

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    source.statuses = [{"success": True, "status": "RUNNING", "progress": 0}]
    searches = Searches(source, ["q"], Limits(rows=5), sleep=interrupt, now=lambda: 0.0)
    with pytest.raises(KeyboardInterrupt), searches:
        list(searches.pages())
    assert source.made("delete") == [("id-q",)]


def test_queries_that_were_not_needed_are_counted() -> None:
    source = FakeSource({"a": 5, "b": 5})
    rows, searches = fetch(source, ["a", "b"], rows=1)
    assert (len(rows), searches.unasked) == (1, 1)
    assert source.made("query") == [("a",)]
