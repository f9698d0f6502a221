"""Candidates in columns: what is put in comes out, moved and renamed, and takes little room."""

from __future__ import annotations

import gc
import random
import threading
import tracemalloc
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from stix_shifter.hunt.candidates import Candidates, joined
from stix_shifter.hunt.check import observation, settle
from stix_shifter.hunt.kept_groups import KeptGroups
from stix_shifter.hunt.plan import question_of
from stix_shifter.hunt.rows import OnlyRows, RowCounter
from stix_shifter_utils.pattern import Matcher, observed_from_objects
from stix_shifter_utils.stix import own_id

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
CHAIN = "([x:a = 0] FOLLOWEDBY [x:a = 1]) WITHIN 60 SECONDS"
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2025-01-01T00:00:00Z'"
Group = list[dict[str, Any]]


def group(number: int, value: int, *, name: str = "", text: str = "") -> Group:
    seen = (START + timedelta(seconds=7 * number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [
        {
            "type": "observed-data", "id": name or own_id("observed-data", "t", str(number).encode(), ""),
            "first_observed": seen, "last_observed": seen, "number_observed": 1,
            "created_by_ref": "identity--1", "object_refs": [f"x--{number}"],
        },
        {"type": "x", "id": f"x--{number}", "a": value, "text": text},
    ]  # fmt: skip


def add(candidates: Candidates, source: int, one: Group, places: tuple[int, ...] = (0,)) -> None:
    candidates.add(source, one, observation(one), places)


@pytest.mark.parametrize("in_memory", [0, 3, 1000])
def test_what_is_added_comes_back_in_time_whatever_source_it_is_from(in_memory: int) -> None:
    store = KeptGroups(in_memory)
    parts = [Candidates(store) for _ in range(3)]
    numbers = list(range(60))
    random.Random(3).shuffle(numbers)
    names = {7: "observed-data--ODD", 8: "observed-data--AAAAAAAA-0000-4000-8000-000000000000", 9: "x"}
    for number in numbers:
        add(parts[number % 3], number % 3, group(number, 0, name=names.get(number, "")), (number % 2, 5))
    whole = joined(parts, store)
    assert (len(whole), [len(part) for part in parts]) == (60, [0, 0, 0])
    order = whole.in_time()
    for number, who in enumerate(order):
        one = group(number, 0, name=names.get(number, ""))
        assert (whole.id(who), whole.group(who), whole.source(who)) == (one[0]["id"], one, number % 3)
        assert whole.satisfied()[whole.places(who)] == (number % 2, 5)


def test_observations_of_one_instant_are_ordered_by_id() -> None:
    store = KeptGroups()
    candidates = Candidates(store)
    names = [own_id("observed-data", "t", str(number).encode(), "") for number in range(20)]
    for name in names:
        add(candidates, 0, group(1, 0, name=name))
    assert [candidates.id(who) for who in candidates.in_time()] == sorted(names)


def test_an_id_that_two_sources_hand_out_becomes_two_and_twice_of_one_source_stays() -> None:
    store = KeptGroups(1)
    parts = [Candidates(store), Candidates(store)]
    for source, number in ((0, 1), (0, 2), (0, 2), (1, 1), (1, 3)):
        add(parts[source], source, group(number, 0))
    whole = joined(parts, store)
    whole.rename_doubles()
    ids = [whole.id(number) for number in range(5)]
    assert ids[1] == ids[2]
    assert len(set(ids)) == 4
    assert [whole.group(number)[0]["id"] for number in range(5)] == ids
    assert whole.source(3) == 1


def test_what_a_thread_that_was_left_behind_adds_counts_no_more() -> None:
    store = KeptGroups()
    late = Candidates(store)
    add(late, 0, group(1, 0))
    whole = joined([late], store)
    thread = threading.Thread(target=add, args=(late, 0, group(2, 0)))
    thread.start()
    thread.join()
    assert (len(whole), len(late)) == (1, 0)


def test_candidates_are_settled_as_the_matcher_settles_their_objects() -> None:
    chance = random.Random(5)
    for text in (
        CHAIN,
        "[x:a = 0] AND [x:a >= 0]",
        "[x:a = 0] REPEATS 3 TIMES WITHIN 90 SECONDS",
        "[x:a = 1]",
    ):
        question = question_of(f"({text}) {WINDOW}", now=START)
        matcher, store = Matcher(question.pattern), KeptGroups(10)
        groups = [group(number, chance.randint(0, 3)) for number in range(120)]
        candidates = Candidates(store)
        for one in groups:
            observed = observation(one)
            if places := matcher.satisfied(observed):
                candidates.add(0, one, observed, places)
        found = settle(question, candidates)
        expected = matcher.match(observed_from_objects([item for one in groups for item in one]))
        assert [one[0]["id"] for one in found.groups()] == list(expected.observed)
        assert len(found) == found.sources()[0] > 0
        matches = {tuple(sorted(match)) for match in found.matches(10_000)}
        assert matches == {tuple(sorted(each.id for each in match)) for match in expected.bindings(10_000)}


def test_a_candidate_takes_less_than_two_hundred_bytes_until_all_is_settled() -> None:
    count = 8_000
    question = question_of(f"({CHAIN}) {WINDOW}", now=START)
    store = KeptGroups(0)
    candidates = Candidates(store)
    settle(question, Candidates(store))  # what is imported and compiled once
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(count):
            add(candidates, 0, group(number, number % 2, text="y" * 300), (number % 2,))
        found = settle(question, candidates)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == count
    assert store.in_file > count * 500
    assert peak / count < 200


def test_the_rows_of_an_only_query_count_as_those_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stix_shifter.hunt.rows.KEYS_IN_MEMORY", 3)
    chance = random.Random(2)
    pages = [[{"a": chance.randint(0, 9)} for _ in range(20)] for _ in range(10)]
    only, several = OnlyRows(), RowCounter().query()
    try:
        assert [only.new(page) for page in pages] == [several.new(page) for page in pages]
    finally:
        only.close()
