"""Merging objects of several rows, in memory and beyond it."""

import copy
import json
import random
import sqlite3
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter_utils.stix import Merger, deterministic_id, unite
from stix_shifter_utils.stix.spill import Spill

Object = dict[str, Any]


def sco(kind: str, **properties: Any) -> Object:
    name = deterministic_id(kind, properties)
    assert name is not None
    return {"type": kind, "spec_version": "2.1", "id": name, **properties}


def observed(*objects: Object, number: int = 0) -> list[Object]:
    refs = list(dict.fromkeys(item["id"] for item in objects))
    return [
        {
            "type": "observed-data",
            "id": f"observed-data--{number:08x}-0000-4000-8000-000000000000",
            "object_refs": refs,
        },
        *objects,
    ]


def merged(*groups: list[Object], limit: int = 1000) -> list[Object]:
    merger = Merger("source", spill=Spill(limit))
    try:
        return [item for group in groups for item in merger.add(group)] + list(merger.finish())
    finally:
        merger.close()


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 2}, None),
        ({"h": {"MD5": "x"}}, {"h": {"SHA-1": "y"}}, {"h": {"MD5": "x", "SHA-1": "y"}}),
        ({"h": {"MD5": "x"}}, {"h": {"MD5": "z"}}, None),
        ({"a_refs": ["1", "2"]}, {"a_refs": ["2", "3"]}, {"a_refs": ["1", "2", "3"]}),
        ({"list": ["1"]}, {"list": ["2"]}, None),
        ({"h": {"a": 1}}, {"h": "text"}, None),
    ],
)
def test_objects_are_united_or_contradict(one: Object, other: Object, joined: Object | None) -> None:
    before = json.dumps([one, other])
    assert unite(one, other) == joined
    assert json.dumps([one, other]) == before


def test_the_same_object_of_two_rows_is_one_with_the_properties_of_both() -> None:
    first = sco("user-account", user_id="u", display_name="U")
    second = sco("user-account", user_id="u", is_privileged=True)
    found = merged(observed(first, number=1), observed(second, number=2))
    assert found[2:] == [first | {"is_privileged": True}]
    assert [item["type"] for item in found[:2]] == ["observed-data"] * 2


def test_a_contradicting_object_takes_its_own_id_and_its_row_follows() -> None:
    first = sco("ipv4-addr", value="10.0.0.1", x_zone="a")
    second = sco("ipv4-addr", value="10.0.0.1", x_zone="b")
    flow = sco(
        "network-traffic", protocols=["tcp"], src_ref=second["id"], x_more={"deep_refs": [second["id"]]}
    )
    old_flow = flow["id"]
    process = {
        "type": "process",
        "id": "process--00000000-0000-4000-8000-000000000000",
        "opened_connection_refs": [flow["id"]],
    }
    found = merged(observed(first, number=1), observed(second, flow, process, number=2))
    by_id = {item["id"]: item for item in found}
    assert len(by_id) == len(found) == 6
    moved = next(item for item in found if item.get("x_zone") == "b")
    assert moved["id"] != first["id"]
    assert moved["id"][-22] == "4"
    new_flow = next(item for item in found if item["type"] == "network-traffic")
    assert new_flow["src_ref"] == moved["id"]
    assert new_flow["x_more"] == {"deep_refs": [moved["id"]]}
    assert new_flow["id"] == deterministic_id("network-traffic", new_flow) != old_flow
    assert process["opened_connection_refs"] == [new_flow["id"]]
    assert found[1]["object_refs"] == [moved["id"], new_flow["id"], process["id"]]
    assert found[0]["object_refs"] == [first["id"]]


def test_the_same_contradiction_again_is_the_same_object() -> None:
    rows = [
        observed(sco("user-account", user_id="u", display_name=name), number=n)
        for n, name in enumerate("abbbab")
    ]
    found = merged(*rows)
    assert len(found) == 6 + 2
    refs = [item["object_refs"][0] for item in found[:6]]
    assert refs[0] == refs[4] != refs[1] == refs[2] == refs[3] == refs[5]


def test_two_of_one_id_within_a_group_are_one_too() -> None:
    one, other = sco("mutex", name="m", x_a=1), sco("mutex", name="m", x_b=2)
    found = merged(observed(one, other))
    assert found[1:] == [one | {"x_b": 2}]


