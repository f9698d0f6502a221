"""What a hunt may use in all: rows, calls and seconds, counted over all sources and their threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from stix_shifter_utils.errors import TransmissionError


class BudgetSpentError(TransmissionError):
    """A search was not sent, or not read on, because the hunt's budget is used up."""


@dataclass(slots=True)
class Budget:
    """Most rows and calls, None for no limit; `seconds` are watched by who runs the hunt."""

    rows: int | None = None
    calls: int | None = None
    seconds: float | None = None
    used_rows: int = 0
    used_calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take_call(self) -> None:
        """Count a call. Raises BudgetSpentError when there is none left."""
        with self._lock:
            if self.calls is not None and self.used_calls >= self.calls:
                message = f"the budget of {self.calls} calls is used up"
                raise BudgetSpentError(message)
            self.used_calls += 1

    def take_rows(self, count: int) -> int:
        """How many of so many rows may be kept."""
        with self._lock:
            left = count if self.rows is None else max(0, self.rows - self.used_rows)
            taken = min(count, left)
            self.used_rows += taken
            return taken
