"""What `hunt_stream` tells while a hunt goes on: values, in the order in which things happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stix_shifter.hunt.ledger import SourceEntry
    from stix_shifter.hunt.plan import Question
    from stix_shifter.hunt.report import HuntReport


@dataclass(frozen=True, slots=True)
class HuntStarted:
    """The question as it is asked, and the names of the sources."""

    hunt_id: str
    question: Question
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceProgress:
    """A source's planning is done, or a search was polled or gave a page. `entry` is what is known so far."""

    source: str
    entry: SourceEntry
    what: str


@dataclass(frozen=True, slots=True)
class SourceFinished:
    """A source is through, one way or the other: `entry.state` tells which."""

    source: str
    entry: SourceEntry


@dataclass(frozen=True, slots=True)
class HuntFinished:
    """The last event."""

    report: HuntReport


HuntEvent = HuntStarted | SourceProgress | SourceFinished | HuntFinished
