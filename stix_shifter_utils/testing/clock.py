"""A clock that does not wait: sleeping moves it on at once, and it remembers how long it slept."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

_START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class FakeClock:
    """Starts at `start` (aware, UTC); `slept` holds every wait in seconds; the dice always show `dice`."""

    def __init__(self, start: datetime = _START, dice: float = 0.0) -> None:
        self.start, self.dice = start, dice
        self.passed_s = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.passed_s

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed_s)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)  # others get their turn, as in a real wait

    def random(self) -> float:
        return self.dice

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.passed_s += seconds
