"""Waiting no longer than is allowed, without ever swallowing a cancellation.

`asyncio.wait_for` loses a cancellation that meets a result (until Python 3.12); a search would go on after
Ctrl-C.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from stix_shifter_utils.errors import SourceTimeoutError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from stix_shifter_utils.http import Clock

T = TypeVar("T")


async def within(seconds: float, work: Awaitable[T]) -> T:
    """The result of some work, which is cancelled with us, or after `seconds` by asyncio.TimeoutError."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _stopped(task)
        raise
    if not done:
        await _stopped(task)
        raise asyncio.TimeoutError
    return task.result()


async def _stopped(task: asyncio.Future[T]) -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # looked at, so that nobody complains


class Deadline:
    """The end of the time set for something, `seconds` from now by the given clock."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._clock, self._seconds = clock, seconds
        self._end = clock.monotonic() + seconds

    async def bound(self, work: Awaitable[T], what: str) -> T:
        """The result of some work. Raises SourceTimeoutError, and `what` says what then had not happened."""
        try:
            return await within(max(0.0, self._left_s()), work)
        except asyncio.TimeoutError as error:
            raise self._over(what) from error

    async def sleep(self, seconds: float, what: str) -> None:
        """Wait, but not beyond the end."""
        if self._left_s() <= 0:
            raise self._over(what)
        await self._clock.sleep(min(seconds, self._left_s()))

    def _left_s(self) -> float:
        return self._end - self._clock.monotonic()

    def _over(self, what: str) -> SourceTimeoutError:
        message = f"{what} after {self._seconds:g} s, the time set for it; narrow it or allow more"
        return SourceTimeoutError(message)
