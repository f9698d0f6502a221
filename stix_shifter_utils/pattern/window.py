"""A half-open span of time, which is what START and STOP say; nothing about observations or clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from stix_shifter_utils.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime


@frozen
class TimeWindow:
    """`[start, stop)`, both aware and in UTC; `None` means open at that end.

    A window whose stop is not after its start is empty: two windows without a common instant intersect to
    one.
    """

    start: datetime | None = None
    stop: datetime | None = None

    ALL: ClassVar[TimeWindow]

    @property
    def is_empty(self) -> bool:
        return self.start is not None and self.stop is not None and self.stop <= self.start

    def intersect(self, other: TimeWindow) -> TimeWindow:
        """The instants that lie in both windows."""
        starts = [moment for moment in (self.start, other.start) if moment is not None]
        stops = [moment for moment in (self.stop, other.stop) if moment is not None]
        return TimeWindow(max(starts, default=None), min(stops, default=None))

    def contains(self, moment: datetime) -> bool:
        """Whether start <= moment < stop."""
        return (self.start is None or self.start <= moment) and (self.stop is None or moment < self.stop)


TimeWindow.ALL = TimeWindow()
