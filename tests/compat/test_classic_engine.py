"""Rows in the form of earlier releases: `classic_rows.json` holds answers of the published engine (8.1.3).

There `<id>` stands for an id that is made up anew each time, and of observed-data only what is not the usual.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stix_shifter.stix_translation.stix_translation import StixTranslation
from stix_shifter_utils.results.classic_engine import convert_to_stix
from stix_shifter_utils.results.classic_map import level_of
from stix_shifter_utils.results.transformers import get_module_transformers

CASES = json.loads(Path(__file__).with_name("classic_rows.json").read_text(encoding="utf-8"))
SITE = Path(__file__).parent / "old_site"
IDENTITY = {
    "type": "identity",
    "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
    "name": "my_name",
    "identity_class": "events",
}
RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
TIMES = ("created", "modified", "first_observed", "last_observed")


def translated(rows: Any, map_data: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    bundle = convert_to_stix(IDENTITY, map_data, rows, get_module_transformers(), options)
    assert IDENTITY.items() <= bundle["objects"][0].items()
    return list(bundle["objects"][1:])


def _objects(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The objects of all rows, embedded or not."""
    embedded = [one for item in items for one in item.get("objects", {}).values()]
    return embedded + [item for item in items if item["type"].startswith("x-")]


def usual(item: dict[str, Any], given: Any) -> dict[str, Any]:
    """An observed-data without what every one has."""
    if "number_observed" not in item:
        return item
    found = {key: value for key, value in item.items() if key not in {"id", "type", "created_by_ref"}}
    found.pop("spec_version", None)
    for name in TIMES:
        if MOMENT.fullmatch(str(found[name])) and found[name] not in str(given):
            del found[name]
    if found["number_observed"] == 1:
        del found["number_observed"]
    return found


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_rows_become_what_the_published_engine_made_of_them(case: dict[str, Any]) -> None:
    made = translated(case["rows"], case["map"], **case["options"])
    text = json.dumps([usual(item, case["rows"]) for item in made])
    assert json.loads(RANDOM.sub("<id>", text)) == case["objects"]


def test_the_cases_meet_every_keyword_and_both_versions() -> None:
    text = json.dumps(CASES)
    words = ["key", "object", "references", "transformer", "group", "unwrap", "group_ref", "value", "ds_key"]
    assert [word for word in words if f'"{word}": ' not in text] == []
    assert sum(bool(case["options"].get("stix_2.1")) for case in CASES) >= 15
    assert len(CASES) > 120


PARTIAL = {"port": {"key": "network-traffic.src_port", "object": "nt"}}


def test_a_direct_call_keeps_the_form_that_tests_of_connectors_know() -> None:
    (observed,) = translated([{"port": 5}], PARTIAL)
    assert observed["objects"] == {"0": {"type": "network-traffic", "src_port": 5}}
    (own,) = translated([{"port": 5}], PARTIAL, results_engine="shared")
    assert own["objects"]["0"]["type"] == "x-stix-shifter-partial"


def test_a_callback_renames_keys_and_may_leave_leaves_out() -> None:
    seen = []

    def renamed(parent: Any, native: str, key: str, options: Any) -> str | None:
        seen.append((parent, native, key, options))
        if native == "bad":
            raise KeyError(native)
        return "x-n.other" if native == "a" else None

    map_data = {name: {"key": "x-n.v", "object": name} for name in ("a", "b", "bad")}
    row, options = {"a": 1, "b": 2, "bad": 3}, {"unmapped_fallback": False}
    bundle = convert_to_stix(IDENTITY, map_data, [row], {}, options, renamed)
    assert bundle["objects"][1]["objects"] == {
        "0": {"type": "x-n", "other": 1},
        "1": {"type": "x-n", "v": 2},
    }
    assert seen[0] == (row, "a", "x-n.v", options)


def test_what_ended_the_former_engine_leaves_out_one_value() -> None:
    map_data = {
        "a": {"key": "x-n.v", "object": "n", "transformer": "NoSuch"},
        "b": {"key": "x-n.w", "object": "n"},
    }
    (observed,) = translated([{"a": 1, "b": 2}], map_data)
    assert observed["objects"] == {"0": {"type": "x-n", "w": 2}}


def test_a_number_that_is_none_leaves_out_its_value_alone() -> None:
    map_data = {
        "a": {"key": "x-n.v", "object": "n", "transformer": "EpochToTimestamp"},
        "b": {"key": "x-n.w", "object": "n"},
    }
    (observed,) = translated([{"a": float("nan"), "b": 2}], map_data)
    assert observed["objects"] == {"0": {"type": "x-n", "w": 2}}


