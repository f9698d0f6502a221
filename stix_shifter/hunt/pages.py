"""Where native pages may be kept beside the hunt: a journal to resume from, a recording to replay.

The hunt only knows these calls; `Nothing` keeps nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of a native query: rows by attempt; two attempts may have brought the same ones.

    With `complete` it needs not be asked again.
    """

    attempts: Sequence[Sequence[Any]]
    complete: bool
    why: str = ""


class PageStore(Protocol):
    """Called from the threads of all sources. `query` identifies a native query of a source."""

    @property
    def offline(self) -> bool:
        """Whether sources must not be asked at all."""

    def kept(self, source: str, query: str) -> Kept | None:
        """What there is of a query from before."""

    def keep(self, source: str, query: str, body: Any, rows: Sequence[Any]) -> None:
        """Keep a page."""

    def finish(self, source: str, query: str, body: Any, why: str) -> None:
        """Say that a query needs not be asked again; `why` tells what cut it, if something did."""


class Nothing:
    """Keeps nothing."""

    offline = False

    def kept(self, source: str, query: str) -> Kept | None:
        return None

    def keep(self, source: str, query: str, body: Any, rows: Sequence[Any]) -> None:
        return

    def finish(self, source: str, query: str, body: Any, why: str) -> None:
        return
