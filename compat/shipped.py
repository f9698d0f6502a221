"""Tests that published wheels carry, run in both environments; nothing of them is read here."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from compat.environments import Environments

_LIMIT_S = 300
_RUN = re.compile(r"^Ran (\d+) test", re.MULTILINE)
_NOT_PASSED = re.compile(r"(?:failures|errors)=(\d+)")


class Shipped(NamedTuple):
    """How many tests of a wheel pass, of how many, on the published core and on ours."""

    connector: str
    published: tuple[int, int]
    ours: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.connector} {_of(*self.ours)} (published core: {_of(*self.published)})"

    @property
    def is_worse(self) -> bool:
        return self.ours[0] < self.published[0]


def shipped_tests(places: Environments, connectors: tuple[str, ...]) -> list[Shipped]:
    """The results of every connector that has tests."""
    found = []
    for name in connectors:
        folders = [_tests(python, name) for python in (places.published, places.ours)]
        if all(folders):
            theirs, mine = (
                _passed(python, folder)
                for python, folder in zip((places.published, places.ours), folders, strict=True)
                if folder is not None
            )
            found.append(Shipped(name, theirs, mine))
    return found


def _of(passed: int, run: int) -> str:
    return f"{passed} of {run}"


def _tests(python: Path, connector: str) -> Path | None:
    """The folder of a connector's tests in an environment, if it holds any that unittest can find."""
    for site in python.parents[1].glob("lib*/**/site-packages"):
        for name in ("tests", "test"):
            folder = site / "stix_shifter_modules" / connector / name
            if (folder / "__init__.py").is_file() and any(folder.rglob("test_*.py")):
                return folder
    return None


def _passed(python: Path, folder: Path) -> tuple[int, int]:
    site = folder.parents[2]
    command = [str(python), "-m", "unittest", "discover", "-s", str(folder), "-t", str(site)]
    answer = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=folder, timeout=_LIMIT_S
    )
    run = _RUN.search(answer.stderr)
    count = int(run[1]) if run else 0
    return count - sum(map(int, _NOT_PASSED.findall(answer.stderr))), count
