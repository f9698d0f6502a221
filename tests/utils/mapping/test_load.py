"""Reading mapping files: which file stands for which, custom ones, the 2.1 override, and what is kept."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.mapping import list_dialects, load_mappings
from stix_shifter_utils.pattern import parse_path


def write(folder: Path, **files: Any) -> Path:
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def leaf(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, **more}


def asked(folder: Path, dialect: str, path: str, options: dict[str, Any] | None = None) -> list[str]:
    mapping = load_mappings(folder, dialect, options)
    return [one.field for one in mapping.index.lookup(parse_path(path))]


def test_dialects_are_the_files_names(tmp_path: Path) -> None:
    assert list_dialects(tmp_path) == ["default"]
    write(tmp_path, from_stix_map={}, to_stix_map={})
    assert list_dialects(tmp_path) == ["default"]
    write(
        tmp_path, flows_from_stix_map={}, events_from_stix_map={}, events_to_stix_map={}, dns_to_stix_map={}
    )
    assert list_dialects(tmp_path) == ["dns", "events", "flows"]


def test_files_of_fields_beside_a_from_stix_map_are_no_dialects(tmp_path: Path) -> None:
    write(tmp_path, from_stix_map={}, to_stix_map={}, select_fields={})
    assert list_dialects(tmp_path) == ["default"]
    write(tmp_path, events_from_stix_map={}, aql_events_fields={})
    assert list_dialects(tmp_path) == ["events"]


def test_a_map_for_2_1_that_only_orders_fields_otherwise_keeps_the_order(tmp_path: Path) -> None:
    fields = {"value": ["a", "b"], "x_other": ["a"]}
    write(
        tmp_path,
        from_stix_map={"ipv4-addr": {"fields": fields}},
        stix_2_1__from_stix_map={"ipv4-addr": {"fields": {"value": ["b", "a"], "x_other": ["b"]}}},
        to_stix_map={"a": leaf("ipv4-addr.value")},
    )
    loaded = load_mappings(tmp_path, "default", {"stix_2.1": True}).from_stix
    assert loaded == {"ipv4-addr": {"fields": {"value": ["a", "b"], "x_other": ["b"]}}}


def test_a_dialect_s_own_file_stands_before_the_common_one(tmp_path: Path) -> None:
    write(
        tmp_path,
        to_stix_map={"a": leaf("file.name")},
        events_to_stix_map={"b": leaf("file.name")},
        fields={"table": "common"},
    )
    assert asked(tmp_path, "events", "file:name") == ["b"]
    assert asked(tmp_path, "flows", "file:name") == ["a"]
    assert load_mappings(tmp_path, "events").index.table == "common"


def test_dialects_may_share_the_maps_and_hold_only_their_own_fields(tmp_path: Path) -> None:
    write(
        tmp_path,
        to_stix_map={
            "a": leaf("file.name"),
            "b": leaf("file.size"),
            "c": {"d": leaf("file.name", object="x")},
        },
        left_fields={"closed": True, "fields": {"a": "text"}},
        right_fields={"closed": True, "fields": {"b": "integer", "c.d": "text"}},
        open_fields={"fields": {"a": "text"}},
    )
    assert list_dialects(tmp_path) == ["left", "open", "right"]
    assert asked(tmp_path, "left", "file:name") == ["a"]
    assert asked(tmp_path, "right", "file:name") == ["c.d"]
    assert asked(tmp_path, "open", "file:name") == ["a", "c.d"]
    size = parse_path("file:size")
    assert not load_mappings(tmp_path, "left").index.returns(size)
    assert load_mappings(tmp_path, "right").index.returns(size)


def test_without_from_stix_fields_are_derived(tmp_path: Path) -> None:
    write(tmp_path, to_stix_map={"a": leaf("file.name")})
    assert load_mappings(tmp_path, "default").from_stix is None
    write(tmp_path, from_stix_map={"file": {"fields": {"name": ["c"]}}})
    assert asked(tmp_path, "default", "file:name") == ["c"]


def test_a_custom_mapping_replaces_a_file_by_the_name_that_was_chosen(tmp_path: Path) -> None:
    write(
        tmp_path,
        to_stix_map={"a": leaf("file.name")},
        events_from_stix_map={"file": {"fields": {"name": ["b"]}}},
    )
    custom = {"file": {"fields": {"name": ["mine"]}}}
    assert asked(tmp_path, "events", "file:name", {"mapping": {"events_from_stix_map": custom}}) == ["mine"]
    assert asked(tmp_path, "events", "file:name", {"mapping": {"from_stix_map": custom}}) == ["b"]
    assert asked(tmp_path, "flows", "file:name", {"mapping": {"from_stix_map": custom}}) == ["mine"]
    assert asked(tmp_path, "flows", "file:name", {"mapping": {"to_stix_map": {"z": leaf("file.name")}}}) == [
        "z"
    ]


def test_the_override_for_2_1_holds_differences_only(tmp_path: Path) -> None:
    write(
        tmp_path,
        from_stix_map={"process": {"fields": {"binary_ref.name": ["a"], "pid": ["p"]}}},
        stix_2_1__from_stix_map={"process": {"fields": {"image_ref.name": ["b"], "binary_ref.name": None}}},
        to_stix_map={"a": [leaf("file.name")], "p": leaf("process.pid")},
        stix_2_1__to_stix_map={"p": leaf("process.x_pid"), "q": leaf("process.pid")},
    )
    assert asked(tmp_path, "default", "process:binary_ref.name") == ["a"]
    new = {"stix_2.1": True}
    assert asked(tmp_path, "default", "process:image_ref.name", new) == ["b"]
    assert asked(tmp_path, "default", "process:binary_ref.name", new) == []
    assert asked(tmp_path, "default", "process:pid", new) == ["p"]
    assert set(load_mappings(tmp_path, "default", new).to_stix) == {"a", "p", "q"}


def test_files_are_parsed_once_until_they_change(tmp_path: Path) -> None:
    write(tmp_path, to_stix_map={"a": leaf("file.name")})
    first = load_mappings(tmp_path, "default")
    assert load_mappings(tmp_path, "default", {"time_range": 5}) is first
    write(tmp_path, to_stix_map={"bb": leaf("file.name")})
    os.utime(tmp_path / "to_stix_map.json", ns=(1, 1))
    assert asked(tmp_path, "default", "file:name") == ["bb"]


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({}, {}, "neither from_stix_map.json nor to_stix_map.json"),
        ({"to_stix_map": "{"}, {}, "to_stix_map.json is not JSON"),
        ({"to_stix_map": "[]"}, {}, "to_stix_map.json must hold a JSON object"),
        ({"to_stix_map": {"a": [1]}}, {}, "a is a list"),
        ({"to_stix_map": {}}, {"mapping": []}, "option mapping must be an object"),
        (
            {"to_stix_map": {}},
            {"mapping": {"to_stix_map": 5}},
            "option mapping.to_stix_map must hold a JSON object",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, files: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    write(tmp_path, **files)
    with pytest.raises(MappingFileError) as caught:
        load_mappings(tmp_path, "default", options)
    assert message in str(caught.value)


def test_deeply_nested_json_is_refused_as_such(tmp_path: Path) -> None:
    write(tmp_path, to_stix_map='{"a":' * 100_000 + "1" + "}" * 100_000)
    with pytest.raises(MappingFileError, match="is not JSON"):
        load_mappings(tmp_path, "default")
