"""How often a source is asked: pauses between calls, and most calls in a minute."""

from __future__ import annotations

import asyncio

import pytest

from stix_shifter.hunt import hunt
from stix_shifter.hunt.search import Pace
from stix_shifter_utils.query import Capabilities

from .conftest import WINDOW, Tables, table_source


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("stix_shifter.hunt.search.time.monotonic", lambda: self.now)
        monkeypatch.setattr("stix_shifter.hunt.search.asyncio.sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += max(0.0, seconds)


@pytest.mark.parametrize(
    ("pause_s", "per_minute", "expected"),
    [
        (0.0, None, [0, 0, 0, 0, 0]),
        (2.0, None, [0, 2, 4, 6, 8]),
        (0.0, 2, [0, 0, 60, 60, 120]),
        (0.0, 0.5, [0, 120, 240, 360, 480]),
        (40.0, 2, [0, 40, 80, 120, 160]),
    ],
)
def test_calls_wait_as_long_as_they_must_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, pause_s: float, per_minute: float | None, expected: list[float]
) -> None:
    clock, pace = Clock(monkeypatch), Pace(pause_s, per_minute)
    begun = clock.now

    async def calls() -> list[float]:
        found = []
        for _ in expected:
            await pace.wait()
            found.append(clock.now - begun)
        return found

    assert asyncio.run(calls()) == expected


@pytest.mark.parametrize(("connector", "calls"), [("synchronous_template", 2), ("async_template", 4)])
def test_only_calls_that_reach_the_source_count(
    product: Tables, monkeypatch: pytest.MonkeyPatch, connector: str, calls: int
) -> None:
    turns: list[None] = []

    async def counted(self: Pace) -> None:
        turns.append(None)

    monkeypatch.setattr(Pace, "wait", counted)
    stated = Capabilities(rate_per_min=1000)
    monkeypatch.setattr("stix_shifter.hunt.source_run.capabilities_of", lambda _: stated)
    product.state = "done"
    source = table_source("one", product, connector=f"{connector}:dialect1")
    report = hunt(f"[network-traffic:dst_port = 443] {WINDOW}", [source])
    assert report.ledger.matched == 20
    assert len(turns) in {calls - 1, calls}  # a last, empty page is asked for where the source does not tell
    assert len(product.requests) >= len(turns)
