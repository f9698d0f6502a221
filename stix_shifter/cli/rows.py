"""Reading native rows for `translate … results`: a JSON list, one object, or one JSON object per line.

A stream is read as it comes: memory holds a chunk of text, or the longest row. A broken line is noted and the
rest is read; a list that breaks ends there. What was read before counts.
"""

from __future__ import annotations

import codecs
import io
import json
import sys
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from stix_shifter.cli.arguments import Inputs, UsageError, bad_argument, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 1 << 16
SHOWN_PROBLEMS = 5
_NO_ROW = object()


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
def open_rows(inputs: Inputs, value: str, name: str) -> Iterator[BinaryIO]:
    """The bytes that an argument names: `@file` (also `.gz`), standard input (`-` or nothing), or itself."""
    if value in ("", "-"):
        inputs.claim_standard_input(name)
        yield sys.stdin.buffer  # not ours to close
    elif value.startswith("@"):
        with _opened(Path(value[1:]).expanduser(), name) as opened:
            yield opened
    else:
        yield io.BytesIO(value.encode("utf-8", "surrogatepass"))


def _opened(path: Path, name: str) -> BinaryIO:
    try:
        if path.suffix != ".gz":
            return path.open("rb")
        import gzip

        return cast("BinaryIO", gzip.open(path, "rb"))
    except OSError as error:
        raise bad_argument(name, f"cannot read {path}: {error.strerror}") from error


class RowReader:
    """The rows of a stream of bytes, one by one; afterwards `summary()` says what could not be read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._problem_count = 0
        self.problems: list[str] = []

    def __iter__(self) -> Iterator[Any]:
        yield from self._guarded(self._rows_of_lines)

    def unread(self) -> Iterator[Any]:
        """As iterating does, but a line of a stream of lines is left as it is, bytes."""
        yield from self._guarded(self._lines)

    def _guarded(self, of_lines: Callable[[bytes], Iterator[Any]]) -> Iterator[Any]:
        try:
            head, is_lines = self._head()
            yield from of_lines(head) if is_lines else self._values(head)
        except (OSError, EOFError, UnicodeDecodeError) as error:
            self._note(f"the input breaks off: {error}")

    def note_line(self, number: int, problem: str) -> None:
        """Note a line that is no JSON."""
        self._note(f"line {number}: not JSON: {problem}")

    def _head(self) -> tuple[bytes, bool]:
        """The first lines, and whether each is a row."""
        head = self._stream.read(CHUNK).removeprefix(codecs.BOM_UTF8)
        while head and not head.strip():
            head = self._stream.read(CHUNK)
        head = head.lstrip() + self._stream.readline()
        return head, _is_lines(head)

    def summary(self) -> list[str]:
        """The first problems, and how many more there are."""
        more = self._problem_count - len(self.problems)
        return [*self.problems, *([f"and {more} more lines like these"] if more else [])]

    def _note(self, problem: str) -> None:
        self._problem_count += 1
        if len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(problem)

    def _lines(self, head: bytes) -> Iterator[bytes]:
        return chain(io.BytesIO(head), self._stream)

    def _rows_of_lines(self, head: bytes) -> Iterator[Any]:
        for number, line in enumerate(self._lines(head), 1):
            row = self._row(line, number)
            if row is not _NO_ROW:
                yield row

    def _row(self, line: bytes, number: int) -> Any:
        from stix_shifter_utils.results.reading import loads

        try:
            return loads(line)
        except (ValueError, RecursionError) as error:
            if line.strip():
                self.note_line(number, _short(error))
            return _NO_ROW

    def _values(self, head: bytes) -> Iterator[Any]:
        """The items of a list, or values that follow each other."""
        decoder, text = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8")()
        is_list = head.startswith(b"[")
        buffer, at, chunk, ended = text.decode(head), int(is_list), CHUNK, False
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
            buffer, at, chunk, ended = buffer[at:] + text.decode(more, not more), 0, chunk * 2, not more


def _is_lines(head: bytes) -> bool:
    """True for one JSON value per line, False for a list and for one value over several lines."""
    from stix_shifter_utils.results.reading import loads

    first, _, rest = head.partition(b"\n")
    if first.startswith(b"["):
        return False
    try:
        loads(first)
    except (ValueError, RecursionError):
        return rest.startswith(b"{")
    return True


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _short(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)
