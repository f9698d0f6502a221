"""How a source hands out its rows in pieces, as values: offsets, page numbers, cursors, links, time slices.

A paging value says what to ask for the rows from an offset on, and what an answer means for the next call.
Whoever fetches (an API client, `declared.py`) gives `fetch_page` a function that sends one request.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal, Protocol

from stix_shifter_utils.errors import InvalidParameterError, ResponseError
from stix_shifter_utils.transmission.model import Page, Record

if TYPE_CHECKING:
    from stix_shifter_utils.transmission.pointer import Pointer

Fields = Mapping[str, Any]
_MOST_STEPS = 100_000
_END = {"end": True}


@dataclass(frozen=True, slots=True)
class Ask:
    """What to send for one piece: query parameters (or body fields), or a whole URL instead.

    `skip` rows at the head of the piece are not wanted; `token` is the state it was made from.
    """

    fields: Fields = field(default_factory=dict)
    url: str | None = None
    skip: int = 0
    token: Any = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What came: the rows of one request, the whole JSON answer, and the headers."""

    records: Sequence[Record]
    answer: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Fetch = Callable[[Ask], Awaitable[Piece]]


class Paging(Protocol):
    """One way of handing out rows."""

    def ask(self, offset: int, length: int, metadata: Any) -> Ask:
        """What to send for up to `length` rows from row `offset` on; `metadata` comes from the last page."""

    def page(self, ask: Ask, piece: Piece, offset: int, length: int) -> Page:
        """The page made of a piece."""


async def fetch_page(paging: Paging, fetch: Fetch, offset: int, length: int, metadata: Any = None) -> Page:
    """One page from row `offset` on, perhaps shorter than `length`; an empty or a `done` one is the end.

    A source that knows no offsets is walked from its beginning when `metadata` is missing.
    Raises what `fetch` raises.
    """
    if metadata == _END:
        return Page((), _END, done=True)
    if offset and metadata is None and isinstance(paging, _Walked):
        return await _walk(paging, fetch, offset, length)
    ask = paging.ask(offset, length, metadata)
    return paging.page(ask, await fetch(ask), offset, length)


async def _walk(paging: Paging, fetch: Fetch, offset: int, length: int) -> Page:
    passed, metadata = 0, None
    for _ in range(_MOST_STEPS):
        wanted = min(length, offset - passed) if passed < offset else length
        ask = paging.ask(passed, wanted, metadata)
        page = paging.page(ask, await fetch(ask), passed, wanted)
        if passed >= offset:
            return page
        if page.done:
            return Page((), _END, done=True)
        passed, metadata = passed + len(page.records), page.metadata
    message = f"row {offset} was not reached within {_MOST_STEPS} pages"
    raise ResponseError(message)


@dataclass(frozen=True, slots=True)
class Offset:
    """`from=200&size=100`: the first row, counted from `first`, and how many. `total` points to the count."""

    offset: str = "offset"
    length: str = "limit"
    page_size: int = 1000
    first: int = 0
    total: Pointer | None = None

    def ask(self, offset: int, length: int, metadata: Any) -> Ask:
        return Ask({self.offset: offset + self.first, self.length: min(length, self.page_size)})

    def page(self, ask: Ask, piece: Piece, offset: int, length: int) -> Page:
        records = piece.records[:length]
        return Page(records, done=_reached(self.total, piece, offset + len(records)))


@dataclass(frozen=True, slots=True)
class PageNumber:
    """`page=3&per_page=100`: pages of one size, counted from `first`; `length` None: the source fixes it."""

    page_number: str = "page"
    length: str | None = "per_page"
    page_size: int = 100
    first: int = 1
    total: Pointer | None = None

    def ask(self, offset: int, length: int, metadata: Any) -> Ask:
        number, skip = divmod(offset, self.page_size)
        size = {self.length: self.page_size} if self.length else {}
        return Ask({self.page_number: number + self.first, **size}, skip=skip)

    def page(self, ask: Ask, piece: Piece, offset: int, length: int) -> Page:
        if len(piece.records) > self.page_size:
            message = f"a page holds {len(piece.records)} rows where {self.page_size} were agreed"
            raise ResponseError(message)
        records = piece.records[ask.skip : ask.skip + length]
        done = _reached(self.total, piece, offset + len(records))
        ended = ask.skip and not records  # the page before was the last one, and not full
        return Page(records, done=True if ended else done)


