"""What a piece of work cost in HTTP: requests, repetitions, waiting, bytes; and the source's clock.

Who wants to know opens a tally round the work; the client counts into it. Nothing is decided by it.
"""

from __future__ import annotations

import contextlib
import email.utils
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(slots=True)
class Tally:
    """Counts, which may go on over several pieces of work of one task.

    `waited_s` is time between attempts. `clock_ahead_s` is how far the last answer's Date was ahead of our
    clock, within a second and the time that the answer took; None where no answer had one. Sources that are
    not asked over HTTP may tell their time by `told`.
    """

    requests: int = 0
    retries: int = 0
    waited_s: float = 0.0
    bytes_received: int = 0
    clock_ahead_s: float | None = None

    def answered(self, size: int, date: str | None, now: datetime) -> None:
        """Count an answer, with a body of so many bytes; `date` is its header, `now` our time, aware."""
        self.bytes_received += size
        if date:
            with contextlib.suppress(ValueError):
                moment = email.utils.parsedate_to_datetime(date)
                aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
                self.clock_ahead_s = (aware - now).total_seconds()

    def told(self, source_s: float, now_s: float) -> None:
        """Note the source's time beside ours, both in seconds since 1970."""
        self.clock_ahead_s = source_s - now_s

    def repeated(self, wait_s: float) -> None:
        """Count another attempt, after a wait."""
        self.retries += 1
        self.waited_s += wait_s


_open: ContextVar[Tally | None] = ContextVar("http_tally", default=None)


@contextlib.contextmanager
def tallied(tally: Tally) -> Iterator[None]:
    """Count into this tally what is sent inside, also by tasks that are started there."""
    before = _open.set(tally)
    try:
        yield
    finally:
        _open.reset(before)


def open_tally() -> Tally | None:
    """The tally of this task, if somebody wants to know."""
    return _open.get()
