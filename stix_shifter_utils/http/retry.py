"""When a request is tried again, and how long to wait before: a value and its arithmetic; it never waits."""

from __future__ import annotations

import email.utils
import math
from dataclasses import dataclass
from datetime import datetime, timezone

IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently.

    `attempts` counts the first one. The wait before attempt n+1 is between half and all of `backoff_s` ·
    2^(n-1), at most `longest_s`; a Retry-After of the source wins where it is longer. `budget_s` bounds all
    waits of one call: a wait that does not fit is not begun.
    """

    attempts: int = 3
    backoff_s: float = 0.5
    longest_s: float = 20.0
    budget_s: float = 60.0
    statuses: frozenset[int] = frozenset({429, 500, 502, 503, 504})

    def wait_s(self, attempt: int, dice: float, retry_after_s: float | None) -> float:
        """Seconds to wait after the failed attempt number `attempt` (from 1); `dice` is in [0, 1)."""
        full = min(self.backoff_s * 2.0 ** (attempt - 1), self.longest_s)
        return max(full * (0.5 + dice / 2), retry_after_s or 0.0)

    def repeats_status(self, status: int, *, repeatable: bool) -> bool:
        """Whether that status is worth another attempt: 429 was not processed, so even a POST may repeat."""
        return status in self.statuses and (repeatable or status == TOO_MANY)


NO_RETRY = Retry(attempts=1)


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """The seconds that Retry-After asks for: a number, or an HTTP date seen from `now`; None if neither."""
    if header is None:
        return None
    text = header.strip()
    try:
        seconds = float(text)
    except ValueError:
        return _until(text, now)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - now).total_seconds())
