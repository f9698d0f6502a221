"""All sources at once: started within bounds, watched, cancelled together; what they found is settled."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from stix_shifter.hunt.candidates import joined
from stix_shifter.hunt.check import settle
from stix_shifter.hunt.events import HuntFinished, HuntStarted, SourceFinished, SourceProgress
from stix_shifter.hunt.kept_groups import KeptGroups
from stix_shifter.hunt.ledger import Ledger, SourceEntry
from stix_shifter.hunt.report import HuntReport
from stix_shifter.hunt.source_run import SourceRun
from stix_shifter.hunt.threads import in_own_thread
from stix_shifter_utils.connector.edge import error_answer
from stix_shifter_utils.errors import StixShifterError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from stix_shifter.hunt.events import HuntEvent
    from stix_shifter.hunt.pages import PageStore
    from stix_shifter.hunt.settings import HuntSettings
    from stix_shifter.hunt.sources import Source

log = logging.getLogger(__name__)
GRACE_S = 5.0
"""What a source has beyond its limit: its flows end themselves at the limit, with a better message."""


class Hunt:
    """One hunt; run it once, by iterating over `events`."""

    def __init__(
        self, hunt_id: str, sources: Sequence[Source], settings: HuntSettings, pages: PageStore
    ) -> None:
        self._settings, self._pages, self._sources = settings, pages, tuple(sources)
        self._groups = KeptGroups()
        question = settings.question
        entries = [SourceEntry(one.name, one.connector, str(one.identity["id"])) for one in sources]
        self.ledger = Ledger(
            hunt_id, question.text, question.now, question.window, question.window_from, entries
        )
        if not question.asked:
            self.ledger.warnings.append("no instant lies in the pattern's windows, so nothing is asked")

    async def events(self) -> AsyncGenerator[HuntEvent, None]:
        """What happens, ending with HuntFinished. Closing it early cancels everything, searches included."""
        queue: asyncio.Queue[HuntEvent | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def put(event: HuntEvent) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(queue.put_nowait, event)

        question = self._settings.question
        names = tuple(one.name for one in self._sources)
        yield HuntStarted(self.ledger.hunt_id, question, names)
        runs = [
            SourceRun(
                number,
                source,
                self.ledger.sources[number],
                self._settings,
                self._pages,
                self._groups,
                _teller(put, source, self.ledger.sources[number]),
            )
            for number, source in enumerate(self._sources)
        ]
        watched = asyncio.ensure_future(self._watched(runs, queue))
        try:
            while (event := await queue.get()) is not None:
                yield event
            await watched
        finally:
            watched.cancel()
            await asyncio.wait({watched})
        yield HuntFinished(self._report(runs))

    async def _watched(self, runs: Sequence[SourceRun], queue: asyncio.Queue[HuntEvent | None]) -> None:
        """Run every source; each one's end is told, and at last `None`."""
        at_once = asyncio.Semaphore(self._settings.sources_at_once)

        async def one(run: SourceRun) -> None:
            async with at_once:
                await _isolated(run)
            queue.put_nowait(SourceFinished(run.source.name, run.entry))

        tasks = [asyncio.ensure_future(one(run)) for run in runs]
        try:
            for task in tasks:
                await task
        finally:
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)
            queue.put_nowait(None)

    def _report(self, runs: Sequence[SourceRun]) -> HuntReport:
        settled = settle(self._settings.question, joined((run.candidates for run in runs), self._groups))
        ledger = self.ledger
        for source, count in settled.sources().items():
            ledger.sources[source].matched = count
        ledger.matched = len(settled)
        ledger.combination_exact = settled.exact
        if not settled.exact:
            ledger.warnings.append(
                "the combination was too much to search: some observations may take part in no match"
            )
        ledger.took_s = time.monotonic() - self._settings.began
        return HuntReport(ledger, tuple(one.identity for one in self._sources), settled)


async def _isolated(run: SourceRun) -> None:
    """Run a source in its thread; whatever becomes of it, the others are not touched."""
    limit_s = run.limit_s
    if limit_s <= 0:
        run.fail({"error": "not asked: the hunt's time is used up", "code": "service_unavailable"})
        run.entry.settle()
        return
    try:
        await in_own_thread(run.run, f"hunt-{run.source.name}", limit_s=limit_s + GRACE_S)
    except StixShifterError as error:
        run.fail(error_answer(error, secrets=run.source.secrets))
        run.entry.took_s = limit_s
        run.entry.settle()


def _teller(put: Callable[[HuntEvent], None], source: Source, entry: SourceEntry) -> Callable[[str], None]:
    return lambda what: put(SourceProgress(source.name, entry, what))
