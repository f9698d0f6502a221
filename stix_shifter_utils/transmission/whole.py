"""Sources that answer a query with all its rows in one body: asked once, and handed out in slices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.transmission.model import Page
from stix_shifter_utils.transmission.source import HttpSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class WholeAnswers(HttpSource):
    """Override `answer`. The rows of the last query are kept until another one is asked.

    Memory holds one answer of the source, as its body did; the source bounds it.
    """

    _kept: tuple[str, Sequence[Mapping[str, Any]]] | None = None

    async def answer(self, query: Any) -> Sequence[Mapping[str, Any]]:
        """All rows of a query (text or JSON-ready data), in the source's order."""
        raise NotImplementedError

    async def get_search_results(self, search_id: Any, offset: int, length: int) -> Page:
        key = search_id if isinstance(search_id, str) else json.dumps(search_id, sort_keys=True)
        if self._kept is None or self._kept[0] != key or offset == 0:
            self._kept = None  # the old rows go before the new ones come
            self._kept = (key, await self.answer(search_id))
        rows = self._kept[1]
        return Page(rows[offset : offset + length], done=offset + length >= len(rows))
