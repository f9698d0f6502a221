"""What a tally counts, and for whom."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone

import pytest

from stix_shifter_utils.http import HttpClient
from stix_shifter_utils.http.tally import Tally, open_tally, tallied
from stix_shifter_utils.testing import Answer, FakeProduct, Fault, Received, route

NOW = datetime(2024, 1, 1, 12, 0, 0, tzinfo=timezone.utc)


class Hello(FakeProduct):
    @route("GET", "/hello")
    def hello(self, request: Received) -> Answer:
        return Answer(b"x" * 100)


def test_only_what_is_sent_inside_counts_also_by_tasks_of_it() -> None:
    tally = Tally()

    async def run() -> None:
        with Hello() as product:
            product.fail(Fault.answer(429, retry_after=0), times=1)
            client = HttpClient(product.url)
            with tallied(tally):
                await asyncio.gather(client.get("/hello"), client.get("/hello"))
            await client.get("/hello")

    asyncio.run(run())
    assert (tally.requests, tally.retries) == (3, 1)
    assert tally.bytes_received >= 200
    assert tally.waited_s > 0
    assert open_tally() is None


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Mon, 01 Jan 2024 12:00:30 GMT", 30),
        ("Mon, 01 Jan 2024 11:00:00 -0000", -3600),
        ("yesterday", None),
        (None, None),
    ],
)
def test_the_clock_of_the_source_is_read_from_its_date(date: str | None, ahead: float | None) -> None:
    tally = Tally()
    tally.answered(10, date, NOW)
    assert tally.clock_ahead_s == ahead
