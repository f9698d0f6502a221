"""One source of a hunt: opened, planned, all its searches run, rows translated and judged as pages arrive.

Runs in a thread and loop of its own. What fails stands in the ledger's entry; nothing is raised but a
cancellation.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from stix_shifter.hunt.budget import BudgetSpentError
from stix_shifter.hunt.candidates import Candidates
from stix_shifter.hunt.check import DialectCheck
from stix_shifter.hunt.ledger import Failure, SearchEntry
from stix_shifter.hunt.plan import DialectPlan, capabilities_of, plan_source, query_key
from stix_shifter.hunt.rows import RowCounter, Translation
from stix_shifter.hunt.search import Pace, Search
from stix_shifter_utils.config import redact
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.query import Verdict
from stix_shifter_utils.transmission import Limits, submit_poll_page_delete

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stix_shifter.hunt.kept_groups import KeptGroups
    from stix_shifter.hunt.ledger import SourceEntry
    from stix_shifter.hunt.pages import PageStore
    from stix_shifter.hunt.rows import OnlyRows, QueryRows
    from stix_shifter.hunt.settings import HuntSettings
    from stix_shifter.hunt.sources import Source
    from stix_shifter_utils.connector import BaseEntryPoint
    from stix_shifter_utils.query import Capabilities, NativeQuery, QueryPlan

log = logging.getLogger(__name__)
PAGE_ROWS = 2000
_MOST_NATIVE_LIMIT = 10_000_000  # what the common option result_limit allows


class SourceRun:
    """The work on one source. `candidates` and `entry` grow while it runs; read them when it has ended."""

    def __init__(
        self,
        number: int,
        source: Source,
        entry: SourceEntry,
        settings: HuntSettings,
        pages: PageStore,
        groups: KeptGroups,
        tell: Callable[[str], None],
    ) -> None:
        self.number, self.source, self.entry = number, source, entry
        self.settings, self._pages, self._tell = settings, pages, tell
        self.candidates = Candidates(groups)
        self._ends = self._limit_s = 0.0
        self._secrets: frozenset[str] = source.secrets

    @property
    def limit_s(self) -> float:
        """The time that the source has for everything."""
        return min(self.source.time_limit_s or self.settings.time_limit_s, self.settings.seconds_left())

    async def run(self) -> None:
        """Everything; a failure becomes the entry's."""
        began = time.monotonic()
        self._limit_s = self.limit_s
        self._ends = began + self._limit_s
        self.entry.state, self.entry.started = "running", datetime.now(timezone.utc)
        try:
            answer = await answer_of(self._work(), secrets=self._secrets)
        finally:
            self.entry.took_s = time.monotonic() - began
        if isinstance(answer, dict):
            self.fail(answer)
        self.entry.settle()

    def fail(self, answer: Mapping[str, Any]) -> None:
        """Keep why the source as a whole did not work."""
        self.entry.failure = self._failure(answer)

    def _failure(self, answer: Mapping[str, Any]) -> Failure:
        text = str(redact(str(answer.get("error") or "no reason given"), self._secrets))
        return Failure(text, str(answer.get("code") or "unknown"))

    async def _work(self) -> None:
        entry_point = self._opened()
        self._secrets = self.source.secrets | entry_point.secrets()
        async with entry_point.session():
            plans = plan_source(self.source, entry_point, self.settings.question, self.settings.policy)
            self._note_plans(plans)
            self._tell("planned")
            at_once = asyncio.Semaphore(self.source.searches_at_once)
            capabilities = capabilities_of(self.source)
            self._note_retention(capabilities)
            pace = Pace(self.source.pause_s, capabilities.rate_per_min)
            work = [
                self._search(search, at_once)
                for plan in plans
                for search in self._searches(entry_point, plan, pace, capabilities)
            ]
            await _all(work)

    def _opened(self) -> BaseEntryPoint:
        options = dict(self.source.connection.get("options") or {})
        limit = min(int(options.get("result_limit") or _MOST_NATIVE_LIMIT), self.settings.limit + 1)
        options |= {"stix_2.1": True, "result_limit": min(limit, _MOST_NATIVE_LIMIT)}
        options.setdefault("reserved_names", "rename")
        if self.settings.same_object:
            options["same_object"] = True
        connection = {**self.source.connection, "options": options}
        kind = load_entry_point(self.source.module)
        return kind(connection, dict(self.source.configuration))

    def _note_plans(self, plans: Sequence[DialectPlan]) -> None:
        for plan in plans:
            self.entry.verdicts[plan.dialect] = plan.plan.verdicts
            left_out = [
                *plan.plan.unmapped_attributes,
                *(one.value for one in plan.plan.unmapped_comparators),
            ]
            if left_out:
                self.entry.warn(f"{plan.dialect}: not asked for: {', '.join(left_out)}")
            if plan.queries and plan.plan.verdicts and _asks_for_all(plan.plan):
                self.entry.warn(
                    f"{plan.dialect}: nothing of the pattern can be asked, so every row is fetched"
                )
            if not plan.plan.verdicts and plan.queries:
                self.entry.warn(f"{plan.dialect}: the connector translates by itself and gives no verdicts")

    def _note_retention(self, capabilities: Capabilities) -> None:
        days, start = capabilities.retention_days, self.settings.question.window.start
        if days is not None and start is not None and self.settings.question.now - timedelta(days) > start:
            self.entry.warn(f"the source keeps {days:g} days; the window starts before that")

    def _searches(
        self, entry_point: BaseEntryPoint, plan: DialectPlan, pace: Pace, capabilities: Capabilities
    ) -> list[_DialectSearch]:
        """A search for each native query of a dialect, with what they share."""
        queries = plan.queries
        if not queries:
            return []
        translation = Translation(entry_point, plan.dialect, self.source.identity, self.entry)
        settings = self.settings
        check = DialectCheck(
            self.number, settings.question, plan, self.candidates, same_object=settings.same_object
        )
        counter = RowCounter()
        asked = (self.source.connection.get("options") or {}).get("batch_size")
        page_rows = min(int(asked or PAGE_ROWS), capabilities.page_size or PAGE_ROWS)
        made = []
        for query in queries:
            entry = SearchEntry(query.dialect, redact(query.body, self._secrets), query.window, query.limit)
            self.entry.searches.append(entry)
            search = Search(entry_point, self.entry, entry, self.settings.budget, pace, self._secrets)
            made.append(_DialectSearch(query, search, translation, check, counter, page_rows))
            made[-1].alone = len(queries) == 1
        return made

    async def _search(self, search: _DialectSearch, at_once: asyncio.Semaphore) -> None:
        """One search; what fails is kept, and the others go on."""
        async with at_once:
            entry = search.entry
            entry.state, entry.started = "running", datetime.now(timezone.utc)
            began = time.monotonic()
            try:
                answer = await answer_of(self._fetched(search), secrets=self._secrets)
            finally:
                entry.took_s = time.monotonic() - began
            if isinstance(answer, dict):
                entry.state, entry.failure = "failed", self._failure(self._timed(answer, search.given))
            self._tell(f"search {entry.state}")

    def _timed(self, answer: Mapping[str, Any], given: int) -> Mapping[str, Any]:
        """An error, in words of the source's limit where that ended it: a flow knows only what was left."""
        if time.monotonic() < self._ends:
            return answer
        kept = f"; the {given} rows that came before are kept" if given else ""
        seconds = self.settings.budget.seconds
        own = self.source.time_limit_s or self.settings.time_limit_s
        limit = (
            f"the hunt's budget of {seconds:g} s"
            if seconds is not None and self._limit_s < own
            else f"its time limit of {self._limit_s:g} s"
        )
        text = f"not done within {limit}; narrow the window or allow more{kept}"
        return {**answer, "error": text}

    async def _fetched(self, search: _DialectSearch) -> None:
        """Read a search to its end or to a limit, from what was kept of it and from the source."""
        entry, source, key = search.entry, self.source.name, search.key
        kept = self._pages.kept(source, key)
        for rows in kept.attempts if kept is not None else ():
            entry.kept_rows += len(rows)
            await self._take(search, search.counter.query(), rows)
            search.given = 0
        if kept is not None and kept.complete:
            self._end(search, kept.why)
            return
        if self._pages.offline:
            why = "the recording breaks off here" if kept else "the recording holds nothing of this query"
            entry.state, entry.failure = "failed", Failure(why, "no_results")
            return
        cut = await self._asked(search, again=kept is not None)
        self._pages.finish(source, key, entry.query, cut)
        self._end(search, cut)

    @staticmethod
    def _end(search: _DialectSearch, cut: str) -> None:
        search.entry.state, search.entry.why = "cut" if cut else "done", cut

    async def _asked(self, search: _DialectSearch, *, again: bool) -> str:
        """Ask the source; what cut it short, if something did."""
        if again or not search.alone:
            return await self._read(search, search.counter.query())
        with contextlib.closing(search.counter.only_query()) as rows:
            return await self._read(search, rows)

    async def _read(self, search: _DialectSearch, rows: QueryRows | OnlyRows) -> str:
        entry = search.entry
        flow = submit_poll_page_delete(
            search.search, search.query.body, self._limits(search), on_progress=lambda _: self._tell("polled")
        )
        given = 0
        try:
            async with contextlib.aclosing(flow):
                async for page in flow:
                    given += len(page.records)
                    if page.records:
                        self._pages.keep(self.source.name, search.key, entry.query, page.records)
                    cut = await self._take(search, rows, page.records)
                    self._tell("page")
                    if cut:
                        return cut
        except BudgetSpentError as spent:
            if not entry.pages and not entry.kept_rows:  # nothing is known of it
                raise
            return str(spent)
        if entry.limit is not None and given >= entry.limit:
            return f"the native query asks for at most {entry.limit} rows; there may be more"
        return ""

    def _limits(self, search: _DialectSearch) -> Limits:
        return Limits(
            rows=self.settings.limit + 1,
            page_size=search.page_rows,
            deadline_s=max(0.0, self._ends - time.monotonic()),
            first_poll_s=self.settings.first_poll_s,
            longest_poll_s=self.settings.longest_poll_s,
        )

    async def _take(self, search: _DialectSearch, rows: QueryRows | OnlyRows, records: Sequence[Any]) -> str:
        """Translate and judge what is new of a page; says what limit it met, if one."""
        inside = records[: max(0, self.settings.limit - search.given)]
        search.given += len(inside)
        new = rows.new(inside)
        search.entry.doubled_rows += len(inside) - len(new)
        taken = self.settings.budget.take_rows(len(new))
        search.entry.rows += taken
        groups = await search.translation.groups(new[:taken])
        self.entry.candidates += search.check.keep(groups)
        if taken < len(new):
            return f"the budget of {self.settings.budget.rows} rows is used up; there are more"
        if len(inside) < len(records):
            return f"the limit of {self.settings.limit} rows was reached; there are more (--limit)"
        return ""


class _DialectSearch:
    """One native query, with what it shares with others of its dialect."""

    def __init__(
        self,
        query: NativeQuery,
        search: Search,
        translation: Translation,
        check: DialectCheck,
        counter: RowCounter,
        page_rows: int,
    ) -> None:
        self.query, self.search, self.translation, self.check = query, search, translation, check
        self.counter, self.page_rows = counter, page_rows
        self.given, self.alone = 0, False
        text = f"{query.dialect}\0{query_key(query.body)}"
        self.key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def entry(self) -> SearchEntry:
        return self.search.entry


def _asks_for_all(plan: QueryPlan) -> bool:
    """Whether no comparison is sent, so that the native query holds nothing but the window."""
    sent = {Verdict.EXACT, Verdict.SUPERSET}
    return not any(one.verdict in sent for one in plan.verdicts)


async def _all(work: Sequence[Any]) -> None:
    """Wait for all; when we are cancelled, so are they, and their cleaning up is waited for."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        for task in tasks:
            await task
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
