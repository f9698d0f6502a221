"""Trying the wheels of a release: installed into a clean environment as users do, one smoke test each."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PATTERN = "[ipv4-addr:value = '198.51.100.7']"
_PARSE = (
    "from stix_shifter_utils.pattern import parse_pattern; import stix_shifter_utils;"
    f'print(parse_pattern("{PATTERN}"), stix_shifter_utils.__file__)'
)


def try_wheels(made: Mapping[str, list[Path]], version: str, say: Callable[[str], None]) -> list[str]:
    """What went wrong when the wheels of each mode were installed and used; nothing when all is well.

    The first mode is installed with all it needs, from the package index; the others with what is then there.
    """
    with tempfile.TemporaryDirectory() as place:
        trial = Trial(Path(place).resolve(), version)
        problems: list[str] = []
        for number, (mode, wheels) in enumerate(made.items()):
            failed = trial.install(wheels, with_needs=number == 0)
            if failed:
                return [*problems, f"mode {mode} cannot be installed: {failed}"]
            found = [fault for wheel in wheels for fault in trial.smoke(wheel)]
            say(f"mode {mode}: {len(wheels)} wheels installed in a clean environment, {len(found)} faults")
            problems += [f"mode {mode}: {fault}" for fault in found] + trial.remove(wheels)
        return problems


class Trial:
    """A clean environment, and what is done in it. Commands run in an empty folder, without our variables."""

    def __init__(self, place: Path, version: str) -> None:
        self._home, self._work, self._version = place / "env", place / "work", version
        self._work.mkdir()
        venv.create(self._home, with_pip=True)
        left_out = ("PYTHONPATH", "MODE", "VERSION", "VIRTUAL_ENV")
        self._environment = {key: value for key, value in os.environ.items() if key not in left_out}

    def install(self, wheels: list[Path], *, with_needs: bool) -> str | None:
        """Install wheels; answer what pip said when it could not."""
        options = ["--find-links", str(wheels[0].parent)] if with_needs else ["--no-deps"]
        answer = self._run("python", "-m", "pip", "install", "--quiet", *options, *map(str, wheels))
        if answer.returncode == 0:
            answer = self._run("python", "-m", "pip", "check")
        return None if answer.returncode == 0 else _last_line(answer)

    def remove(self, wheels: list[Path]) -> list[str]:
        """Uninstall them; a file that is left is a fault. pip may leave the namespace as an empty folder."""
        names = [_name(wheel) for wheel in wheels]
        self._run("python", "-m", "pip", "uninstall", "--quiet", "--yes", *names)
        left = [path for path in self._home.rglob("stix_shifter*/**/*") if path.is_file()]
        return [f"{path} is left behind by an uninstallation" for path in left]

    def smoke(self, wheel: Path) -> list[str]:
        """One small use of what a wheel brings."""
        name = _name(wheel)
        if name == "stix_shifter_utils":
            return self._problems(wheel, self._run("python", "-c", _PARSE), str(self._home))
        if name.startswith("stix_shifter_modules_"):
            return self._connectors(wheel, name.removeprefix("stix_shifter_modules_"))
        if name == "stix_shifter_modules":
            return self._connectors(wheel)
        said = self._run("stix-shifter", "--version")
        return self._problems(wheel, said, f"stix-shifter {self._version} ") + self._connectors(wheel)

    def _connectors(self, wheel: Path, *names: str) -> list[str]:
        """Load connectors, and see that they come from here with this version."""
        answer = self._run("stix-shifter", "modules", *names, "--where")
        if answer.returncode != 0:
            return self._problems(wheel, answer, "")
        known: dict[str, Any] = json.loads(answer.stdout)
        wrong = [name for name, about in known.items() if not self._is_here(about)]
        return [f"{wheel.name}: {name} is not loaded from it" for name in wrong]

    def _is_here(self, about: Mapping[str, Any]) -> bool:
        inside = Path(str(about.get("folder"))).is_relative_to(self._home)
        return inside and about.get("version") == self._version and bool(about.get("dialects"))

    def _problems(self, wheel: Path, answer: subprocess.CompletedProcess[str], expected: str) -> list[str]:
        if answer.returncode == 0 and expected in answer.stdout:
            return []
        return [f"{wheel.name}: {_last_line(answer)}"]

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        path = self._home / ("Scripts" if os.name == "nt" else "bin") / program
        return subprocess.run(  # noqa: S603
            [str(path), *words],
            cwd=self._work,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )


def _name(wheel: Path) -> str:
    return wheel.name.split("-", maxsplit=1)[0]


def _last_line(answer: subprocess.CompletedProcess[str]) -> str:
    said = [line for line in (answer.stdout + answer.stderr).splitlines() if line.strip()]
    return said[-1] if said else f"exit {answer.returncode}"
