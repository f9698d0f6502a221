"""The part of the standard suite that closes the loop: pattern, query, rows, STIX, and the matcher agrees.

Needs every row of the product beforehand (`every_row`). For generated patterns about their values, what the
source is asked for and gives back must, after being checked here, be just what the matcher picks from all
rows.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from stix_shifter_utils.errors import StixShifterError
from stix_shifter_utils.pattern import Matcher, observed_from_objects, print_pattern
from stix_shifter_utils.testing.levels import gold
from stix_shifter_utils.testing.patterns import generate_patterns
from stix_shifter_utils.testing.search import Search
from stix_shifter_utils.testing.seen import seen_values
from stix_shifter_utils.testing.suite_translation import IDENTITY
from stix_shifter_utils.testing.suite_transmission import TransmissionSuite
from stix_shifter_utils.transmission import Limits, submit_poll_page_delete

if TYPE_CHECKING:
    from stix_shifter_utils.connector import BaseEntryPoint
    from stix_shifter_utils.pattern import Observed, Pattern
    from stix_shifter_utils.query import QueryPlan

OPTIONS: dict[str, Any] = {"time_range": None, "stix_2.1": True}
LEAST_SELECTIVE = 0.4
"""Of the patterns, how many must pick some rows and leave others."""


@dataclass
class Tally:
    """What a closed loop went through."""

    patterns: int = 0
    selective: int = 0
    exact: int = 0
    refused: list[str] = field(default_factory=list)


class LoopSuite(TransmissionSuite):
    """Gold."""

    loop_patterns: ClassVar[int] = 60
    loop_seed: ClassVar[int] = 7

    def every_row(self, product: Any) -> list[Any]:
        """All rows of the product, as it gives them; none leaves the loop open."""
        return []

    @gold
    def test_the_loop_closes(self) -> None:
        with self.running() as product:
            rows = self.every_row(product)
            if not rows:
                pytest.skip("this product does not say all its rows")
            tally = asyncio.run(self._loop(self.connected(product, **OPTIONS), rows))
        assert tally.patterns >= self.loop_patterns * 0.8, (
            f"too many patterns are refused: {tally.refused[:5]}"
        )
        assert tally.selective >= tally.patterns * LEAST_SELECTIVE, f"the patterns select too little: {tally}"
        assert tally.exact, "no pattern is answered exactly by the source"

    async def _loop(self, entry: BaseEntryPoint, rows: list[Any]) -> Tally:
        # Row by row: in one bundle, objects with equal ids are merged, and a row shows what others hold.
        everything = {_key(row): await self._observed(row) for row in rows}
        assert len(everything) == len(rows), "two rows of the product are the same"
        tally = Tally()
        async with Search(entry):
            for pattern in self._patterns(list(everything.values())):
                await self._closes(entry, pattern, everything, tally)
        return tally

    async def _observed(self, row: Any) -> Observed:
        bundle = await self.entry_point(**OPTIONS).translate_results(IDENTITY, [row])
        assert "objects" in bundle, bundle
        (observed,) = observed_from_objects(bundle["objects"])
        return observed

    def _patterns(self, everything: list[Observed]) -> list[Pattern]:
        paths = {path for _, translator in self.translators() for path in translator.mapping().index.paths()}
        values = [seen_values(observed, sorted(paths, key=str)) for observed in everything]
        return generate_patterns(values, seed=self.loop_seed, count=self.loop_patterns)

    async def _closes(
        self, entry: BaseEntryPoint, pattern: Pattern, everything: dict[str, Observed], tally: Tally
    ) -> None:
        text = print_pattern(pattern)
        try:
            plans = [self._plan(entry, name, text) for name in entry.get_dialects()]
            wanted = set(Matcher(pattern, case=plans[0].case).match(everything.values()).observed)
        except StixShifterError as error:
            tally.refused.append(f"{text}: {error}")
            return
        came: dict[str, Observed] = {}
        for plan in plans:
            rows = [row for query in plan.queries for row in await self._rows(entry, query.body)]
            part = {_key(row): everything[_key(row)] for row in rows}
            came |= part
            if plan.is_exact and plan.queries:
                tally.exact += 1
                surplus = {one.id for one in part.values()} - wanted
                assert not surplus, (
                    f"{text}\n{plan.dialect} is called exact, but {len(surplus)} rows do not match"
                )
        trusted = {comparison for plan in plans for comparison in plan.trusted}
        found = set(Matcher(pattern, case=plans[0].case, trusted=trusted).match(came.values()).observed)
        assert not wanted - found, f"{text}\nmisses {len(wanted - found)} of {len(wanted)}: {_bodies(plans)}"
        assert not found - wanted, f"{text}\nadds {len(found - wanted)} to {len(wanted)}: {_bodies(plans)}"
        tally.patterns += 1
        tally.selective += 0 < len(wanted) < len(everything)

    def _plan(self, entry: BaseEntryPoint, dialect: str, text: str) -> QueryPlan:
        return entry.get_query_translator(dialect).plan(text, policy="widen", now=datetime.now(timezone.utc))

    async def _rows(self, entry: BaseEntryPoint, query: Any) -> list[Any]:
        flow = submit_poll_page_delete(Search(entry), query, Limits(first_poll_s=0))
        async with contextlib.aclosing(flow) as pages:
            return [row async for page in pages for row in page.records]


def _key(row: Any) -> str:
    return json.dumps(row, sort_keys=True)


def _bodies(plans: list[QueryPlan]) -> list[Any]:
    return [query.body for plan in plans for query in plan.queries]
