"""A coroutine in a thread and an event loop of its own, awaited from another loop.

Each source of a hunt runs so: a connector that blocks its loop (a driver without async, a long computation)
delays nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from stix_shifter_utils.errors import SourceTimeoutError, StixShifterError, TransmissionError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")
CLEAN_UP_S = 12.0
"""How long cancelled work may take to clean up: deleting its searches."""


async def in_own_thread(work: Callable[[], Coroutine[Any, Any, T]], name: str, *, limit_s: float) -> T:
    """The result of `work()`, run in a thread of its own.

    It is cancelled with us, and after `limit_s`; either way it has CLEAN_UP_S to end. Raises
    SourceTimeoutError past the limit; a thread that does not end then is left behind, and cannot hinder the
    end of the program.
    """
    running = _Running(work)
    threading.Thread(target=running.main, name=name, daemon=True).start()
    try:
        done, _ = await asyncio.wait({running.ended}, timeout=limit_s)
    except asyncio.CancelledError:
        running.cancel()
        await asyncio.wait({running.ended}, timeout=CLEAN_UP_S)
        raise
    if not done:
        running.cancel()
        await asyncio.wait({running.ended}, timeout=CLEAN_UP_S)
        how = "" if running.ended.done() else ", and it does not let itself be interrupted"
        message = f"it was not done after {limit_s:g} s{how}; narrow the window or allow more time"
        raise SourceTimeoutError(message)
    return running.result()


class _Running(Generic[T]):
    """Work on its way through its thread."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self._outer = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._outer.create_future()
        self._lock = threading.Lock()
        self._inner: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[T] | None = None
        self._cancelled = False
        self._result: list[T] = []
        self._error: BaseException | None = None

    def main(self) -> None:
        """The thread."""
        try:
            self._result = [asyncio.run(self._announced())]
        except (StixShifterError, asyncio.CancelledError) as error:
            self._error = error
        finally:
            with contextlib.suppress(RuntimeError):  # nobody waits any more: that loop is closed
                self._outer.call_soon_threadsafe(self._end)

    async def _announced(self) -> T:
        with self._lock:
            self._inner = asyncio.get_running_loop()
            self._task = asyncio.ensure_future(self._work())
            if self._cancelled:
                self._task.cancel()
        return await self._task

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def cancel(self) -> None:
        """Cancel the work, from the thread that waits."""
        with self._lock:
            self._cancelled = True
            if self._inner is not None and self._task is not None:
                with contextlib.suppress(RuntimeError):  # it has just ended
                    self._inner.call_soon_threadsafe(self._task.cancel)

    def result(self) -> T:
        """What the work gave, or raise what it raised; its own failures are values, not exceptions."""
        if self._error is not None:
            raise self._error
        if not self._result:
            message = "the thread broke down; its traceback stands on standard error"
            raise TransmissionError(message)
        return self._result[0]
