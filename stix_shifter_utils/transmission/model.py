"""What a search is while it runs: its handle, its progress, and the pages of rows it answers with.

Plain values, no input or output. The flows (`flows.py`) pass them on; the base classes of a connector turn
them into the classic dictionaries.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from stix_shifter_utils.frozen import frozen

Record = Mapping[str, Any]
"""One native row, as the source sent it."""


class Status(enum.Enum):
    """The state of a search on its source; the value, as the name, stands in the classic dictionary."""

    COMPLETED = "COMPLETED"
    ERROR = "ERROR"
    CANCELED = "CANCELED"
    TIMEOUT = "TIMEOUT"
    RUNNING = "RUNNING"

    @property
    def is_final(self) -> bool:
        """True when asking again cannot change the answer."""
        return self is not Status.RUNNING


@frozen
class SearchHandle:
    """A search that the source has accepted.

    `search_id` is the source's handle; the id of a one-shot source *is* its query, text or JSON-ready data.
    `metadata` is any JSON value that the source wants back with the next call.
    """

    search_id: Any
    metadata: Any = None


@frozen
class Progress:
    """How far a search is. `percent` is 0 to 100 and only a hint; `status` decides."""

    status: Status
    percent: int = 0
    metadata: Any = None


@frozen
class Page:
    """Some rows of a search, in the source's order.

    `metadata` is any JSON value (a page token, a cursor); the caller hands it back to get the next page.
    `done` is True when this is known to be the last page, False when more is known to follow, None when the
    source does not say: then an empty page ends the search.
    """

    records: Sequence[Record]
    metadata: Any = None
    done: bool | None = None
