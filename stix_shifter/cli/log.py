"""Logs of the command line: on standard error, coloured on a terminal, secrets replaced."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stix_shifter.cli.console import wants_colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stix_shifter.cli.console import Console

OURS = ("stix_shifter", "stix_shifter_utils", "stix_shifter_modules")
COLOURS = {"DEBUG": "36", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}


class LineFormatter(logging.Formatter):
    """` <time> <logger> <LEVEL> <message>`."""

    def __init__(self, console: Console, *, colour: bool) -> None:
        super().__init__(" %(asctime)s %(name)s %(levelname)s %(message)s")
        self._console, self._colour = console, colour

    def format(self, record: logging.LogRecord) -> str:
        text = self._console.mask(super().format(record))
        code = COLOURS.get(record.levelname) if self._colour else None
        return f"\x1b[{code}m{text}\x1b[0m" if code else text


class LineHandler(logging.StreamHandler):  # type: ignore[type-arg]  # not generic at run time before Python 3.11
    """Writes to standard error as it is now, below any progress line."""

    def __init__(self, console: Console) -> None:
        super().__init__(sys.stderr)
        self._console = console
        self.setFormatter(LineFormatter(console, colour=wants_colour(sys.stderr)))

    def emit(self, record: logging.LogRecord) -> None:
        self._console.end_progress()
        super().emit(record)


@contextmanager
def logging_to(console: Console, *, debug: bool) -> Iterator[None]:
    """Log while a command runs: ours from INFO (DEBUG when asked), others from WARNING (INFO)."""
    root = logging.getLogger()
    handler = LineHandler(console)
    levels = {name: logging.getLogger(name).level for name in OURS}
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO if debug else logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
