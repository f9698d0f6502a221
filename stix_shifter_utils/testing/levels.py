"""The grades of a connector, and how a test says to which one it belongs. Computed in `grade.py`."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Level(enum.Enum):
    """From the folder alone, over a product that answers, to the proof that nothing is lost or invented."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


def belongs_to(level: Level) -> Callable[[F], F]:
    """Mark a test of the standard suite."""

    def mark(test: F) -> F:
        test.__dict__["level"] = level
        return test

    return mark


bronze = belongs_to(Level.BRONZE)
silver = belongs_to(Level.SILVER)
gold = belongs_to(Level.GOLD)


def level_of(test: object) -> Level | None:
    """The level that a test is marked with."""
    level = getattr(test, "level", None)
    return level if isinstance(level, Level) else None
