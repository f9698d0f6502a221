"""Native rows of one dialect to groups of STIX 2.1 objects, page by page; rows that come twice are told.

A group is one observation: its observed-data, then what that refers to. Choosing among groups is `check.py`,
merging them `merge.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stix_shifter.hunt.renaming import renamed
from stix_shifter.hunt.upgrade import upgraded
from stix_shifter_utils.connector import JSONToStix
from stix_shifter_utils.connector.calls import settle
from stix_shifter_utils.errors import ResultsTranslationError
from stix_shifter_utils.results import compile_mapping, translate_rows
from stix_shifter_utils.stix import own_id, row_key
from stix_shifter_utils.stix.ids import is_shared
from stix_shifter_utils.stix.spill import Spill

if TYPE_CHECKING:
    from stix_shifter.hunt.ledger import SourceEntry
    from stix_shifter_utils.connector import BaseEntryPoint, BaseResultTranslator
    from stix_shifter_utils.results import ResultsMapping

_ID = re.compile(r"[a-z][a-z0-9-]*--[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
KEYS_IN_MEMORY = 50_000
"""Rows of one query that are known again without looking into a file."""
Object = dict[str, Any]
Group = list[Object]


class RowCounter:
    """Which rows of overlapping queries are new.

    Two queries of one dialect may return the same row; one query that returns a row twice means two rows. So
    the nth time that a query returns a row counts when no query did so n times before.
    """

    def __init__(self) -> None:
        self._passed: Counter[bytes] = Counter()

    def query(self) -> QueryRows:
        """The rows of one more query, or of one more attempt at it."""
        return QueryRows(self._passed)

    @staticmethod
    def only_query() -> OnlyRows:
        """The rows of a query beside which there is no other, and no other attempt: close it when it ends."""
        return OnlyRows()


class QueryRows:
    """The rows of one query as it goes on; see RowCounter."""

    def __init__(self, passed: Counter[bytes]) -> None:
        self._passed = passed
        self._seen: Counter[bytes] = Counter()

    def new(self, rows: Iterable[Any]) -> list[tuple[int, Any]]:
        """The new rows among some, each with how often the same one came before."""
        found: list[tuple[int, Any]] = []
        for row in rows:
            key = _key(row)
            self._seen[key] += 1
            if self._seen[key] > self._passed[key]:
                found.append((self._passed[key], row))
                self._passed[key] += 1
        return found


class OnlyRows:
    """The rows of a query that is the only one: all are new, and many wait in a file to be known again."""

    def __init__(self) -> None:
        self._seen = Spill(KEYS_IN_MEMORY)

    def new(self, rows: Iterable[Any]) -> list[tuple[int, Any]]:
        """All rows, each with how often the same one came before."""
        return [(self._seen.times_seen(_key(row)), row) for row in rows]

    def close(self) -> None:
        """Give up the file."""
        self._seen.close()


def _key(row: Any) -> bytes:
    return row_key(row) if isinstance(row, Mapping) else repr(row).encode("utf-8", "surrogatepass")


class Translation:
    """Turns the rows of one dialect into groups; what is left out is counted in the source's entry."""

    def __init__(
        self, entry_point: BaseEntryPoint, dialect: str, identity: Object, entry: SourceEntry
    ) -> None:
        self._translator: BaseResultTranslator = entry_point.get_results_translator(dialect)
        self._identity, self._entry = identity, entry
        self._given: set[str] = set()
        own = type(self._translator).translate_results is not JSONToStix.translate_results
        self._mapping: ResultsMapping | None = None if own else self._compiled()

    def _compiled(self) -> ResultsMapping:
        translator = self._translator
        return compile_mapping(
            translator.mapping(),
            transformers=translator.transformers,
            options=translator.options,
            callback=translator.callback,
        )

    async def groups(self, rows: list[tuple[int, Any]]) -> list[Group]:
        """The groups of some rows, in their order but for rows that came before, which are last."""
        if self._mapping is None:
            return await self._own_groups([row for _, row in rows])
        first = [row for times, row in rows if not times]
        found = list(self._mapped(first, self._mapping)) if first else []
        for times, row in rows:
            if times:
                found += [_numbered(group, times) for group in self._mapped([row], self._mapping)]
        return found

    def _mapped(self, rows: list[Any], mapping: ResultsMapping) -> Iterator[Group]:
        stream = translate_rows(rows, self._identity, mapping)
        yield from stream.groups()
        report, entry = stream.report, self._entry
        entry.observed += report.observed
        entry.empty_rows += report.empty_rows
        entry.refused_rows += report.refused_rows
        entry.dropped.update(report.dropped)
        entry.partial.update(report.partial)

    async def _own_groups(self, rows: list[Any]) -> list[Group]:
        """The groups of a connector that makes bundles its own way; an observed-data counts once."""
        if not rows:
            return []
        answer = await settle(self._translator.translate_results(self._identity, rows))
        objects = answer.get("objects") if isinstance(answer, Mapping) else None
        if not isinstance(objects, list):
            message = f"the connector's own translator gave no bundle: {_error(answer)}"
            raise ResultsTranslationError(message)
        objects = _with_ids(objects, str(self._identity["id"]))
        by_id = {item["id"]: item for item in objects}
        found = []
        for item in objects:
            if item["type"] == "observed-data" and item["id"] not in self._given:
                self._given.add(item["id"])
                found.append(self._group(item, by_id))
        self._entry.observed += len(found)
        return found

    def _group(self, observed: Object, by_id: Mapping[str, Object]) -> Group:
        source = str(self._identity["id"])
        if "objects" in observed:
            return upgraded({**observed, "created_by_ref": source}, source)
        refs = [by_id[name] for name in _reachable(observed, by_id)]
        return [{**observed, "spec_version": "2.1", "created_by_ref": source}, *refs]


def _with_ids(objects: list[Any], source: str) -> list[Object]:
    """What of a bundle has a type and an id, the id of the form that STIX asks for."""
    found = [item for item in objects if isinstance(item, dict) and _is_object(item)]
    names = {
        item["id"]: own_id(item["type"], source, row_key(item), "") for item in found if not _ID(item["id"])
    }
    return renamed(found, names) if names else found


def _is_object(item: Object) -> bool:
    return isinstance(item.get("type"), str) and isinstance(item.get("id"), str)


def _numbered(group: Group, times: int) -> Group:
    """The group of a row that came before, with ids of its own for what is the row's own."""
    number = times.to_bytes(8, "big")
    names = {
        item["id"]: own_id(item["type"], item["id"], number, "")
        for item in group
        if not is_shared(item["id"])
    }
    return renamed(group, names)


def _reachable(item: Object, by_id: Mapping[str, Object]) -> list[str]:
    """The ids of the objects that an observed-data refers to, and of what these refer to, each once."""
    found: dict[str, None] = {}
    waiting = list(_references(item.get("object_refs") or [], "object_refs"))
    while waiting:
        name = waiting.pop(0)
        if name in by_id and name not in found:
            found[name] = None
            waiting.extend(_references(by_id[name], ""))
    return list(found)


def _references(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _references(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part, key)
    elif isinstance(value, str) and key.endswith(("_ref", "_refs")) and key != "created_by_ref":
        yield value


def _error(answer: Any) -> str:
    return str(answer.get("error") or "no reason given") if isinstance(answer, Mapping) else "no dictionary"
