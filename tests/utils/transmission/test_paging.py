"""Every way of paging, against simulated sources: nothing is lost, nothing comes twice, from any offset."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter_utils.errors import ConfigurationError, InvalidParameterError, ResponseError
from stix_shifter_utils.transmission import (
    Ask,
    Cursor,
    NextLink,
    Offset,
    OnePage,
    Page,
    PageNumber,
    Piece,
    Pointer,
    TimeSlice,
    fetch_page,
)
from stix_shifter_utils.transmission.paging import next_in_link_header

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stix_shifter_utils.transmission.paging import Paging

    Source = Callable[[Ask], Awaitable[Piece]]

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
NEXT = Pointer.of("$.next")
TOTAL = Pointer.of("$.total")


def rows(count: int) -> list[dict[str, Any]]:
    return [{"n": n, "at": (BEGIN + timedelta(minutes=7 * n)).timestamp() * 1000} for n in range(count)]


def offset_source(data: list[dict[str, Any]], cap: int = 10**9) -> Source:
    async def fetch(ask: Ask) -> Piece:
        start = ask.fields["offset"] - 1
        return Piece(data[start : start + min(ask.fields["limit"], cap)], {"total": len(data)})

    return fetch


def numbered_source(data: list[dict[str, Any]], size: int) -> Source:
    async def fetch(ask: Ask) -> Piece:
        number = ask.fields["page"] - 1
        return Piece(data[number * size : (number + 1) * size], {"total": len(data)})

    return fetch


def cursor_source(data: list[dict[str, Any]]) -> Source:
    async def fetch(ask: Ask) -> Piece:
        start = int(ask.fields.get("cursor", "c0")[1:])
        stop = start + ask.fields["limit"]
        return Piece(data[start:stop], {"next": f"c{stop}" if stop < len(data) else None})

    return fetch


def link_source(data: list[dict[str, Any]], size: int) -> Source:
    async def fetch(ask: Ask) -> Piece:
        start = int((ask.url or "/rows?at=0").partition("=")[2])
        more = start + size < len(data)
        link = (
            f'</first>; rel="first", </rows?at={start + size}>; rel="next"' if more else "</first>; rel=first"
        )
        return Piece(data[start : start + size], None, {"Link": link})

    return fetch


def time_source(data: list[dict[str, Any]]) -> Source:
    async def fetch(ask: Ask) -> Piece:
        return Piece([row for row in data if ask.fields["start"] <= row["at"] < ask.fields["stop"]])

    return fetch


def sources(data: list[dict[str, Any]], size: int) -> dict[str, tuple[Paging, Source]]:
    end = BEGIN + timedelta(minutes=7 * len(data))
    return {
        "offset": (Offset(page_size=size, first=1), offset_source(data)),
        "offset with total": (Offset(page_size=size, first=1, total=TOTAL), offset_source(data)),
        "offset, source caps": (Offset(page_size=size, first=1), offset_source(data, cap=3)),
        "page": (PageNumber(page_size=size), numbered_source(data, size)),
        "page with total": (PageNumber(page_size=size, total=TOTAL), numbered_source(data, size)),
        "cursor": (Cursor(NEXT, page_size=size), cursor_source(data)),
        "link": (NextLink(), link_source(data, size)),
        "time": (TimeSlice(BEGIN, end, slice_s=60 * 7 * size), time_source(data)),
        "all at once": (OnePage(), link_source(data, max(len(data), 1))),
    }


KINDS = list(sources([], 1))


async def every_page(paging: Paging, fetch: Source, length: int) -> list[Page]:
    """What a client does: go on with the growing offset and the metadata until a page is empty."""
    pages, offset, metadata = [], 0, None
    while True:
        page = await fetch_page(paging, fetch, offset, length, metadata)
        pages.append(page)
        if not page.records and page.done is not False:
            return pages
        offset += len(page.records)
        metadata = json.loads(json.dumps(page.metadata))  # it goes to the client and comes back


@pytest.mark.parametrize("kind", KINDS)
@given(count=st.integers(0, 40), size=st.integers(1, 12), length=st.integers(1, 25))
@settings(max_examples=40, deadline=None)
def test_paging_loses_and_repeats_nothing(kind: str, count: int, size: int, length: int) -> None:
    data = rows(count)
    pages = asyncio.run(every_page(*sources(data, size)[kind], length))
    assert [row for page in pages for row in page.records] == data
    assert all(len(page.records) <= length for page in pages)
    assert not any(page.done for page in pages[:-2]), "only the last pages may claim to be the end"


@pytest.mark.parametrize("kind", KINDS)
@given(offset=st.integers(0, 50), length=st.integers(1, 10), size=st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_any_offset_is_reached_without_metadata(kind: str, offset: int, length: int, size: int) -> None:
    data = rows(37)
    paging, fetch = sources(data, size)[kind]
    page = asyncio.run(fetch_page(paging, fetch, offset, length))
    assert list(page.records) == data[offset : offset + len(page.records)]
    assert bool(page.records) == (offset < len(data)) or page.done is False


def test_the_end_is_known_without_asking_again() -> None:
    asked = []

    async def fetch(ask: Ask) -> Piece:
        asked.append(ask)
        return Piece(rows(2), {})

    async def both() -> list[Page]:
        first = await fetch_page(Cursor(NEXT), fetch, 0, 10)
        return [first, await fetch_page(Cursor(NEXT), fetch, 2, 10, first.metadata)]

    pages = asyncio.run(both())
    assert [page.done for page in pages] == [True, True]
    assert [len(page.records) for page in pages] == [2, 0]
    assert len(asked) == 1


def test_more_rows_on_a_page_than_agreed_is_an_error_and_no_loss() -> None:
    async def fetch(ask: Ask) -> Piece:
        return Piece(rows(6))

    with pytest.raises(ResponseError, match="6 rows where 5 were agreed"):
        asyncio.run(fetch_page(PageNumber(page_size=5), fetch, 0, 100))


@pytest.mark.parametrize(
    "metadata", ["x", 5, [], {"skip": 1}, {"token": "a", "skip": -1}, {"token": 1, "skip": "2"}]
)
def test_metadata_of_somebody_else_is_refused(metadata: object) -> None:
    async def fetch(ask: Ask) -> Piece:
        raise AssertionError

    for paging in (Cursor(NEXT), NextLink(), TimeSlice(BEGIN, BEGIN + timedelta(hours=1))):
        with pytest.raises(InvalidParameterError):
            asyncio.run(fetch_page(paging, fetch, 0, 10, metadata))


@pytest.mark.parametrize(
    ("unit", "shown"), [("s", 1767225600), ("ms", 1767225600000), ("iso", "2026-01-01T00:00:00.000Z")]
)
def test_time_is_written_as_the_source_wants_it(unit: Any, shown: object) -> None:
    assert TimeSlice(BEGIN, BEGIN + timedelta(hours=2), unit=unit).ask(0, 1, None).fields["start"] == shown


@pytest.mark.parametrize(
    ("header", "url"),
    [
        (None, None),
        ("", None),
        ('<https://h/a?x=1,2>; rel="next"', "https://h/a?x=1,2"),
        ('<a>; rel="prev", <b>; title="x"; rel="next last"', "b"),
        ("<a>; rel=next", "a"),
        ('<a>; rel="nextish"', None),
    ],
)
def test_the_link_header_is_read(header: str | None, url: str | None) -> None:
    assert next_in_link_header(header) == url


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", {"a": {"b c": [1, {"@d": 2}]}, "n": None}),
        ("$.a['b c'][1].@d", 2),
        ("$['a']['b c'][0]", 1),
        ("$.n", None),
    ],
)
def test_a_pointer_finds_its_place(path: str, value: object) -> None:
    assert Pointer.of(path).find({"a": {"b c": [1, {"@d": 2}]}, "n": None}) == value


@pytest.mark.parametrize("path", ["$.x", "$.a.b", "$[0]", "$.a['b c'][2]", "$.n.x"])
def test_a_pointer_names_what_is_missing(path: str) -> None:
    answer = {"a": {"b c": [1, {"@d": 2}]}, "n": None}
    assert Pointer.of(path).get(answer) is None
    with pytest.raises(ResponseError) as caught:
        Pointer.of(path).find(answer)
    assert path in str(caught.value)


@pytest.mark.parametrize(
    "path", ["", "a", ".a", "$a", "$.", "$..a", "$[*]", "$['a", "$.a b", "x$.a", "$[-1]"]
)
def test_a_pointer_has_no_expressions(path: str) -> None:
    with pytest.raises(ConfigurationError):
        Pointer.of(path)
