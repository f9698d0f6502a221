"""Loggers as connectors of earlier releases ask for them, and log output for programs that want ours.

The library itself uses `logging.getLogger` per module and configures no handlers; `init` is for a program's
start.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback

_FORMAT = " %(asctime)s %(name)s %(levelname)s %(message)s"
_COLOURS = {"DEBUG": "36", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}
_thread = threading.local()

DEBUG, INFO, WARNING, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR


class ColourFormatter(logging.Formatter):
    """One line per record; coloured by level when asked for."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__(_FORMAT)
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        code = _COLOURS.get(record.levelname) if self._colour else None
        return f"\x1b[{code}m{text}\x1b[0m" if code else text


class _OurHandler(logging.StreamHandler):  # type: ignore[type-arg]  # not generic at run time before 3.11
    """Marks the handler that `init` made, so that a second call replaces it."""


def init(level: int | str = logging.INFO) -> logging.Handler:
    """Log to standard error from `level` on; coloured on a terminal unless NO_COLOR is set.

    For the start of a program. Answers the handler: add a `RedactingFilter` to it to mask secrets. A second
    call replaces the first.
    """
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _OurHandler)]:
        root.removeHandler(old)
    handler = _OurHandler(sys.stderr)
    handler.setFormatter(ColourFormatter(colour=sys.stderr.isatty() and not os.environ.get("NO_COLOR")))
    root.addHandler(handler)
    root.setLevel(level)
    return handler


def set_logger(name: str) -> logging.Logger:
    """The logger of that name, or the one that this thread was given by `set_external_logger`."""
    external: logging.Logger | None = getattr(_thread, "logger", None)
    return external if external is not None else logging.getLogger(name)


def set_external_logger(logger: logging.Logger | None) -> None:
    """Let `set_logger` answer with this logger in the calling thread; None undoes it."""
    _thread.logger = logger


def exception_to_string(exception: BaseException) -> str:
    """The exception with its traceback."""
    return "".join(traceback.format_exception(type(exception), exception, exception.__traceback__))


def last_tb_to_string(exception: BaseException) -> str:
    """The exception with the place that raised it."""
    frames = traceback.extract_tb(exception.__traceback__)[-1:]
    place = "".join(traceback.format_list(frames))
    return place + "".join(traceback.format_exception_only(type(exception), exception))