@pytest.mark.parametrize("is_21", [False, True])
def test_objects_do_not_share_structures_with_the_row(is_21: bool) -> None:
    map_data = {"tags": {"key": "x-n.tags", "object": "n"}, "own": {"key": "kept"}}
    row: Any = {"tags": [{"a": ["b"]}], "own": {"c": ["d"]}}
    made = translated([row], map_data, **{"stix_2.1": is_21})
    row["tags"][0]["a"].append("later")
    row["own"]["c"].append("later")
    assert "later" not in json.dumps(made)
    assert made[0]["kept"] == {"c": ["d"]}


@pytest.mark.parametrize("is_21", [False, True])
def test_grouped_lists_grow_without_the_row_and_the_map(is_21: bool) -> None:
    map_data = {
        "refs": {"key": "x-case.refs", "object": "case", "group": True},
        "more": {"key": "x-case.refs", "object": "case", "group": True},
        "mark": {"key": "x-case.marks", "object": "case", "group": True, "value": ["seen"]},
        "note": {"key": "x-case.marks", "object": "case", "group": True},
    }
    rows = [{"refs": ["a"], "more": ["b"], "mark": 1, "note": ["n"]}] * 2
    given = json.dumps([rows, map_data])
    found = _objects(translated(rows, map_data, **{"stix_2.1": is_21}))
    assert {(tuple(one["refs"]), tuple(one["marks"])) for one in found} == {(("a", "b"), ("seen", "n"))}
    assert json.dumps([rows, map_data]) == given


def test_ids_of_objects_are_made_of_their_properties_and_else_random() -> None:
    map_data = {"ip": {"key": "ipv4-addr.value"}, "n": {"key": "x-n.v"}}
    rows = [{"ip": "192.0.2.7", "n": 1}]
    first, second = (translated(rows, map_data, **{"stix_2.1": True})[1:] for _ in range(2))
    assert first[0]["id"] == second[0]["id"] == "ipv4-addr--fe609036-dbde-52d8-a120-35d115a7d338"
    assert first[1]["id"] != second[1]["id"]
    assert RANDOM.search(first[1]["id"])


def test_a_map_or_a_transformer_that_changes_between_calls_is_read_anew() -> None:
    class Loud:
        @staticmethod
        def transform(obj: Any) -> Any:
            return obj.upper()

    class Twice(Loud):
        @staticmethod
        def transform(obj: Any) -> Any:
            return obj * 2

    map_data = {"a": {"key": "x-n.v", "transformer": "Own"}}

    def value(transformer: Any) -> Any:
        return convert_to_stix(IDENTITY, map_data, [{"a": "b"}], {"Own": transformer})["objects"][1][
            "objects"
        ]

    assert value(Loud) == value(Loud) == {"0": {"type": "x-n", "v": "B"}}
    assert value(Twice) == {"0": {"type": "x-n", "v": "bb"}}
    map_data["a"]["key"] = "x-n.w"
    assert value(Twice) == {"0": {"type": "x-n", "w": "bb"}}


def test_a_kept_map_is_the_callers_own_and_few_are_kept() -> None:
    transformers = get_module_transformers()
    map_data = {"a": {"key": "x-n.v"}}
    first = level_of(map_data, transformers)
    assert level_of(map_data, get_module_transformers()) is first
    assert level_of({"a": {"key": "x-n.v"}}, transformers) is not first
    others = [{"a": {"key": f"x-n.v{number}"}} for number in range(100)]
    for other in others:
        level_of(other, transformers)
    assert level_of(map_data, transformers) is not first
    unwritable: Any = {"a": {"key": "x-n.v", "value": object()}}
    assert level_of(unwritable, transformers).node is unwritable


def test_an_identity_without_id_or_name_is_told_by_the_missing_key() -> None:
    for missing in ("id", "name"):
        identity = {key: value for key, value in IDENTITY.items() if key != missing}
        with pytest.raises(KeyError, match=missing):
            convert_to_stix(identity, {}, [], {}, {})


@pytest.mark.parametrize("is_21", [False, True])
def test_any_connector_answers_in_the_former_form_when_asked(
    monkeypatch: pytest.MonkeyPatch, is_21: bool
) -> None:
    monkeypatch.syspath_prepend(str(SITE))
    options = {"results_engine": "classic", "stix_2.1": is_21}
    rows = [{"src": "192.0.2.7", "fname": 5}]
    answer = StixTranslation().translate("old_watch", "results", IDENTITY, rows, options)
    observed = answer["objects"][1]
    objects = answer["objects"][2:] if is_21 else observed["objects"].values()
    assert {(item["type"], item.get("value")) for item in objects} >= {("ipv4-addr", "192.0.2.7")}
    assert ("object_refs" in observed) is is_21
