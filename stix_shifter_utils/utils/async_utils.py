"""Async code called from plain code: `run_sync`, its light sibling `run_light`, the classic `run_in_thread`.

Each thread that calls keeps one event loop, so that what a connector holds open (a connection pool) outlives
a call. A thread that is already running a loop (a notebook) gets a helper thread with a loop of its own.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

CLEANUP_LIMIT_S = 10.0
"""How long an interrupted call may take to clean up (to delete its search on the product)."""
_POLL_S = 1.0


class _ThreadState(threading.local):
    """What this module keeps per calling thread."""

    light: bool = False  # a coroutine is being driven without an event loop
    own: _OwnLoop | None = None
    helper: _HelperThread | None = None


_state = _ThreadState()


class _LoopWanted:
    """Yields once to `run_light`, which then goes on inside an event loop; does nothing elsewhere."""

    def __await__(self) -> Generator[Any, None, None]:
        if _state.light:
            yield self


def loop_wanted() -> Awaitable[None]:
    """Await this before what needs a running event loop, in coroutines that `run_light` may drive."""
    return _LoopWanted()


def loop_is_running() -> bool:
    """True inside a running event loop of this thread. Does not import asyncio to find out."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def run_light(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that needs an event loop only after it has awaited `loop_wanted()`.

    Translation is such a coroutine: it waits for nothing unless a connector's translator is async. Saves
    making a loop, and importing asyncio.
    """
    before, _state.light = _state.light, True
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    finally:
        _state.light = before
    return run_sync(coroutine)


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and return its result, also inside a running event loop.

    Ctrl-C cancels the coroutine, lets it clean up (10 s at most), and is raised again.
    """
    before, _state.light = _state.light, False
    try:
        if loop_is_running():
            _state.helper = _state.helper or _HelperThread()
            return _state.helper.run(coroutine)
        _state.own = _state.own or _OwnLoop()
        return _state.own.run(coroutine)
    finally:
        _state.light = before


def run_in_thread(
    function: Callable[..., Any], *args: Any, connector: str | None = None, **kwargs: Any
) -> Any:
    """Call a function, plain or async, and wait for its result; an exception becomes the classic dictionary.

    The classic name; no thread is made unless this one is already running an event loop.
    """
    from stix_shifter_utils.connector.edge import classic_answer_of

    async def called() -> Any:
        result = function(*args, **kwargs)
        return await result if isinstance(result, Awaitable) else result

    return run_sync(classic_answer_of(called(), connector))


class _OwnLoop:
    """The event loop that a thread keeps; closed when the thread, or the program, ends."""

    def __init__(self) -> None:
        import asyncio

        self._loop = asyncio.new_event_loop()
        self.close = weakref.finalize(self, _close, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task = self._loop.create_task(coroutine)
        try:
            return self._loop.run_until_complete(task)
        except BaseException:
            self._clean_up(task)
            raise

    def _clean_up(self, task: asyncio.Task[Any]) -> None:
        import asyncio

        if not task.done():
            task.cancel()
            self._loop.run_until_complete(asyncio.wait([task], timeout=CLEANUP_LIMIT_S))


class _HelperThread:
    """A thread that runs an event loop for a caller whose own thread is running one. Ends with its caller."""

    def __init__(self) -> None:
        import asyncio

        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever, name="stix-shifter-sync", daemon=True)
        thread.start()
        self.close = weakref.finalize(self, _stop, self._loop, thread)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        call = _Call(coroutine)
        self._loop.call_soon_threadsafe(call.start, self._loop)
        try:
            while not call.finished.wait(_POLL_S):  # an endless wait hides Ctrl-C on Windows
                pass
        except BaseException:
            self._loop.call_soon_threadsafe(call.cancel)
            call.finished.wait(CLEANUP_LIMIT_S)
            raise
        return call.result()


class _Call(Generic[T]):
    """A coroutine on its way through another thread's loop; it may have begun before it got there."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None
        self.finished = threading.Event()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._task = loop.create_task(self._coroutine)
        self._task.add_done_callback(lambda _: self.finished.set())

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def result(self) -> T:
        if self._task is None:
            message = "the call was never started"
            raise RuntimeError(message)
        return self._task.result()


def _stop(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    loop.call_soon_threadsafe(loop.stop)
    if thread is not threading.current_thread():
        thread.join(CLEANUP_LIMIT_S)
        _close(loop)


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what a connector left running, and close."""
    if not loop_is_running() and not loop.is_running():
        loop.run_until_complete(_finish_all(loop))
    loop.close()


async def _finish_all(loop: asyncio.AbstractEventLoop) -> None:
    import asyncio

    tasks = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=CLEANUP_LIMIT_S)
    await loop.shutdown_asyncgens()


def _forget_after_fork() -> None:
    """A child process must not touch the loops of its parent; not even to close them."""
    global _state  # noqa: PLW0603 -- the parent's thread state means nothing in the child
    for kept in (_state.own, _state.helper):
        if kept is not None:
            kept.close.detach()
            _LEFT_TO_PARENT.append(kept)
    _state = _ThreadState()


_LEFT_TO_PARENT: list[object] = []

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