class _Walked:
    """A source that goes on from a token only. The page's metadata is `{"token", "skip"}`, plain JSON."""

    __slots__ = ()

    def _state(self, metadata: Any) -> tuple[Any, int]:
        if metadata is None:
            return None, 0
        skip = metadata.get("skip", 0) if isinstance(metadata, dict) else None
        if not isinstance(skip, int) or skip < 0 or "token" not in metadata:
            message = "this metadata is not what an earlier page of this source gave"
            raise InvalidParameterError(message)
        return metadata["token"], skip

    def _page(self, ask: Ask, piece: Piece, length: int, following: Any) -> Page:
        records = piece.records[ask.skip : ask.skip + length]
        if len(piece.records) > ask.skip + length:
            return Page(records, {"token": ask.token, "skip": ask.skip + len(records)}, done=False)
        if following is None:
            return Page(records, _END, done=True)
        return Page(records, {"token": following, "skip": 0}, done=False)


@dataclass(frozen=True, slots=True)
class Cursor(_Walked):
    """`cursor=opaque`: an answer holds the next cursor at `following`; none, "" or null is the end."""

    following: Pointer
    cursor: str = "cursor"
    length: str | None = "limit"
    page_size: int = 1000

    def ask(self, offset: int, length: int, metadata: Any) -> Ask:
        token, skip = self._state(metadata)
        # The size must be the same each time: a source may count its cursor in pages.
        fields = {self.length: self.page_size} if self.length else {}
        return Ask({**fields, **({self.cursor: token} if token is not None else {})}, skip=skip, token=token)

    def page(self, ask: Ask, piece: Piece, offset: int, length: int) -> Page:
        return self._page(ask, piece, length, self.following.get(piece.answer) or None)


@dataclass(frozen=True, slots=True)
class NextLink(_Walked):
    """The answer names the next URL: at `following`, or (None) in its Link header (RFC 8288, rel="next")."""

    following: Pointer | None = None
    length: str | None = None
    page_size: int = 1000

    def ask(self, offset: int, length: int, metadata: Any) -> Ask:
        token, skip = self._state(metadata)
        fields = {self.length: self.page_size} if self.length and token is None else {}
        if token is not None and not isinstance(token, str):
            message = "the next page's address is not a text"
            raise ResponseError(message)
        return Ask(fields, url=token, skip=skip, token=token)

    def page(self, ask: Ask, piece: Piece, offset: int, length: int) -> Page:
        if self.following is not None:
            return self._page(ask, piece, length, self.following.get(piece.answer) or None)
        return self._page(ask, piece, length, next_in_link_header(piece.headers.get("Link")))


@dataclass(frozen=True, slots=True)
class TimeSlice(_Walked):
    """A source without paging, asked for one stretch of time after another: half-open, `slice_s` seconds.

    `begin` and `end` bound the whole search (aware). `unit` is how the source writes a moment.
    """

    begin: datetime
    end: datetime
    start: str = "start"
    stop: str = "stop"
    slice_s: float = 3600.0
    unit: Literal["s", "ms", "iso"] = "ms"

    def ask(self, offset: int, length: int, metadata: Any) -> Ask:
        number, skip = self._state(metadata)
        begin = self.begin + timedelta(seconds=self.slice_s * (number or 0))
        end = min(begin + timedelta(seconds=self.slice_s), self.end)
        fields = {self.start: self._written(begin), self.stop: self._written(end)}
        return Ask(fields, skip=skip, token=number or 0)

    def page(self, ask: Ask, piece: Piece, offset: int, length: int) -> Page:
        following = ask.token + 1
        is_last = self.begin + timedelta(seconds=self.slice_s * following) >= self.end
        return self._page(ask, piece, length, None if is_last else following)

    def _written(self, moment: datetime) -> int | str:
        if self.unit == "iso":
            text = moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")
            return text.replace("+00:00", "Z")
        return round(moment.timestamp() * (1000 if self.unit == "ms" else 1))


@dataclass(frozen=True, slots=True)
class OnePage:
    """No paging: the source answers everything at once, and each call cuts its rows out of that."""

    def ask(self, offset: int, length: int, metadata: Any) -> Ask:
        return Ask(skip=offset)

    def page(self, ask: Ask, piece: Piece, offset: int, length: int) -> Page:
        records = piece.records[offset : offset + length]
        return Page(records, done=offset + len(records) >= len(piece.records))


def next_in_link_header(header: str | None) -> str | None:
    """The URL of rel="next" in a Link header; None when there is none."""
    for url, parameters in re.findall(r"<([^>]*)>([^<]*)", header or ""):
        if re.search(r";\s*rel\s*=\s*\"?[^\";]*\bnext\b", parameters, re.IGNORECASE):
            return str(url)
    return None


def _reached(total: Pointer | None, piece: Piece, given: int) -> bool | None:
    """Whether these were the last rows, if the source says how many there are."""
    count = total.get(piece.answer) if total else None
    if isinstance(count, bool) or not isinstance(count, int):
        return None
    return given >= count or not piece.records
