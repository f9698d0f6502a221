"""Running connectors' work for requests: a bounded pool of threads, each with an event loop of its own.

A call ends at its time limit, whatever the connector does: an async one is cancelled, and one that blocks its
thread is waited for no longer, but keeps its place in the pool until it ends. Nothing here knows HTTP.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stix_shifter.host.policy import Limits

Work = Callable[[], Coroutine[Any, Any, Any]]
_GRACE_S = 2.0
"""How much later than the cancelling of a call its waiting ends, so that a connector can clean up."""


class BusyError(Exception):
    """All places stayed taken for as long as a request waits for one."""


class StoppingError(Exception):
    """The host is going down."""


class TooLongError(Exception):
    """The work took longer than a request may."""


class Call:
    """One piece of work on its way through the pool."""

    def __init__(self, work: Work, limit_s: float, on_orphan: Callable[[Any], None] | None) -> None:
        self._work, self._limit_s, self._on_orphan = work, limit_s, on_orphan
        self._lock = threading.Lock()
        self._task: asyncio.Task[Any] | None = None
        self._cancelled = self._left = False
        self.result: concurrent.futures.Future[Any] = concurrent.futures.Future()

    def run(self, loop: asyncio.AbstractEventLoop) -> None:
        """Do the work in this thread; its outcome is `result`, whatever it is."""
        try:
            value = loop.run_until_complete(self._limited(loop))
        except asyncio.CancelledError:
            self.result.set_exception(StoppingError())
        except BaseException as error:  # noqa: BLE001  the thread must live; the waiting one raises it
            self.result.set_exception(error)
        else:
            with self._lock:
                orphan = self._left
                self.result.set_result(value)
            if orphan and self._on_orphan is not None:
                self._on_orphan(value)

    async def _limited(self, loop: asyncio.AbstractEventLoop) -> Any:
        with self._lock:
            if self._cancelled:
                raise asyncio.CancelledError
            self._task = loop.create_task(self._work())
        limit = None if self._on_orphan else self._limit_s  # what starts something is not stopped halfway
        done, _ = await asyncio.wait([self._task], timeout=limit)
        if not done:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=_GRACE_S)
            raise TooLongError
        return self._task.result()

    def leave(self) -> bool:
        """Wait no longer; False when the result is there already."""
        with self._lock:
            self._left = not self.result.done()
            return self._left

    def cancel(self) -> None:
        """End the work where it waits for something."""
        with self._lock:
            self._cancelled = True
            task = self._task
        if task is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closed: the work has ended
                task.get_loop().call_soon_threadsafe(task.cancel)


class Calls:
    """The pool. Threads are made when they are first needed, and do not hold up the end of the program."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places = threading.Semaphore(limits.concurrent)
        self._waiting: SimpleQueue[Call | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._running: set[Call] = set()
        self._stopping = threading.Event()

    def answer(self, work: Work, *, on_orphan: Callable[[Any], None] | None = None) -> Any:
        """Run the work and return its value, or raise what it raises.

        Raises BusyError, StoppingError, TooLongError. With `on_orphan` work that took too long is not
        cancelled, and its late value is given to that function.
        """
        if not self._places.acquire(timeout=self._limits.queue_s):
            raise BusyError
        if self._stopping.is_set():
            self._places.release()
            raise StoppingError
        call = Call(work, self._limits.request_s, on_orphan)
        self._submit(call)
        try:
            return call.result.result(self._limits.request_s + _GRACE_S * 2)
        except concurrent.futures.TimeoutError:
            if call.result.done() or not call.leave():
                return call.result.result(0)
            raise TooLongError from None

    def stop(self, limit_s: float) -> None:
        """Take no more work, cancel what runs, and wait for its end, `limit_s` seconds at most."""
        self._stopping.set()
        with self._lock:
            running, threads = list(self._running), list(self._threads)
        for call in running:
            call.cancel()
        for _ in threads:
            self._waiting.put(None)
        until = time.monotonic() + limit_s
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _submit(self, call: Call) -> None:
        with self._lock:
            self._running.add(call)
            if self._idle == 0:
                thread = threading.Thread(target=self._serve, name="stix-shifter-call", daemon=True)
                self._threads.append(thread)
                thread.start()
            else:
                self._idle -= 1
        self._waiting.put(call)

    def _serve(self) -> None:
        loop = asyncio.new_event_loop()
        try:
            while (call := self._waiting.get()) is not None:
                try:
                    call.run(loop)
                finally:
                    with self._lock:
                        self._running.discard(call)
                        self._idle += 1
                    self._places.release()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
