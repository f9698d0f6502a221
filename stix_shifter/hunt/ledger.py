"""The ledger: per source and search what was asked, what came of it, and what was not asked, and why.

Values that a hunt fills while it runs; JSON and the STIX note are made of them here. They hold no secret:
who writes them in has masked texts before.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

from stix_shifter_utils.pattern import print_comparison
from stix_shifter_utils.stix import format_time, own_id

if TYPE_CHECKING:
    from stix_shifter_utils.http.tally import Tally
    from stix_shifter_utils.pattern import TimeWindow
    from stix_shifter_utils.query import ComparisonVerdict

Json = dict[str, Any]
SearchState = Literal["waiting", "running", "done", "cut", "failed"]
"""`cut`: it gave rows and has more, which a limit or budget left there."""
SourceState = Literal["waiting", "running", "answered", "cut", "partial", "failed", "not asked"]
"""`partial`: some searches failed and others did not. `not asked`: it can say nothing about the pattern."""
NOTE_QUERY_LENGTH = 20_000


@dataclass(slots=True)
class Failure:
    """Why something did not work: a text for people, and the classic code."""

    error: str
    code: str

    def to_json(self) -> Json:
        return {"error": self.error, "code": self.code}


@dataclass(slots=True)
class SearchEntry:
    """One native query on one source. `bytes` counts the rows as JSON; `kept_rows` came from a journal.

    `calls` are those of the connector, `requests` and `bytes_received` what went over HTTP for them,
    `retries` those that were sent again, after `waited_s` in all. Other ways to a source count no requests.
    """

    dialect: str
    query: Any
    window: TimeWindow
    limit: int | None = None
    state: SearchState = "waiting"
    why: str = ""
    failure: Failure | None = None
    percent: int = 0
    pages: int = 0
    rows: int = 0
    doubled_rows: int = 0
    kept_rows: int = 0
    bytes: int = 0
    calls: int = 0
    requests: int = 0
    retries: int = 0
    waited_s: float = 0.0
    bytes_received: int = 0
    started: datetime | None = None
    took_s: float = 0.0

    def count(self, tally: Tally) -> None:
        """Take over what was counted of the HTTP traffic so far."""
        self.requests, self.retries = tally.requests, tally.retries
        self.waited_s, self.bytes_received = tally.waited_s, tally.bytes_received

    def to_json(self) -> Json:
        return {
            "dialect": self.dialect,
            "query": self.query,
            "window": window_json(self.window),
            "limit": self.limit,
            "state": self.state,
            "why": self.why or None,
            **(self.failure.to_json() if self.failure else {"error": None, "code": None}),
            "pages": self.pages,
            "rows": self.rows,
            "rows_of_other_queries": self.doubled_rows,
            "rows_kept_from_before": self.kept_rows,
            "bytes": self.bytes,
            "calls": self.calls,
            "requests": self.requests,
            "retries": self.retries,
            "waited_s": round(self.waited_s, 3),
            "bytes_received": self.bytes_received,
            "started": _time(self.started),
            "took_s": round(self.took_s, 3),
        }


@dataclass(slots=True)
class SourceEntry:
    """One source.

    `observed` counts observations made of its rows, `candidates` those that satisfy a part of the pattern,
    `matched` those that take part in a match.
    """

    name: str
    connector: str
    identity: str
    state: SourceState = "waiting"
    failure: Failure | None = None
    warnings: list[str] = field(default_factory=list)
    verdicts: dict[str, tuple[ComparisonVerdict, ...]] = field(default_factory=dict)
    searches: list[SearchEntry] = field(default_factory=list)
    observed: int = 0
    candidates: int = 0
    matched: int = 0
    empty_rows: int = 0
    refused_rows: int = 0
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    partial: Counter[str] = field(default_factory=Counter)
    started: datetime | None = None
    took_s: float = 0.0

    @property
    def rows(self) -> int:
        return sum(search.rows for search in self.searches)

    @property
    def calls(self) -> int:
        return sum(search.calls for search in self.searches)

    @property
    def worked(self) -> bool:
        """Whether all that was asked was answered, be it cut by a limit."""
        return self.state in {"answered", "cut", "not asked"}

    @property
    def failures(self) -> list[Failure]:
        """What went wrong, the source's own first."""
        own = [self.failure] if self.failure else []
        return own + [search.failure for search in self.searches if search.failure]

    @property
    def reason(self) -> str:
        """One line for a terminal: why the source is not simply answered."""
        texts = [failure.error for failure in self.failures]
        texts += [search.why for search in self.searches if search.why]
        line = " ".join("; ".join(dict.fromkeys(texts or self.warnings[:1])).split())
        return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)

    def warn(self, text: str) -> None:
        """Keep a warning, each once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def settle(self) -> None:
        """The state that follows from those of the searches."""
        states = Counter(search.state for search in self.searches)
        failed = states["failed"] + states["waiting"] + states["running"]
        if self.failure is not None:
            self.state = "partial" if states["done"] + states["cut"] or self.rows else "failed"
        elif not self.searches:
            self.state = "not asked"
        elif failed:
            self.state = "partial" if failed < len(self.searches) or self.rows else "failed"
        else:
            self.state = "cut" if states["cut"] else "answered"

    def to_json(self) -> Json:
        return {
            "source": self.name,
            "connector": self.connector,
            "identity": self.identity,
            "state": self.state,
            **(self.failure.to_json() if self.failure else {"error": None, "code": None}),
            "warnings": list(self.warnings),
            "verdicts": {name: [_verdict(one) for one in found] for name, found in self.verdicts.items()},
            "searches": [search.to_json() for search in self.searches],
            "rows": self.rows,
            "observed": self.observed,
            "candidates": self.candidates,
            "matched": self.matched,
            "rows_without_objects": self.empty_rows,
            "rows_refused": self.refused_rows,
            "values_left_out": [
                {"field": name, "reason": reason, "count": count}
                for (name, reason), count in self.dropped.most_common()
            ],
            "partial_objects": dict(self.partial),
            "started": _time(self.started),
            "took_s": round(self.took_s, 3),
        }

    def note(self, pattern: str, now: datetime) -> Json:
        """A STIX 2.1 note on the source's identity: this entry as JSON text."""
        made = format_time(now)
        key = f"{self.identity}\0{pattern}\0{made}".encode()
        content = json.dumps(self._short(), ensure_ascii=False, indent=1, default=str)
        return {
            "type": "note",
            "spec_version": "2.1",
            "id": own_id("note", "stix-shifter", key, ""),
            "created": made,
            "modified": made,
            "abstract": f"Hunt ledger of {self.name}: {self.state}, {self.rows} rows, {self.matched} matched",
            "content": content,
            "object_refs": [self.identity],
        }

    def _short(self) -> Json:
        """The entry, with very long native queries cut."""
        made = self.to_json()
        for search in made["searches"]:
            if isinstance(search["query"], str) and len(search["query"]) > NOTE_QUERY_LENGTH:
                search["query"] = search["query"][:NOTE_QUERY_LENGTH] + "…"
        return made


