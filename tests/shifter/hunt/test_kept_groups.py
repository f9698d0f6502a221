"""Candidates that wait in a file are the same as those in memory, and the file goes with the hunt."""

from __future__ import annotations

import gc
import threading
import tracemalloc

import pytest

from stix_shifter.hunt import hunt
from stix_shifter.hunt.kept_groups import InFile, KeptGroups

from .conftest import WINDOW, MakeBundle, Tables, network_event, table_source

PATTERN = f"([network-traffic:dst_port > 0] FOLLOWEDBY [network-traffic:dst_port = 443]) {WINDOW}"


def group(number: int) -> list[dict[str, object]]:
    return [{"type": "observed-data", "id": f"observed-data--{number}", "text": "x" * 2000, "number": number}]


@pytest.mark.parametrize("in_memory", [0, 5, 100])
def test_groups_come_back_as_they_were_put_whichever_thread_did(in_memory: int) -> None:
    store = KeptGroups(in_memory)
    places: dict[int, object] = {}

    def put(first: int) -> None:
        for number in range(first, 200, 4):
            places[number] = store.put(group(number))

    threads = [threading.Thread(target=put, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(place, InFile) for place in places.values()) == 200 - in_memory
    assert all(store.get(places[number]) == group(number) for number in range(200))  # type: ignore[arg-type]  # what `put` gave


def test_what_json_cannot_hold_stays_as_it_is() -> None:
    store = KeptGroups(0)
    odd = [{"id": "x", "half": "\ud800"}]
    assert store.get(store.put(odd)) == odd
    assert store.in_file == 0


def test_memory_does_not_follow_the_number_of_groups() -> None:
    store = KeptGroups(10)
    tracemalloc.start()
    try:
        kept = [store.put(group(number)) for number in range(5000)]
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert store.in_file > 5000 * 2000
    assert used < 2_000_000
    assert store.get(kept[-1]) == group(4999)


def test_a_hunt_whose_candidates_wait_in_a_file_finds_the_same(
    product: Tables, bundle_source: MakeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [table_source("tables", product), bundle_source("partner", map(network_event, range(40)))]
    usual = [item for item in hunt(PATTERN, sources) if item["type"] != "note"]
    opened: list[KeptGroups] = []

    class Tight(KeptGroups):
        def __init__(self) -> None:
            super().__init__(in_memory=3)
            opened.append(self)

    monkeypatch.setattr("stix_shifter.hunt.run.KeptGroups", Tight)
    monkeypatch.setattr("stix_shifter.hunt.merge.KEPT_IN_MEMORY", 5)
    report = hunt(PATTERN, sources)
    assert [item for item in report if item["type"] != "note"] == usual
    assert [item for item in report if item["type"] != "note"] == usual  # it can be read again
    assert len(usual) > 100
    assert opened[0].in_file > 10_000
