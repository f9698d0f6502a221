"""Queries by connectors that walk classic trees (`transform_antlr`): what they cannot map is taken out first.

The trees themselves are `stix_shifter_utils.pattern.classic`; connectors with a compiler need none of this.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector.query_translator import log_unmapped
from stix_shifter_utils.pattern import Comparison, Pattern, map_comparisons
from stix_shifter_utils.query.unmapped import CLASSIC_NAMES

if TYPE_CHECKING:
    from stix_shifter_utils.connector.query_translator import Answer, BaseQueryTranslator

_PATH = re.compile(r"(?:'(?:[^'\\]|\\.)*'|[^\s'=!<>(])+")


def transform(translator: BaseQueryTranslator, data: str, pattern: Pattern) -> Answer | Awaitable[Answer]:
    """The classic answer. A fresh tree goes to the connector, so it may write to it."""
    unmapped = _Unmapped(translator, data)
    kept = map_comparisons(pattern, unmapped.check, and_takes_all=True)
    log_unmapped(translator.logger, translator.dialect, list(unmapped.attributes), list(unmapped.operators))
    if kept is None:
        return unmapped.answer([])
    tree = import_module("stix_shifter_utils.pattern.classic").classic_tree(kept)
    queries = translator.transform_antlr(data, tree)
    if isinstance(queries, Awaitable):
        return _awaited(queries, unmapped)
    return unmapped.answer(queries)


async def _awaited(queries: Awaitable[Any], unmapped: _Unmapped) -> Answer:
    return unmapped.answer(await queries)


class _Unmapped:
    """Takes out comparisons that a translator has no field or no operator for, and remembers them."""

    def __init__(self, translator: BaseQueryTranslator, data: str) -> None:
        self._translator, self._data = translator, data
        self._known = translator.map_comparator() or {}
        self.attributes: dict[str, None] = {}
        self.operators: dict[str, None] = {}

    def check(self, comparison: Comparison) -> Comparison | None:
        operator = CLASSIC_NAMES[comparison.comparator]
        is_mapped = any(
            self._translator.map_field(*path.split(":", 1)) for path in self._spellings(comparison)
        )
        if not is_mapped:
            self.attributes[str(comparison.path)] = None
        if not self._known.get(f"ComparisonComparators.{operator}"):
            self.operators[operator] = None
            return None
        return comparison if is_mapped else None

    def _spellings(self, comparison: Comparison) -> tuple[str, ...]:
        """The path as the user wrote it, which is what classic maps are looked up by, and as we write it."""
        written = _PATH.match(self._data, comparison.offset) if comparison.offset >= 0 else None
        canonical = str(comparison.path)
        return (written.group(), canonical) if written and ":" in written.group() else (canonical,)

    def answer(self, queries: Any) -> Answer:
        """The classic dictionary; one text is a list of one."""
        return {
            "queries": [queries] if isinstance(queries, (str, dict)) else list(queries or []),
            "unmapped_attributes": list(self.attributes),
            "unmapped_operator": list(self.operators),
        }
