"""Async code from plain code: without a loop where none is needed, inside one, from threads, with Ctrl-C."""

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest

from stix_shifter_utils.utils.async_utils import loop_wanted, run_in_thread, run_light, run_sync


async def add(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a + b


def test_a_coroutine_runs_to_its_end() -> None:
    assert run_sync(add(1, 2)) == 3


def test_exceptions_come_out_as_they_are() -> None:
    async def fail() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        run_sync(fail())
    with pytest.raises(KeyError):
        run_light(fail())


def test_it_works_inside_a_running_loop() -> None:
    async def outer() -> list[int]:
        return [run_sync(add(1, n)) for n in range(3)] + [run_light(_needing_a_loop())]

    assert asyncio.run(outer()) == [1, 2, 3, 7]


async def _needing_a_loop() -> int:
    await loop_wanted()
    return await add(3, 4)


def test_a_light_coroutine_gets_a_loop_when_it_asks_for_one() -> None:
    assert run_light(_needing_a_loop()) == 7


def test_a_light_coroutine_can_call_plain_code_that_runs_async_code() -> None:
    async def outer() -> int:
        return run_sync(_needing_a_loop()) + run_light(_needing_a_loop())

    assert run_light(outer()) == 14


def test_a_light_coroutine_runs_without_a_loop() -> None:
    async def running() -> bool:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return False
        return True

    assert run_light(running()) is False
    assert run_sync(running()) is True


def test_calls_of_one_thread_share_a_loop_and_threads_do_not() -> None:
    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    seen: list[asyncio.AbstractEventLoop] = []
    first, second = run_sync(loop()), run_sync(loop())
    thread = threading.Thread(target=lambda: seen.append(run_sync(loop())))
    thread.start()
    thread.join()
    assert first is second
    assert seen[0] is not first
    assert seen[0].is_closed()


def test_many_threads_at_once_do_not_block_each_other() -> None:
    barrier = threading.Barrier(4, timeout=10)
    results: list[int] = []

    async def meet() -> int:
        barrier.wait()
        return 1

    threads = [threading.Thread(target=lambda: results.append(run_sync(meet()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1] * 4


def test_run_in_thread_awaits_functions_and_answers_exceptions() -> None:
    def plain(a: int) -> int:
        return a

    async def fail(**_: Any) -> None:
        raise ValueError(*["broken"])

    assert run_in_thread(add, 1, b=2) == 3
    assert run_in_thread(plain, 4) == 4
    assert run_in_thread(fail, connector="m") == {
        "success": False,
        "connector": "m",
        "error": "m connector error => broken",
        "code": "unknown",
    }
    assert run_in_thread(fail)["error"] == "unsupplied connector name connector error => broken"


@pytest.mark.parametrize(
    ("error", "text"),
    [(KeyError("k"), "'k'"), (NotImplementedError("x"), "x"), (TimeoutError("late"), "late")],
)
def test_run_in_thread_tells_exceptions_in_the_words_of_earlier_releases(error: Exception, text: str) -> None:
    async def fail() -> None:
        raise error

    answer = run_in_thread(fail, connector="m")
    assert (answer["error"], answer["code"]) == (f"m connector error => {text}", "unknown")


INTERRUPTED = """
import asyncio, os, signal, sys, threading
from stix_shifter_utils.utils.async_utils import run_sync

async def search():
    try:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        await asyncio.sleep(30)
    finally:
        await asyncio.sleep(0)
        print("deleted", flush=True)

def main():
    try:
        run_sync(search())
    except KeyboardInterrupt:
        print("interrupted", flush=True)

async def inside_a_loop():
    main()

if sys.argv[1] == "plain":
    main()
else:
    loop = asyncio.new_event_loop()  # as in a notebook: asyncio.run keeps the first Ctrl-C to itself
    loop.run_until_complete(inside_a_loop())
    loop.close()
"""


@pytest.mark.parametrize("where", ["plain", "nested"])
def test_ctrl_c_lets_the_call_clean_up_before_it_is_raised(where: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", INTERRUPTED, where],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout.split() == ["deleted", "interrupted"], done.stderr
    assert "Traceback" not in done.stderr or where == "nested"


def test_nothing_is_left_open_at_exit() -> None:
    code = (
        "import asyncio, threading\n"
        "from stix_shifter_utils.utils.async_utils import run_sync\n"
        "async def leave(): asyncio.create_task(asyncio.sleep(60))\n"
        "async def outer(): run_sync(leave())\n"
        "run_sync(leave()); asyncio.run(outer())\n"
        "thread = threading.Thread(target=lambda: run_sync(leave())); thread.start(); thread.join()\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", code],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_forked_child_starts_afresh() -> None:
    code = (
        "import asyncio, multiprocessing\n"
        "from stix_shifter_utils.utils.async_utils import run_sync\n"
        "async def one(): await asyncio.sleep(0); return 1\n"
        "def child(queue): queue.put(run_sync(one()))\n"
        "context = multiprocessing.get_context('fork')\n"
        "run_sync(one()); queue = context.Queue()\n"
        "process = context.Process(target=child, args=(queue,)); process.start()\n"
        "print(queue.get(timeout=20), run_sync(one())); process.join()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=40, check=False
    )
    assert done.stdout.split() == ["1", "1"], done.stderr
