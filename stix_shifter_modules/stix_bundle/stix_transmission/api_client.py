"""A STIX bundle as a data source: its observed-data are judged by the local matcher, and come in pages.

The query, and so the search id, is the STIX pattern itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_modules.stix_bundle.stix_transmission.objects import StixObject, object_source
from stix_shifter_utils.errors import PatternSyntaxError, QueryRejectedError
from stix_shifter_utils.pattern import Matcher, observed_from_objects, parse_pattern
from stix_shifter_utils.transmission import Page

if TYPE_CHECKING:
    from collections.abc import Mapping


class APIClient:
    """One bundle or collection, read once for each client; a pattern's matches are kept for its pages."""

    def __init__(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        self.options: Mapping[str, Any] = connection.get("options") or {}
        self.source = object_source(connection, configuration.get("auth") or {})
        self._objects: list[StixObject] | None = None
        self._matches: tuple[str, list[StixObject]] = ("", [])

    async def ping_data_source(self) -> None:
        await self.source.ping()

    async def get_search_results(self, search_id: str, offset: int, length: int) -> Page:
        """Rows `offset` to `offset + length` of the observations that take part in a match."""
        if self._objects is None:
            self._objects = await self.source.load()
        if self._matches[0] != search_id:
            self._matches = (search_id, self._rows(search_id, self._objects))
        rows = self._matches[1]
        return Page(rows[offset : offset + length], done=offset + length >= len(rows))

    def _rows(self, pattern: str, objects: list[StixObject]) -> list[StixObject]:
        try:
            tree = parse_pattern(pattern)
        except PatternSyntaxError as error:
            message = f"the search id must be a STIX pattern: {error}"
            raise QueryRejectedError(message) from error
        matcher = Matcher(tree, same_object=bool(self.options.get("same_object")))
        observations = list(observed_from_objects(objects))
        found = set(matcher.match(observations).observed)
        by_id = {item["id"]: item for item in objects if isinstance(item.get("id"), str)}
        return [_row(one.raw, by_id) for one in observations if one.id in found]


def _row(observed: Mapping[str, Any], by_id: Mapping[str, StixObject]) -> StixObject:
    """An observed-data; in STIX 2.1 with the list `objects` of what it refers to, directly or not."""
    row = dict(observed)
    if "object_refs" in observed:
        row["objects"] = referenced(observed["object_refs"], by_id)
    return row


def referenced(refs: list[str], by_id: Mapping[str, StixObject]) -> list[StixObject]:
    """The objects with these ids and, in turn, those they name in `…_ref` and `…_refs`; each once."""
    found: dict[str, StixObject] = {}
    waiting = list(refs)
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in by_id:
            continue
        found[name] = by_id[name]
        for key, value in by_id[name].items():
            if key.endswith("_ref") and isinstance(value, str):
                waiting.append(value)
            elif key.endswith("_refs") and isinstance(value, list):
                waiting.extend(item for item in value if isinstance(item, str))
    return list(found.values())
