"""What a command writes: one JSON document on standard output, everything else on standard error.

Tables are made in `tables.py`; what is logged is set up in `log.py`.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO, TextIO

from stix_shifter.cli.arguments import Inputs

WORKED, ERROR_ANSWER, WRONG_USAGE, SOME_SOURCES_FAILED = 0, 1, 2, 3
INTERRUPTED, BROKEN_PIPE, TERMINATED = 130, 141, 143  # 128 + the signal's number, as a shell counts


class Console:
    """Standard streams of one run, and what has been read from them."""

    def __init__(self) -> None:
        self.inputs = Inputs()
        self._secrets: set[str] = set()
        self._progress_shown = False

    def hide(self, secrets: Iterable[str]) -> None:
        """Replace these texts in everything that is said from now on."""
        self._secrets.update(secrets)

    def answer(self, document: Any) -> int:
        """Print the document; answer with the exit code. What is wrong also goes to standard error."""
        if isinstance(document, Mapping) and is_error(document):
            document = {**document, "error": self.mask(str(document.get("error", "")))}
        self.print_json(document)
        failures = list(errors_in(document))
        for failure in failures:
            self.complain(failure)
        return ERROR_ANSWER if failures else WORKED

    def print_json(self, document: Any) -> None:
        """One JSON document, indented by four, keys in their order; other values as text, NaN as null."""
        sys.stdout.write(to_json(document) + "\n")

    def print_text(self, text: str) -> None:
        """A text for people, on standard output."""
        sys.stdout.write(text.rstrip("\n") + "\n")

    def complain(self, message: str) -> None:
        """One line about what went wrong, without any secret of this run."""
        self.note(f"error: {message}")

    def note(self, message: str) -> None:
        """One line on standard error."""
        self.end_progress()
        sys.stderr.write(self.mask(f"stix-shifter: {message}") + "\n")

    def progress(self, message: str) -> None:
        """A line that the next one overwrites; only where a person watches."""
        if is_terminal(sys.stderr):
            sys.stderr.write(f"\r\x1b[K{self.mask(message)}")
            sys.stderr.flush()
            self._progress_shown = True

    def end_progress(self) -> None:
        """Clear the progress line."""
        if self._progress_shown:
            sys.stderr.write("\r\x1b[K")
            self._progress_shown = False

    def mask(self, text: str) -> str:
        """The text with each secret of this run replaced."""
        if not self._secrets:
            return text
        from stix_shifter_utils.config import redact

        return str(redact(text, self._secrets))

    @property
    def binary(self) -> BinaryIO:
        """Standard output for bytes, after what was written as text."""
        sys.stdout.flush()
        return sys.stdout.buffer


def to_json(document: Any) -> str:
    """JSON text as the command line prints it."""
    try:
        return json.dumps(document, indent=4, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(_without_nan(document), indent=4, default=str)


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return value


def errors_in(document: Any) -> Iterable[str]:
    """The messages of a classic error: the document itself, beside queries, or under a module's name."""
    if not isinstance(document, Mapping):
        return
    if is_error(document):
        yield str(document.get("error") or document.get("code") or "failed without a message")
        return
    for value in document.values():
        if isinstance(value, Mapping) and value.get("success") is False and is_error(value):
            yield str(value.get("error") or value.get("code"))


def is_error(document: Mapping[str, Any]) -> bool:
    """True for `{"success": false, …}`, and for an answer with `error` and `code` beside its queries."""
    return document.get("success") is False or ("error" in document and "code" in document)


def is_terminal(stream: TextIO) -> bool:
    """True where a person reads the stream."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def wants_colour(stream: TextIO) -> bool:
    """Colours only on a terminal, and never with NO_COLOR set."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")
