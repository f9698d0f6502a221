"""The searches that callers started through this host and have not deleted: none is left behind at a source.

They are deleted when the host goes down, and when nobody has asked about them for long. Only searches that
run at a source are kept here; the id of others is their query.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stix_shifter.host.target import Target

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Search:
    """One search, and how to reach it."""

    target: Target = field(repr=False)
    search_id: Any

    @property
    def key(self) -> str:
        """The same for the same search of the same source."""
        where = [self.target.connector, self.target.connection.get("host"), self.target.shown, self.search_id]
        return json.dumps(where, default=str)


class Searches:
    """Which searches run, and when each was last asked about; safe to share among threads."""

    def __init__(self, idle_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._idle_s, self._clock = idle_s, clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Search, float]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def started(self, search: Search) -> None:
        """A search runs."""
        with self._lock:
            self._known[search.key] = (search, self._clock())

    def asked(self, search: Search) -> None:
        """Somebody still wants it."""
        with self._lock:
            if search.key in self._known:
                self._known[search.key] = (search, self._clock())

    def ended(self, search: Search) -> None:
        """It was deleted."""
        with self._lock:
            self._known.pop(search.key, None)

    def take_forgotten(self) -> list[Search]:
        """Searches that nobody asked about for too long, and the oldest of too many; no longer known here."""
        now = self._clock()
        with self._lock:
            by_age = sorted(self._known.items(), key=lambda item: item[1][1])
            surplus = max(0, len(by_age) - MOST)
            old = [
                key
                for number, (key, (_, last)) in enumerate(by_age)
                if number < surplus or now - last > self._idle_s
            ]
            return [self._known.pop(key)[0] for key in old]

    def take_all(self) -> list[Search]:
        """Every search; none is known here any more."""
        with self._lock:
            found = [search for search, _ in self._known.values()]
            self._known.clear()
            return found


def delete_all(searches: Iterable[Search], limit_s: float) -> int:
    """Delete searches at their sources, all at once; how many of them answered so within `limit_s`."""
    import asyncio

    waiting = list(searches)
    return asyncio.run(_delete_all(waiting, limit_s)) if waiting else 0


async def _delete_all(searches: list[Search], limit_s: float) -> int:
    import asyncio

    tasks = [asyncio.create_task(delete(search)) for search in searches]
    done, late = await asyncio.wait(tasks, timeout=limit_s)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=1.0)
    return sum(1 for task in done if task.exception() is None and task.result())


async def delete(search: Search) -> bool:
    """Delete one search; whether its source said so."""
    from stix_shifter.stix_transmission.stix_transmission import StixTransmission

    target = search.target
    transmission = StixTransmission(target.connector, target.connection, target.configuration)
    try:
        answer = await transmission.delete_async(search.search_id)
    finally:
        await transmission.close_async()
    return answer.get("success") is True
