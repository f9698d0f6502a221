"""Queries that others write: real Sigma rules, put into a language by pySigma, read and run by our reader.

So that a reader and evaluator of `languages` is no mirror of our own compiler. The rules, and the real events
that their authors recorded for them, are in the folder of real data; pySigma itself is the caller's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.testing.real_data import data_folder, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

RULES = "sigma/rules.ndjson.gz"
EVENTS = "sigma/regression-events.ndjson.gz"
Row = dict[str, Any]


def missing() -> str:
    """Why there are no rules here; empty where there are some."""
    path = data_folder() / RULES
    return "" if path.is_file() else f"no Sigma rules at {path}; set STIX_SHIFTER_TEST_DATA"


def flat(event: Mapping[str, Any]) -> Row:
    """An event of Windows as products index it: System and EventData side by side."""
    row = {**event["System"], **(event.get("EventData") or event.get("UserData") or {})}
    row["Provider_Name"] = event["System"]["Provider"]["#attributes"].get("Name")
    return {name: value for name, value in row.items() if value is not None and not isinstance(value, dict)}


@dataclass(frozen=True, slots=True)
class SigmaTrial:
    """Queries by rule. `read` and `run` raise `error` for what they refuse; `constant` is in all events."""

    queries: Mapping[str, Sequence[str]]
    read: Callable[[str], object]
    run: Callable[[str, list[Row]], Iterable[Row]]
    error: type[Exception]
    constant: Mapping[str, Any]

    def read_share(self) -> float:
        """The share of queries that the reader takes; the reasons of the others are printed."""
        refused: Counter[str] = Counter()
        every = [query for several in self.queries.values() for query in several]
        for query in every:
            reason = self._refusal(query)
            refused.update([reason] if reason else [])
        print(f"{len(every) - refused.total()} of {len(every)} are read; refused: {refused}")  # noqa: T201  figures
        return 1 - refused.total() / len(every)

    def _refusal(self, query: str) -> str:
        try:
            self.read(query)
        except self.error as error:
            return str(error).partition(": ")[2] or str(error)
        return ""

    def selected_share(self) -> tuple[float, int]:
        """The share of rules that select an event recorded for them, and how many rules have events."""
        hits: dict[str, list[bool]] = defaultdict(list)
        for rule, row in self._events():
            hits[rule] += [bool(self._found(query, [row])) for query in self.queries.get(rule, ())]
        missed = [rule for rule, found in hits.items() if found and not any(found)]
        tried = sum(map(bool, hits.values()))
        print(f"{tried - len(missed)} of {tried} rules select an event of theirs; not: {missed}")  # noqa: T201  figures
        return 1 - len(missed) / tried, tried

    def strangers_share(self, *, step: int = 25) -> float:
        """Of other rules' events, what share every `step`-th query selects: it is not kind to all."""
        rows = [{**row, "rule": rule} for rule, row in self._events()]
        chosen = [(rule, query) for rule, several in self.queries.items() for query in several][::step]
        found = [(rule, self._found(query, rows)) for rule, query in chosen]
        asked = [(rule, each) for rule, each in found if each is not None]
        strangers = sum(1 for rule, each in asked for row in each if row["rule"] != rule)
        print(f"{strangers} of {len(asked) * len(rows)} events of other rules are selected")  # noqa: T201  figures
        return strangers / (len(asked) * len(rows))

    def _events(self) -> Iterable[tuple[str, Row]]:
        for line in lines(EVENTS):
            yield line["rule_id"], {**flat(line["Event"]), **self.constant}

    def _found(self, query: str, rows: list[Row]) -> list[Row] | None:
        """The rows of a query; None where it is not taken."""
        try:
            return list(self.run(query, rows))
        except self.error:
            return None
