"""Queries by connectors that walk classic trees (`transform_antlr`): what they cannot map is taken out first.

The trees themselves are `stix_shifter_utils.pattern.classic`; connectors with a compiler need none of this.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector.query_translator import log_unmapped
from stix_shifter_utils.connector.spelling import as_written
from stix_shifter_utils.errors import TransformError, TranslationError
from stix_shifter_utils.pattern import Comparison, Pattern, map_comparisons
from stix_shifter_utils.pattern.classic import classic_tree
from stix_shifter_utils.query import CLASSIC_NAMES

if TYPE_CHECKING:
    from stix_shifter_utils.connector.query_translator import Answer, BaseQueryTranslator


def transform(translator: BaseQueryTranslator, data: str, pattern: Pattern) -> Answer | Awaitable[Answer]:
    """The classic answer. A fresh tree goes to the connector, so it may write to it."""
    unmapped = _Unmapped(translator, data)
    kept = map_comparisons(pattern, unmapped.check, and_takes_all=True)
    log_unmapped(translator.logger, translator.dialect, list(unmapped.attributes), list(unmapped.operators))
    if kept is None:
        return unmapped.answer([])
    tree = classic_tree(kept, unmapped.spelling, data)
    try:
        queries = translator.transform_antlr(data, tree)
    except TransformError as error:  # of a value in the pattern: no fault of results
        raise TranslationError(str(error)) from error
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
        self._spelled: dict[int, str] = {}

    def check(self, comparison: Comparison) -> Comparison | None:
        operator = CLASSIC_NAMES[comparison.comparator]
        is_known = bool(self._known.get(f"ComparisonComparators.{operator}"))
        mapped = next(filter(self._is_mapped, self._spellings(comparison)), None)
        if not is_known:
            self.operators[operator] = None
        if mapped is None:
            self.attributes[as_written(self._data, comparison)] = None
            return None
        self._spelled[id(comparison)] = mapped
        return comparison if is_known else None

    def spelling(self, comparison: Comparison) -> str:
        """How the connector's map spells the path of a comparison that was kept."""
        return self._spelled[id(comparison)]

    def _is_mapped(self, path: str) -> bool:
        return bool(self._translator.map_field(*path.split(":", 1)))

    def _spellings(self, comparison: Comparison) -> tuple[str, ...]:
        """The path as the user wrote it, which is what classic maps are looked up by, and as we write it."""
        return tuple(dict.fromkeys((as_written(self._data, comparison), str(comparison.path))))

    def answer(self, queries: Any) -> Answer:
        """The classic dictionary; one text is a list of one."""
        return {
            "queries": [queries] if queries and isinstance(queries, (str, dict)) else list(queries or []),
            "unmapped_attributes": list(self.attributes),
            "unmapped_operator": list(self.operators),
        }
