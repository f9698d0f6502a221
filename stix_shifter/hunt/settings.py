"""What is the same for all sources of one hunt: the question, how it is asked, and where to stop."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stix_shifter.hunt.budget import Budget

if TYPE_CHECKING:
    from stix_shifter.hunt.plan import Question
    from stix_shifter_utils.query import Policy

DEFAULT_LIMIT = 10_000
DEFAULT_TIME_LIMIT_S = 300.0
SOURCES_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class HuntSettings:
    """`limit`: most rows of each native query. `time_limit_s`: what a source has unless it states its own.

    `sources_at_once` bounds how many run together; the others wait, and their time does not run.
    """

    question: Question
    policy: Policy = "widen"
    same_object: bool = False
    limit: int = DEFAULT_LIMIT
    time_limit_s: float = DEFAULT_TIME_LIMIT_S
    sources_at_once: int = SOURCES_AT_ONCE
    budget: Budget = field(default_factory=Budget)
    first_poll_s: float = 0.3
    longest_poll_s: float = 10.0
    began: float = field(default_factory=time.monotonic)

    def seconds_left(self) -> float:
        """What is left of the budget of seconds; endless without one."""
        if self.budget.seconds is None:
            return float("inf")
        return max(0.0, self.budget.seconds - (time.monotonic() - self.began))
