"""The options of a hunt, for callers of the Python API. Values only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from stix_shifter.hunt.budget import Budget
    from stix_shifter.hunt.pages import PageStore


class HuntOptions(TypedDict, total=False):
    """All may be left out: the last 24 hours, at most 10,000 rows per native query, 300 seconds per source.

    `since` counts back from `now` (aware; this moment); it, or `start` and `stop`, are for the parts of the
    pattern without START-STOP. `on_unmapped`: what becomes of comparisons that a source cannot be asked:
    `widen` asks for more and checks the rows here, `prune` leaves out their AND group, `refuse` fails the
    source. `same_object`: the reading of §9.5 for AND in brackets. `limit`: most rows of each native query;
    `time_limit_s`: seconds per source that states none. `budget`: over all sources. `pages`: a Journal to
    resume from or to replay. `hunt_id`: a name for this hunt.
    """

    now: datetime
    since: timedelta | None
    start: datetime | None
    stop: datetime | None
    on_unmapped: Literal["widen", "prune", "refuse"] | None
    same_object: bool
    limit: int | None
    time_limit_s: float | None
    sources_at_once: int | None
    budget: Budget | None
    pages: PageStore | None
    hunt_id: str | None