names = st.sampled_from("abc")
groups = st.lists(
    st.lists(
        st.builds(
            lambda user, extra: sco("user-account", user_id=user, **extra),
            names,
            st.dictionaries(st.sampled_from(["x_one", "x_two"]), st.integers(0, 2), max_size=2),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda item: item["id"],
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(groups, st.sampled_from([1, 2, 1000]))
def test_nothing_is_lost_whatever_is_merged_and_however_little_fits_in_memory(
    rows: list[list[Object]], limit: int
) -> None:
    wanted = json.loads(json.dumps(rows))
    found = merged(*(observed(*row, number=n) for n, row in enumerate(rows)), limit=limit)
    by_id = {item["id"]: item for item in found}
    assert len(by_id) == len(found)
    for number, row in enumerate(wanted):
        refs = found_by_number(found, number)["object_refs"]
        assert len(refs) == len(row)
        for item, ref in zip(row, refs, strict=True):
            del item["id"]
            assert item.items() <= by_id[ref].items()


@pytest.mark.parametrize("limit", [2, 1000])
def test_text_and_dictionaries_merge_alike_also_where_they_contradict(limit: int) -> None:
    chance = random.Random(limit)
    compared = contradictions = 0
    for _ in range(200):
        groups = [
            observed(
                sco("ipv4-addr", value=f"10.0.0.{chance.randrange(6)}", x_note=chance.choice([1, 1, 1, 2])),
                sco(
                    "file",
                    name=chance.choice("ab"),
                    x_ref=chance.choice([None, "u"]),
                    size=chance.choice([1, 1, 2]),
                ),
                number=number,
            )
            for number in range(chance.randrange(1, 12))
        ]
        expected = merged(*copy.deepcopy(groups), limit=limit)
        merger = Merger("source", spill=Spill(limit))
        own = [item for group in copy.deepcopy(groups) for item in merger.add_written(group)]
        texts = list(merger.finish_written())
        merger.close()
        kept = [json.loads(line) for text in texts for line in text.lines.splitlines()]
        assert own + kept == expected
        assert sum(text.count for text in texts) == len(kept)
        compared += len(kept)
        contradictions += len(kept) > len({item["id"] for group in groups for item in group[1:]})
    assert compared > 500
    assert 20 < contradictions < 200


def found_by_number(found: list[Object], number: int) -> Object:
    return next(item for item in found if item["id"].startswith(f"observed-data--{number:08x}"))


def test_what_waits_on_disk_comes_back_in_the_order_of_first_sight() -> None:
    spill = Spill(3)
    for number in range(10):
        spill.add({"id": f"i{number}", "n": number})
    spill.put({"id": "i2", "n": "changed"})
    spill.put({"id": "i10", "n": 10})
    assert spill.get("i2") == {"id": "i2", "n": "changed"}
    assert spill.get("i9") == {"id": "i9", "n": 9}
    assert spill.get("missing") is None
    assert [item["n"] for item in spill.drain()] == [0, 1, "changed", *range(3, 11)]
    spill.close()
    assert spill.get("i1") is None


def test_row_keys_are_counted_beyond_memory() -> None:
    spill = Spill(2)
    keys = [bytes([number]) for number in range(100)]
    assert [spill.times_seen(key) for key in keys] == [0] * 100
    assert [spill.times_seen(key) for key in keys] == [1] * 100
    assert spill.times_seen(keys[3]) == 2
    spill.close()


def test_the_file_is_made_only_when_needed_and_given_up_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def watched(*args: Any, **more: Any) -> sqlite3.Connection:
        made.append(connect(*args, **more))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", watched)
    small = Spill(5)
    small.add({"id": "a"})
    small.close()
    assert made == []
    large = Spill(1)
    for name in "abc":
        large.add({"id": name})
    large.close()
    assert len(made) == 1
    with pytest.raises(sqlite3.ProgrammingError):
        made[0].execute("SELECT 1")


def test_forty_thousand_objects_wait_in_little_memory() -> None:
    spill = Spill(500)
    tracemalloc.start()
    for number in range(40_000):
        spill.add({"id": f"url--{number}", "type": "url", "value": f"http://example.com/{number}" * 3})
    assert sum(1 for _ in spill.drain()) == 40_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    spill.close()
    assert peak < 3_000_000
