"""Time and chance as one value that can be replaced: what waits, retries and expires asks nothing else.

Tests hand in a clock that does not wait. No business with calendars or formats.
"""

from __future__ import annotations

import asyncio
import random
import time
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """What waiting code needs to know of the world."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Come back after `seconds`."""

    def random(self) -> float:
        """A number in [0, 1), for jitter; not for secrets."""


class SystemClock:
    """The real clock and the real dice."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def random(self) -> float:
        return random.random()  # noqa: S311 -- jitter, no secret hangs on it


SYSTEM_CLOCK = SystemClock()
