"""Reading native rows for `translate … results`: a JSON list, one object, or one JSON object per line.

A stream is read as it comes: memory holds a chunk of text, or the longest row. A broken line is noted and the
rest is read; a list that breaks ends there. What was read before counts.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from stix_shifter.cli.arguments import Inputs, UsageError, bad_argument, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 16
SHOWN_PROBLEMS = 5


def rows_from_text(text: str, name: str) -> Any:
    """The value of a JSON text, or the list of its lines where each line is a JSON object."""
    try:
        return parse_json(text, name)
    except UsageError:
        lines = [line for line in text.split("\n") if line.strip()]
        if not lines[1:] or not all(line.lstrip().startswith("{") for line in lines):
            raise
        return [parse_json(line, f"{name}, row {number}") for number, line in enumerate(lines, 1)]


@contextmanager
def open_rows(inputs: Inputs, value: str, name: str) -> Iterator[TextIO]:
    """The text that an argument names: `@file` (also `.gz`), standard input (`-` or nothing), or itself."""
    if value in ("", "-"):
        inputs.claim_standard_input(name)
        stream = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig")
        try:
            yield stream
        finally:
            stream.detach()  # standard input is not ours to close
    elif value.startswith("@"):
        with _opened(Path(value[1:]).expanduser(), name) as opened:
            yield opened
    else:
        yield io.StringIO(value)


def _opened(path: Path, name: str) -> TextIO:
    open_binary = gzip.open if path.suffix == ".gz" else open
    try:
        return io.TextIOWrapper(open_binary(path, "rb"), encoding="utf-8-sig")
    except OSError as error:
        raise bad_argument(name, f"cannot read {path}: {error.strerror}") from error


class RowReader:
    """The rows of a text stream, one by one; afterwards `summary()` says what could not be read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._problem_count = 0
        self.problems: list[str] = []

    def __iter__(self) -> Iterator[Any]:
        try:
            head = self._stream.read(CHUNK)
            while head and not head.strip():
                head = self._stream.read(CHUNK)
            head = head.lstrip() + self._stream.readline()
            yield from self._lines(head) if _is_lines(head) else self._values(head)
        except (OSError, EOFError, UnicodeDecodeError) as error:
            self._note(f"the input breaks off: {error}")

    def summary(self) -> list[str]:
        """The first problems, and how many more there are."""
        more = self._problem_count - len(self.problems)
        return [*self.problems, *([f"and {more} more lines like these"] if more else [])]

    def _note(self, problem: str) -> None:
        self._problem_count += 1
        if len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(problem)

    def _lines(self, head: str) -> Iterator[Any]:
        lines = chain(io.StringIO(head), self._stream)
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield from self._line(line, number)

    def _line(self, line: str, number: int) -> Iterator[Any]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            self._note(f"line {number}: not JSON: {_short(error)}")
        else:
            yield row

    def _values(self, head: str) -> Iterator[Any]:
        """The items of a list, or values that follow each other."""
        decoder = json.JSONDecoder()
        is_list = head.startswith("[")
        buffer, at, chunk, ended = head, int(is_list), CHUNK, False
        while True:
            at = _skip(buffer, at)
            if (is_list and buffer.startswith("]", at)) or (ended and at == len(buffer) and not is_list):
                return
            try:
                value, stop = decoder.raw_decode(buffer, at)
                if stop < len(buffer) or ended:
                    yield value
                    at, chunk = stop, CHUNK
                    continue
            except RecursionError:
                self._note("a row is nested too deep; what follows it is not read")
                return
            except ValueError as error:
                if ended:
                    self._note(f"the input breaks off: {_short(error)}")
                    return
            more = self._stream.read(chunk)
            buffer, at, chunk, ended = buffer[at:] + more, 0, chunk * 2, not more


def _is_lines(head: str) -> bool:
    """True for one JSON value per line, False for a list and for one value over several lines."""
    first, _, rest = head.partition("\n")
    if first.startswith("["):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return rest.startswith("{")
    return True


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _short(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)
