"""Looking at sources before they are hunted: do they answer, and what of the mapping do their rows fill.

`check_all` pings. `examine` also fetches some rows and looks which mapped native fields are there. What
cannot be known of a source is said (`not_known`), and never left out.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from stix_shifter.hunt.budget import Budget
from stix_shifter.hunt.filled import filled_shares
from stix_shifter.hunt.ledger import SearchEntry, SourceEntry
from stix_shifter.hunt.plan import capabilities_of, plan_source, question_of
from stix_shifter.hunt.search import Pace, Search
from stix_shifter.hunt.threads import in_own_thread
from stix_shifter_utils.config import redact
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.connector.edge import answer_of, error_answer
from stix_shifter_utils.errors import ErrorCode, MappingFileError, StixShifterError
from stix_shifter_utils.http.tally import Tally, tallied
from stix_shifter_utils.transmission import Limits, collect, submit_poll_page_delete

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from stix_shifter.hunt.sources import Source
    from stix_shifter_utils.connector import BaseEntryPoint

DEFAULT_TIME_LIMIT_S = 30.0
_COMMON = ("ipv4-addr:value", "ipv6-addr:value", "domain-name:value", "url:value", "file:name")


@dataclass(slots=True)
class Checked:
    """What a source answered to a ping; `error` and `code` as in the classic dictionary.

    `clock_ahead_s`: how far its clock is ahead of ours, to a second or two; None where it tells no time. HTTP
    servers and databases do, files do not.
    """

    source: str
    connector: str
    works: bool = False
    error: str = ""
    code: str = ""
    took_s: float = 0.0
    clock_ahead_s: float | None = None
    answer: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "connector": self.connector,
            "works": self.works,
            "error": self.error or None,
            "code": self.code or None,
            "took_s": round(self.took_s, 3),
            "clock_ahead_s": None if self.clock_ahead_s is None else round(self.clock_ahead_s),
            **({"answer": self.answer} if self.answer else {}),
        }


@dataclass(slots=True)
class Dialect:
    """What rows of one dialect hold: by native field of the mapping, the share of rows that fill it."""

    name: str
    rows: int
    filled: dict[str, float]
    error: str = ""
    code: str = ""

    def to_json(self) -> dict[str, Any]:
        empty = sorted(name for name, share in self.filled.items() if not share)
        return {
            "dialect": self.name,
            "error": self.error or None,
            "code": self.code or None,
            "rows_looked_at": self.rows,
            "filled": {name: round(share, 3) for name, share in sorted(self.filled.items()) if share},
            "never_filled": empty,
            **({"not_known": self.not_known} if self.not_known else {}),
        }

    @property
    def not_known(self) -> str:
        """Why nothing can be said of the fields; empty where something can."""
        if self.error:
            return "no row could be fetched"
        if not self.rows:
            return "there is no row in these hours (--hours)"
        return (
            ""
            if self.filled
            else "no field is mapped here: the source hands out STIX, or is asked by a proxy"
        )


@dataclass(slots=True)
class Examined:
    """A check, and a look at the rows of each dialect."""

    checked: Checked
    retention_days: float | None = None
    dialects: list[Dialect] = field(default_factory=list)

    @property
    def permissions_missing(self) -> list[str]:
        """What the source refused to these credentials, though it knows them."""
        forbidden = ErrorCode.TRANSMISSION_FORBIDDEN.value
        calls = [("ping", self.checked.code)] + [(f"search {one.name}", one.code) for one in self.dialects]
        return [name for name, code in calls if code == forbidden]

    @property
    def not_known(self) -> dict[str, str]:
        """What could not be found out, and why."""
        found = {}
        if self.checked.clock_ahead_s is None:
            found["clock_ahead_s"] = (
                "not known for this source: it does not tell its time"
                if self.checked.works
                else "not known: the source did not answer"
            )
        if self.retention_days is None:
            found["retention_days_stated"] = "not known for this source: ask who runs it"
        failed = [one.name for one in self.dialects if one.error]
        if not self.checked.works:
            found["permissions_missing"] = "not known: the source did not answer"
        elif failed and not self.permissions_missing:
            found["permissions_missing"] = f"not known: searching failed otherwise ({', '.join(failed)})"
        if not self.dialects:
            found["dialects"] = "not known: no search could be made"
        return found

    def to_json(self) -> dict[str, Any]:
        return {
            **self.checked.to_json(),
            "permissions_missing": self.permissions_missing,
            "retention_days_stated": self.retention_days,
            "not_known": self.not_known,
            "dialects": [one.to_json() for one in self.dialects],
        }


async def check_all(sources: Iterable[Source]) -> list[Checked]:
    """Ping every source at once; what fails is told."""
    return list(await asyncio.gather(*(_guarded(one, _ping) for one in sources)))


async def examine(source: Source, *, hours: float = 24, rows: int = 200) -> Examined:
    """Ping a source, and look at no more than `rows` rows of each dialect of the last hours."""
    found = Examined(Checked(source.name, source.connector))

    async def look(entry_point: BaseEntryPoint, checked: Checked) -> None:
        await _ping(entry_point, checked)
        found.retention_days = capabilities_of(source).retention_days
        for name in entry_point.get_dialects():
            found.dialects.append(await _dialect(source, entry_point, name, hours, rows))

    found.checked = await _guarded(source, look)
    return found


async def _guarded(source: Source, work: Callable[[BaseEntryPoint, Checked], Awaitable[None]]) -> Checked:
    """Run something with an open source, in a thread of its own; what fails stands in the answer."""
    checked = Checked(source.name, source.connector)
    limit_s = source.time_limit_s or DEFAULT_TIME_LIMIT_S

    async def opened() -> None:
        kind = load_entry_point(source.module)
        entry_point = kind(dict(source.connection), dict(source.configuration))
        async with entry_point.session():
            await work(entry_point, checked)

    async def guarded() -> None:
        answer = await answer_of(opened(), secrets=source.secrets)
        if isinstance(answer, dict):
            _fail(checked, answer)

    began = time.monotonic()
    try:
        await in_own_thread(guarded, f"check-{source.name}", limit_s=limit_s)
    except StixShifterError as error:
        _fail(checked, error_answer(error, secrets=source.secrets))
    checked.took_s = time.monotonic() - began
    return checked


def _fail(checked: Checked, answer: Mapping[str, Any]) -> None:
    checked.works = False
    checked.error, checked.code = str(answer.get("error") or ""), str(answer.get("code") or "unknown")


async def _ping(entry_point: BaseEntryPoint, checked: Checked) -> None:
    tally = Tally()
    try:
        with tallied(tally):
            answer = redact(dict(await entry_point.ping_connection()), entry_point.secrets())
    finally:
        checked.clock_ahead_s = tally.clock_ahead_s
    if answer.get("success") is False:
        _fail(checked, answer)
        return
    checked.works = True
    checked.answer = {name: value for name, value in answer.items() if name != "success"}


async def _dialect(
    source: Source, entry_point: BaseEntryPoint, name: str, hours: float, rows: int
) -> Dialect:
    """Some rows of a dialect: asked for by any property that it can be asked for."""
    answer = await answer_of(_rows(source, entry_point, name, hours, rows), secrets=source.secrets)
    if isinstance(answer, dict):
        return Dialect(name, 0, {}, str(answer.get("error")), str(answer.get("code") or "unknown"))
    try:
        mapping = entry_point.get_results_translator(name).mapping()
    except MappingFileError:
        mapping = {}
    return Dialect(name, len(answer), filled_shares(mapping, answer))


async def _rows(
    source: Source, entry_point: BaseEntryPoint, name: str, hours: float, rows: int
) -> Sequence[Any]:
    question = question_of(
        f"[{_anything(entry_point, name)}]", now=datetime.now(timezone.utc), since=timedelta(hours=hours)
    )
    plans = [one for one in plan_source(source, entry_point, question, "widen") if one.dialect == name]
    found: list[Any] = []
    for query in (query for plan in plans for query in plan.queries):
        entry = SearchEntry(name, None, query.window)
        told = SourceEntry(source.name, source.connector, "")
        search = Search(entry_point, told, entry, Budget(), _pace(source), source.secrets)
        collected = await collect(submit_poll_page_delete(search, query.body, Limits(rows=rows)))
        if collected.error is not None:
            raise collected.error
        found += collected.records
    return found


def _pace(source: Source) -> Pace:
    return Pace(source.pause_s, capabilities_of(source).rate_per_min)


def _anything(entry_point: BaseEntryPoint, name: str) -> str:
    """Comparisons that most rows of a dialect satisfy: by what it maps, or by what is common everywhere."""
    try:
        paths = sorted(map(str, entry_point.get_query_translator(name).mapping().index.paths()))
    except MappingFileError:
        return " OR ".join(f"{path} LIKE '%'" for path in _COMMON)
    return " OR ".join(f"EXISTS {path}" for path in paths) or "EXISTS x-nothing:at_all"
