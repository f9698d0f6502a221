"""The part of the standard suite that closes the loop: pattern, query, rows, STIX, and the matcher agrees.

Needs every row of the product beforehand (`every_row`). For generated patterns about their values, what a
dialect is asked for and gives back must, after being checked here, be just what the matcher picks from all
rows. The loop itself is `loop.py`; here it is driven through the connector and its product.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from stix_shifter_utils.testing.dialect_loop import DialectLoop, assert_closed
from stix_shifter_utils.testing.levels import gold
from stix_shifter_utils.testing.search import Search
from stix_shifter_utils.testing.suite_transmission import TransmissionSuite
from stix_shifter_utils.transmission import Limits, submit_poll_page_delete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stix_shifter_utils.connector import BaseEntryPoint
    from stix_shifter_utils.query import NativeQuery

OPTIONS: dict[str, Any] = {"time_range": None, "stix_2.1": True}


class LoopSuite(TransmissionSuite):
    """Gold."""

    loop_patterns: ClassVar[int] = 40
    loop_seed: ClassVar[int] = 7

    def every_row(self, product: Any) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """All rows of the product by dialect, as it gives them; none leaves the loop open."""
        return {}

    @gold
    def test_the_loop_closes(self) -> None:
        with self.running() as product:
            by_dialect = self.every_row(product)
            if not by_dialect:
                pytest.skip("this product does not say all its rows")
            entry = self.connected(product, **OPTIONS)
            with _runner(entry) as run:
                for dialect, rows in by_dialect.items():
                    loop = DialectLoop(entry, dialect, rows, run)
                    assert_closed(loop.report(self.loop_patterns, seed=self.loop_seed))


@contextlib.contextmanager
def _runner(entry: BaseEntryPoint) -> Iterator[Callable[[NativeQuery], list[Any]]]:
    """Runs native queries one after the other, over shared connections."""
    loop, source = asyncio.new_event_loop(), Search(entry)
    with contextlib.closing(loop):
        loop.run_until_complete(source.__aenter__())
        try:
            yield lambda query: loop.run_until_complete(_rows(source, query.body))
        finally:
            loop.run_until_complete(source.__aexit__(None, None, None))


async def _rows(source: Search, query: Any) -> list[Any]:
    flow = submit_poll_page_delete(source, query, Limits(first_poll_s=0))
    async with contextlib.aclosing(flow) as pages:
        return [row async for page in pages for row in page.records]
