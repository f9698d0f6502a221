"""Two hundred clients at once, each on a connection of its own over TLS: no answer is lost, none is wrong.

STIX_SHIFTER_LOAD_S says how many seconds the longer run lasts (20); `STIX_SHIFTER_LOAD_S=60 pytest -m engine
tests/shifter/host/test_host_load.py -s` prints its figures.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.shifter.host.hosting import TOKEN, HostProcess, running_host, token_file

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 200
ROWS = 20
Json = dict[str, Any]
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"


@dataclass
class Tally:
    """What the clients asked and got."""

    asked: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[Any] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    folder = tmp_path_factory.mktemp("load")
    (folder / "bundle.json").write_text(json.dumps(bundle()))
    with running_host(folder, "--token-file", token_file(folder)) as running:
        yield running


def bundle() -> Json:
    """Rows of which the number n has the address 10.0.0.n."""
    objects = []
    for number in range(ROWS):
        when = f"2024-01-01T00:00:{number:02}.000Z"
        address = {"type": "ipv4-addr", "value": f"10.0.0.{number}"}
        objects.append(
            {"type": "observed-data", "id": f"observed-data--00000000-0000-4000-8000-{number:012}",
             "created": when, "modified": when, "first_observed": when, "last_observed": when,
             "number_observed": 1, "objects": {"0": address}}
        )  # fmt: skip
    return {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000", "spec_version": "2.0",
            "objects": objects}  # fmt: skip


def question(host: HostProcess, client: int, turn: int) -> tuple[str, Json, Any]:
    """A route, a body that no other client sends, and what the answer must be."""
    pattern = f"[ipv4-addr:value = '10.0.0.{(client + turn) % ROWS}'] {WINDOW}"
    connection = {"type": "stix_bundle", "url": str(host.folder / "bundle.json")}
    if turn % 3 == 0:
        text = f"[ipv4-addr:value = '192.0.2.{client}' AND ipv4-addr:value != '{turn}'] {WINDOW}"
        return "/transform_query", {"module": "stix_bundle", "data": text}, {"queries": [text]}
    if turn % 3 == 1:
        row = {"connection": connection, "search_id": pattern, "offset": 0, "length": 5}
        return "/create_results_connection", row, f"10.0.0.{(client + turn) % ROWS}"
    return (
        "/create_query_connection",
        {"connection": connection, "query": pattern},
        {
            "success": True,
            "search_id": pattern,
        },
    )


def is_right(answer: Any, expected: Any) -> bool:
    if isinstance(expected, str):
        rows = answer.get("data") or []
        return [row["objects"]["0"]["value"] for row in rows] == [expected]
    return bool(answer == expected)


async def one_client(
    session: aiohttp.ClientSession, host: HostProcess, client: int, tally: Tally, until: float, most: int
) -> None:
    for turn in range(most):
        if time.monotonic() > until and turn >= 3:
            return
        path, body, expected = question(host, client, turn)
        tally.asked += 1
        began = time.monotonic()
        while True:
            async with session.post(host.listening + path, json=body) as reply:
                answer = await reply.json()
            tally.answers[reply.status] += 1
            if reply.status != 429:
                break
            await asyncio.sleep(float(reply.headers["Retry-After"]))
        tally.seconds.append(time.monotonic() - began)
        if reply.status != 200 or not is_right(answer, expected):
            tally.wrong.append((path, reply.status, answer))


async def crowd(host: HostProcess, seconds: float, most: int) -> Tally:
    tally, until = Tally(), time.monotonic() + seconds
    context = ssl.create_default_context(cadata=host.ca_pem)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context),
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=aiohttp.ClientTimeout(total=100),
    ) as session:
        clients = (one_client(session, host, client, tally, until, most) for client in range(CLIENTS))
        await asyncio.wait_for(asyncio.gather(*clients), seconds + 110)
    await asyncio.sleep(0.1)  # TLS connections say goodbye
    return tally


@pytest.mark.engine
def test_two_hundred_clients_at_once_lose_no_answer(loaded: HostProcess) -> None:
    tally = asyncio.run(crowd(loaded, 0, 3))
    assert tally.asked == CLIENTS * 3 == len(tally.seconds)
    assert tally.wrong == []
    assert len(loaded.audit) == sum(tally.answers.values())


@pytest.mark.engine
def test_they_go_on_for_a_while_and_lose_none(loaded: HostProcess) -> None:
    seconds = float(os.environ.get("STIX_SHIFTER_LOAD_S", "20"))
    before = len(loaded.audit)
    tally = asyncio.run(crowd(loaded, seconds, 1_000_000))
    assert tally.wrong == []
    assert tally.asked == len(tally.seconds) >= CLIENTS * 3
    assert len(loaded.audit) - before == sum(tally.answers.values())
    slowest, middle = max(tally.seconds), statistics.median(tally.seconds)
    sys.stdout.write(
        f"\n{CLIENTS} clients, {seconds:g} s: {tally.asked} answers, none lost, {dict(tally.answers)}; "
        f"median {middle:.2f} s, slowest {slowest:.2f} s\n"
    )
