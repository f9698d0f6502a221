"""Running the works of a row, each in a process of its own, ours and theirs in turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from bench import places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.table import Row, Work

WORKER = places.ROOT / "bench" / "worker.py"
LIMIT_S = 900


@dataclass(frozen=True)
class Outcome:
    """A measured row: the median of each side, None for one that is left out or failed; then why it did."""

    row: Row
    ours: float | None
    theirs: float | None
    failed: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better ours is."""
        if not self.ours or not self.theirs:
            return None
        return self.ours / self.theirs if self.row.better == "more" else self.theirs / self.ours

    @property
    def verdict(self) -> str:
        """`aim`, `must` or `no`; empty where nothing is asked, or nothing known."""
        row = self.row
        value = self.ratio if row.of == "ratio" else self.ours
        if value is None or row.must is None:
            return "no" if self.failed and row.must is not None else ""
        for word, goal in (("aim", row.aim), ("must", row.must)):
            if goal is not None and (value >= goal if row.of == "ratio" else value <= goal):
                return word
        return "no"


def measure(row: Row, python: str, published: str | None, most: int | None = None) -> Outcome:
    """Run both sides of a row in turn, as many rounds as it asks for, or `most`."""
    sides: dict[str, tuple[str | None, tuple[Work, ...]]] = {
        "ours": (python, row.ours),
        "theirs": (published, row.theirs),
    }
    found: dict[str, list[float]] = {"ours": [], "theirs": []}
    failed = ""
    for _ in range(min(row.rounds, most or row.rounds)):
        for side, (program, works) in sides.items():
            answers = [run(program, work) for work in works] if program else []
            wrong = [f"{side}: {answer['failed']}" for answer in answers if answer.get("failed")]
            failed = failed or "".join(wrong[:1])
            if answers and not wrong:
                found[side].append(row.combine([float(answer[row.figure]) for answer in answers]))
    middle = {side: median(each) if each else None for side, each in found.items()}
    return Outcome(row, middle["ours"], middle["theirs"], failed)


def run(python: str, work: Work) -> Work:
    """One work in a fresh process; what fails is told under `failed`."""
    if work["case"] == "command":
        own = python == sys.executable
        command([places.script(python), *work["command"]], environment(own=own))  # leaves bytecode behind
        return command([places.script(python), *work["command"]], environment(own=own))
    program = sys.executable if work.get("here") else python
    own = program == sys.executable
    try:
        done = subprocess.run(
            [program, str(WORKER), json.dumps(work)],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
            cwd="/",
            env=environment(own=own),
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {LIMIT_S} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1][:300]}
    answer: Work = json.loads(done.stdout.splitlines()[-1])
    return answer


def environment(*, own: bool) -> dict[str, str]:
    """The environment of a process: our checkout is on the path of our side only.

    Both sides have bytecode, as installed packages have: ours is kept apart from the checkout.
    """
    left_out = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    ours = {"PYTHONPATH": str(places.ROOT), "PYTHONPYCACHEPREFIX": str(places.HOME / "bytecode")}
    return {**kept, **ours} if own else kept


def command(arguments: Iterable[str], variables: dict[str, str]) -> dict[str, Any]:
    """A command in a fresh process: its CPU seconds with the start of Python, and the wall clock."""
    start = time.perf_counter()
    process = subprocess.Popen(
        list(arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env=variables
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    failed = f"exit {process.returncode}" if process.returncode else ""
    return {"cpu_s": usage.ru_utime + usage.ru_stime, "wall_s": seconds, "failed": failed}