@dataclass(slots=True)
class Ledger:
    """The whole hunt. `window` spans what was asked for; `window_from` says where it comes from."""

    hunt_id: str
    pattern: str
    now: datetime
    window: TimeWindow
    window_from: str
    sources: list[SourceEntry]
    warnings: list[str] = field(default_factory=list)
    matched: int = 0
    combination_exact: bool = True
    took_s: float = 0.0

    @property
    def rows(self) -> int:
        return sum(source.rows for source in self.sources)

    @property
    def failed(self) -> list[SourceEntry]:
        """The sources that did not answer all that they were asked."""
        return [source for source in self.sources if not source.worked]

    def to_json(self) -> Json:
        return {
            "hunt": self.hunt_id,
            "pattern": self.pattern,
            "asked_at": _time(self.now),
            "window": {**window_json(self.window), "from": self.window_from},
            "warnings": list(self.warnings),
            "rows": self.rows,
            "matched": self.matched,
            "combination_exact": self.combination_exact,
            "took_s": round(self.took_s, 3),
            "sources": [source.to_json() for source in self.sources],
        }


def window_json(window: TimeWindow) -> Json:
    """`{"start": text or None, "stop": text or None}`."""
    return {"start": _time(window.start), "stop": _time(window.stop)}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment.astimezone(timezone.utc))


def _verdict(one: ComparisonVerdict) -> Json:
    return {
        "comparison": print_comparison(one.comparison),
        "verdict": one.verdict.value,
        "reason": one.reason,
    }
