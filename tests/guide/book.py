"""The guide's pages as files and commands: what they hold, and replaying them in a folder of their own.

In a page, a line such as **`acme_watch/entry_point.py`** before a block names a file that the block holds.
A block of the language `console` is a session: lines after `$ ` are commands, what follows is what the
terminal shows. `…` stands for any text, a line of `…` alone for any lines.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stix_shifter.cli.app import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guide"
MODULES = "stix_shifter_modules"
MOST_S = 240
_PIECE = re.compile(
    r"^\*\*`(?P<file>[^`]+)`\*\*\n\n```\w+\n(?P<content>.*?)^```$|^```console\n(?P<session>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class File:
    """A file that a page shows whole."""

    name: str
    content: str

    @property
    def path(self) -> str:
        """Where it goes, from the reader's folder."""
        return f"{MODULES}/{self.name}" if "/" in self.name else self.name


@dataclass(frozen=True)
class Command:
    """A command of a session, and what the page says that the terminal shows."""

    words: tuple[str, ...]
    shown: str

    @property
    def line(self) -> str:
        """As a reader types it."""
        return shlex.join(self.words)


def pieces(page: str) -> Iterator[File | Command]:
    """The files and commands of a page, in order."""
    text = (GUIDE / page).read_text(encoding="utf-8")
    for found in _PIECE.finditer(text):
        if found["file"]:
            yield File(found["file"], found["content"])
        else:
            yield from _commands(found["session"])


def _commands(session: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        typed = re.match(r"(?:[^\n]*\\\n)*[^\n]*", part)
        assert typed is not None
        words = shlex.split(typed[0].replace("\\\n", " "))
        yield Command(tuple(words), part[typed.end() :].strip("\n"))


def alike(shown: str, printed: str) -> bool:
    """Whether a terminal shows what a page says."""
    if not shown:
        return not printed.strip()
    lines = [
        r"(?:[^\n]*\n)*?" if line == "…" else ".*?".join(map(re.escape, line.split("…"))) + r"\n"
        for line in shown.splitlines()
    ]
    return re.fullmatch("".join(lines), printed.strip("\n") + "\n") is not None


@dataclass
class Reader:
    """Somebody who follows the guide in a folder, with Python looking there for connectors."""

    folder: Path
    background: list[subprocess.Popen[str]] = field(default_factory=list)

    def do(self, piece: File | Command) -> str:
        """Write a file; or type a command, and tell what the terminal shows."""
        if isinstance(piece, Command):
            return self.type(piece.words)
        target = self.folder / piece.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(piece.content, encoding="utf-8")
        importlib.invalidate_caches()
        return ""

    def type(self, words: tuple[str, ...]) -> str:
        """What the terminal shows; both streams together."""
        if words[:2] == ("mkdir", "-p"):
            (self.folder / words[2]).mkdir(parents=True, exist_ok=True)
            return ""
        if words[0] == "export":  # the test has seen to it
            return ""
        if words[0] == "kill":
            return self._stop()
        if words[-1] == "&":
            self._start(words[:-1])
            return ""
        return self._inside(words[1:]) if words[0] == "stix-shifter" else self._outside(words)

    def _inside(self, words: tuple[str, ...]) -> str:
        """The command `stix-shifter`, without the start of another Python."""
        terminal = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(terminal), contextlib.redirect_stderr(terminal):
            main(list(words))
        return terminal.buffer.getvalue().decode("utf-8")

    def _outside(self, words: tuple[str, ...]) -> str:
        done = subprocess.run(
            [sys.executable, *words[1:]],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=MOST_S,
            check=False,
        )
        return done.stdout

    def _start(self, words: tuple[str, ...]) -> None:
        """The sandbox, up to the moment when its files are there."""
        command = [sys.executable, str(ROOT / "main.py"), *words[1:], "--for", str(MOST_S)]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.background.append(process)
        ready, last = self.folder / "lab" / "sources.yaml", time.monotonic() + MOST_S
        while not (ready.is_file() and ready.read_text().endswith("\n")):
            assert process.poll() is None, "the sandbox has ended"
            assert time.monotonic() < last, "the sandbox does not start"
            time.sleep(0.02)

    def _stop(self) -> str:
        process = self.background.pop()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=MOST_S)
        return ""

    def leave(self) -> None:
        """End what still runs."""
        for process in self.background:
            process.kill()
            process.wait(MOST_S)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)])}
