"""Asking an environment: calls are cut into parts, which child processes answer side by side."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from compat.environments import HOME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compat.cases import Call

WORKER = Path(__file__).with_name("worker.py")
_PART = 1500
"""Calls per child: starting one costs less than a second."""


class Answers(NamedTuple):
    """The answers of one environment in the order of the calls, and the seconds that they took in all."""

    found: list[Any]
    seconds: float


def ask_both(published: Path, ours: Path, calls: list[Call]) -> tuple[Answers, Answers]:
    """Both environments on the same calls, as many children at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        theirs = [pool.submit(_part, published, f"published-{n}", part) for n, part in _parts(calls)]
        mine = [pool.submit(_part, ours, f"ours-{n}", part) for n, part in _parts(calls)]
        return _joined([one.result() for one in theirs]), _joined([one.result() for one in mine])


def ask(python: Path, name: str, calls: list[Call]) -> Answers:
    """One environment alone."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        jobs = [pool.submit(_part, python, f"{name}-{n}", part) for n, part in _parts(calls)]
        return _joined([one.result() for one in jobs])


def _parts(calls: list[Call]) -> list[tuple[int, list[Call]]]:
    return [(start, calls[start : start + _PART]) for start in range(0, len(calls), _PART)]


def _joined(parts: Sequence[Answers]) -> Answers:
    return Answers([one for part in parts for one in part.found], sum(part.seconds for part in parts))


def _part(python: Path, name: str, calls: list[Call]) -> Answers:
    folder = HOME / "calls"
    folder.mkdir(parents=True, exist_ok=True)
    source, sink = folder / f"{name}-calls.jsonl", folder / f"{name}-answers.jsonl"
    source.write_text("".join(json.dumps(call) + "\n" for call in calls), encoding="utf-8")
    with (folder / f"{name}.log").open("w", encoding="utf-8") as log:
        subprocess.run([python, WORKER, source, sink], check=True, cwd=HOME, stdout=log, stderr=log)
    lines = [json.loads(line) for line in sink.read_text(encoding="utf-8").splitlines()]
    return Answers(lines[:-1], lines[-1]["seconds"])
