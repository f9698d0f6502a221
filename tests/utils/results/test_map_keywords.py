"""Each keyword of a to_stix map (the cases are in the JSON file beside this), and what rows do to maps."""

import json
from pathlib import Path
from typing import Any

import pytest


def objects(
    translate: Any, to_stix: Any, row: dict[str, Any], version: str = "2.0", **options: Any
) -> dict[str, Any]:
    """The objects of one row as STIX 2.0 embeds them; the row is not changed by that."""
    before = json.dumps(row, default=repr)
    _, *found = translate(to_stix, [row], version, **options)
    assert json.dumps(row, default=repr) == before
    if version == "2.0":
        return found[0]["objects"] if found else {}
    return {item["type"]: item for item in found}


CASES = json.loads(Path(__file__).with_name("map_keywords.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_keywords_in_stix_2_0(translate: Any, case: dict[str, Any]) -> None:
    assert objects(translate, case["map"], case["row"]) == case["objects"]


def resolved(item: dict[str, Any], ids: dict[str, str]) -> Any:
    """An object with ids in place of numbers in its references, wherever they are."""
    if isinstance(item, dict):
        return {
            name: (
                [ids[each] for each in value]
                if name.endswith("_refs") or name == "ips"
                else ids[value]
                if name.endswith("_ref")
                else resolved(value, ids)
            )
            for name, value in item.items()
        }
    return item


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_keywords_in_stix_2_1_build_the_same_objects(translate: Any, case: dict[str, Any]) -> None:
    expected = case["objects"]
    _, observed, *found = translate(case["map"], [case["row"]], "2.1")
    by_ref = {item["id"]: item for item in found}
    listed = [by_ref[ref] for ref in observed["object_refs"]]
    ids = dict(zip(expected, observed["object_refs"], strict=True))
    renamed = {"binary_ref": "image_ref"}
    for item, (number, old) in zip(listed, expected.items(), strict=True):
        wanted = {renamed.get(name, name): value for name, value in resolved(old, ids).items()}
        assert item == {**wanted, "id": ids[number], "spec_version": "2.1"}
    assert all(type(item["id"]) is str for item in found)


def test_properties_of_the_observed_data_itself(translate: Any) -> None:
    to_stix = {
        "t": [{"key": "first_observed", "transformer": "EpochToTimestamp"}, {"key": "x_started"}],
        "u": {"key": "last_observed"},
        "n": {"key": "number_observed", "transformer": "ToInteger"},
        "c": {"key": "created"},
        "s": {"key": "Severity"},
        "i": {"key": "object_refs"},
        "f": {"key": "x-foo.bar"},
    }
    row = {
        "t": 1600000000123,
        "u": "2020-09-13T14:26:41+02:00",
        "n": "3",
        "c": "2021-01-01T00:00:00Z",
        "s": 5,
        "i": ["x"],
        "f": 1,
    }
    stream = translate(to_stix, [row], "2.1")
    _, observed, foo = stream
    assert {name: observed[name] for name in observed if name not in {"id", "created_by_ref", "type"}} == {
        "first_observed": "2020-09-13T12:26:40.123Z",
        "last_observed": "2020-09-13T12:26:41.000Z",
        "number_observed": 3,
        "created": "2021-01-01T00:00:00.000Z",
        "modified": "2021-01-01T00:00:00.000Z",
        "x_started": 1600000000123,
        "x_severity": 5,
        "object_refs": [foo["id"]],
        "spec_version": "2.1",
    }
    assert observed["created_by_ref"] == stream.identity["id"]
    assert stream.report.dropped == {("i", "object_refs of the observed-data is not the map's to set"): 1}


@pytest.mark.parametrize(
    ("row", "first", "last"),
    [
        ({"a": "2020-01-01T00:00:00Z"}, "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ({"b": "2020-01-01T00:00:00Z"}, "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ({"a": "bad", "b": "2020-01-01T00:00:00Z"}, "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        (
            {"a": "2020-01-02T00:00:00Z", "b": "2020-01-01T00:00:00Z"},
            "2020-01-01T00:00:00Z",
            "2020-01-02T00:00:00Z",
        ),
        (
            {"a": "2020-01-01T00:00:00Z", "b": "2020-01-01T00:00:00.5Z"},
            "2020-01-01T00:00:00.000Z",
            "2020-01-01T00:00:00.500Z",
        ),
        ({"a": 5, "b": ""}, "2024-05-06T07:08:09.123456Z", "2024-05-06T07:08:09.123456Z"),
    ],
)
def test_an_observation_has_both_times_in_order(
    translate: Any, row: dict[str, Any], first: str, last: str
) -> None:
    to_stix = {"a": {"key": "first_observed"}, "b": {"key": "last_observed"}, "f": {"key": "x-foo.bar"}}
    _, observed = translate(to_stix, [{**row, "f": 1}])
    assert (observed["first_observed"], observed["last_observed"]) == (first, last)
    assert observed["created"] == observed["modified"]
    assert observed["created"].startswith(first[:19])
    assert len(observed["created"]) == 24
    assert observed["number_observed"] == 1


RENAMES = [
    ("file.created", "file", "created", "ctime", "2020-01-01T00:00:00Z"),
    ("directory.accessed", "directory", "accessed", "atime", "2020-01-01T00:00:00Z"),
    ("process.created", "process", "created", "created_time", "2020-01-01T00:00:00Z"),
    (
        "user-account.password_last_changed",
        "user-account",
        "password_last_changed",
        "credential_last_changed",
        "2020-01-01T00:00:00Z",
    ),
    (
        "windows-registry-key.modified",
        "windows-registry-key",
        "modified",
        "modified_time",
        "2020-01-01T00:00:00Z",
    ),
]


@pytest.mark.parametrize(("old_key", "kind", "old", "new", "value"), RENAMES)
def test_one_map_serves_both_versions_whichever_names_it_uses(
    translate: Any, old_key: str, kind: str, old: str, new: str, value: str
) -> None:
    needed = {
        "file": "name",
        "directory": "path",
        "process": "command_line",
        "user-account": "user_id",
        "windows-registry-key": "key",
    }
    for key in (old_key, f"{kind}.{new}"):
        to_stix = {"a": {"key": key}, "b": {"key": f"{kind}.{needed[kind]}"}}
        (found,) = objects(translate, to_stix, {"a": value, "b": "x"}).values()
        assert (found[old], new in found) == (value, False)
        found = objects(translate, to_stix, {"a": value, "b": "x"}, "2.1")[kind]
        assert (found[new], old in found) == (value, False)


def test_a_property_that_one_version_lacks_stays_as_a_custom_one(translate: Any) -> None:
    to_stix = {
        "a": {"key": "process.name"},
        "b": {"key": "process.arguments"},
        "c": {"key": "software.swid"},
        "d": {"key": "software.name"},
    }
    row = {"a": "cmd", "b": ["not one argument"], "c": "s", "d": "n"}
    found = objects(translate, to_stix, row, "2.1")["process"]
    assert (found["name"], found["arguments"]) == ("cmd", ["not one argument"])
    process, software = objects(translate, to_stix, row).values()
    assert process == {"type": "process", "name": "cmd", "x_arguments": ["not one argument"]}
    assert software["swid"] == "s"


def test_reserved_names_stay_as_published_or_are_renamed(translate: Any) -> None:
    to_stix = {"a": {"key": "x-oca-event.action"}, "b": {"key": "file.severity"}, "c": {"key": "file.name"}}
    row = {"a": "login", "b": 5, "c": "n"}
    kept = objects(translate, to_stix, row, "2.1")
    assert kept["x-oca-event"]["action"] == "login"
    assert kept["file"]["x_severity"] == 5
    assert objects(translate, to_stix, row, "2.1", rename_reserved=True)["x-oca-event"]["x_action"] == "login"
    event, file = objects(translate, to_stix, row).values()
    assert (event["action"], file["severity"]) == ("login", 5)


def test_unmapped_fields_go_to_one_object_under_legal_names(translate: Any) -> None:
    to_stix = {"a": {"key": "x-foo.bar"}, "n": {"b": {"key": "x-foo.baz"}}}
    row = {
        "a": 1,
        "Event ID": 5,
        "id": "i",
        "gone": None,
        "empty": [],
        "n": {"b": 2, "Event_ID": 6, "raw": {"x": [None]}},
        "EVENT ID": 7,
    }
    found = objects(translate, to_stix, row, unmapped_fallback=True)
    assert found == {
        "0": {"type": "x-foo", "bar": 1, "baz": 2},
        "1": {"type": "x-acme-watch", "event_id": 5, "x_id": "i", "n_event_id": 6, "event_id_2": 7},
    }
    assert objects(translate, to_stix, row) == {"0": found["0"]}


def test_unmapped_fields_of_list_elements_stay_with_their_element(translate: Any) -> None:
    to_stix = {"t": {"id": {"key": "x-tgt.uid"}}}
    found = objects(
        translate, to_stix, {"t": [{"id": 1, "more": "a"}, {"id": 2, "more": "b"}]}, unmapped_fallback=True
    )
    assert [item.get("more") for item in found.values()] == [None, "a", None, "b"]


def test_a_callback_may_replace_a_key_or_skip_a_value(translate: Any) -> None:
    calls = []

    def callback(level: Any, name: str, key: str, options: Any) -> str | None:
        calls.append((dict(level), name, key))
        if level.get("skip"):
            msg = "any"
            raise RuntimeError(msg)
        return "x-foo.other" if level["a"] == 1 else None

    to_stix = {"a": {"key": "x-foo.bar"}}
    stream = translate(to_stix, [{"a": 1}, {"a": 2}, {"a": 3, "skip": 1}], callback=callback)
    _, one, two = stream
    assert one["objects"]["0"] == {"type": "x-foo", "other": 1}
    assert two["objects"]["0"] == {"type": "x-foo", "bar": 2}
    assert calls[0] == ({"a": 1}, "a", "x-foo.bar")
    assert stream.report.dropped == {("a", "left out by the callback"): 1}
    assert stream.report.empty_rows == 1
