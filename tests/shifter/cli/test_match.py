import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def observed(number: int, *refs: str) -> dict[str, Any]:
    moment = f"2024-05-14T08:0{number}:00.000Z"
    return {
        "type": "observed-data", "spec_version": "2.1",
        "id": f"observed-data--0000000{number}-0000-4000-8000-000000000000",
        "created": moment, "modified": moment, "first_observed": moment, "last_observed": moment,
        "number_observed": 1, "object_refs": list(refs),
    }  # fmt: skip


def address(value: str) -> dict[str, Any]:
    return {"type": "ipv4-addr", "spec_version": "2.1", "id": f"ipv4-addr--{value}", "value": value}


OBJECTS = [
    {"type": "identity", "id": "identity--1", "name": "us"},
    address("198.51.100.7"), address("198.51.100.8"), address("198.51.100.9"),
    {"type": "network-traffic", "spec_version": "2.1", "id": "network-traffic--1",
     "src_ref": "ipv4-addr--198.51.100.7", "dst_ref": "ipv4-addr--198.51.100.9", "protocols": ["tcp"]},
    observed(1, "network-traffic--1", "ipv4-addr--198.51.100.7", "ipv4-addr--198.51.100.9"),
    observed(2, "ipv4-addr--198.51.100.8"),
]  # fmt: skip
BUNDLE = json.dumps({"type": "bundle", "id": "bundle--1", "objects": OBJECTS})


@pytest.mark.parametrize("bundle", [BUNDLE, json.dumps(OBJECTS)])
def test_the_matching_observations_are_named(run: Run, bundle: str) -> None:
    said = run("match", "[ipv4-addr:value = '198.51.100.8']", bundle)
    assert said.code == 0
    assert said.json == {"matched": True, "observed_data": [OBJECTS[-1]["id"]]}


def test_no_match_is_an_answer_too(run: Run) -> None:
    said = run("match", "[ipv4-addr:value = '203.0.113.1']", "-", stdin=BUNDLE)
    assert (said.code, said.json) == (0, {"matched": False, "observed_data": []})


def test_observations_are_combined(run: Run) -> None:
    pattern = "[network-traffic:src_ref.value = '198.51.100.7'] FOLLOWEDBY [ipv4-addr:value = '198.51.100.8']"
    assert run("match", f"({pattern}) WITHIN 61 SECONDS", BUNDLE).json["matched"] is True
    assert run("match", f"({pattern}) WITHIN 60 SECONDS", BUNDLE).json["matched"] is False


def test_the_matching_part_may_be_had_as_a_bundle_that_is_whole(run: Run) -> None:
    said = run("match", "[network-traffic:src_ref.value = '198.51.100.7']", BUNDLE, "--bundle")
    assert [item["id"] for item in said.json["objects"]] == [OBJECTS[at]["id"] for at in (0, 1, 3, 4, 5)]


def test_same_object_is_the_strict_reading(run: Run) -> None:
    pattern = "[ipv4-addr:value = '198.51.100.7' AND ipv4-addr:value = '198.51.100.9']"
    assert run("match", pattern, BUNDLE).json["matched"] is True
    assert run("match", pattern, BUNDLE, "--same-object").json["matched"] is False


def test_a_pattern_that_is_none_is_an_error_answer(run: Run) -> None:
    said = run("match", "[ipv4-addr:value", BUNDLE)
    assert (said.code, said.json["success"], said.json["code"]) == (1, False, "translation_error")


@pytest.mark.parametrize("bundle", ["7", '{"objects": 7}', "[7]"])
def test_what_is_no_bundle_is_wrong_usage(run: Run, bundle: str) -> None:
    said = run("match", "[a:b = 1]", bundle)
    assert (said.code, said.out) == (2, "")
    assert "argument bundle: must be a STIX bundle" in said.err
