"""Overlays: what they change, in which order, and what is refused with which words."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.mapping import load_file, load_mappings, read_overlays
from stix_shifter_utils.pattern import make_path

if TYPE_CHECKING:
    from pathlib import Path

TO_STIX = {
    "time": {"key": "first_observed"},
    "process": {
        "name": [{"key": "process.name", "object": "process"}, {"key": "file.name", "object": "file"}],
        "hash": {"md5": {"key": "file.hashes.MD5", "object": "file"}},
    },
}
FIELDS = {"time": "time", "fields": {"time": "timestamp", "process.name": "text", "process.hash.md5": "text"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "acme_watch" / "stix_translation" / "json"
    found.mkdir(parents=True)
    (found / "to_stix_map.json").write_text(json.dumps(TO_STIX))
    (found / "fields.json").write_text(json.dumps(FIELDS))
    return found


def asked(folder: Path, kind: str, name: str, *overlays: Any) -> list[str]:
    """The native fields that a property is searched in."""
    mapping = load_mappings(folder, "default", {"overlays": list(overlays)})
    return [binding.field for binding in mapping.index.lookup(make_path(kind, name))]


def test_a_renamed_field_is_asked_and_comes_back_under_its_new_name(folder: Path) -> None:
    overlay = {"rename": {"process.name": "winlog.image"}}
    assert asked(folder, "process", "name", overlay) == ["winlog.image"]
    assert asked(folder, "file", "name", overlay) == ["winlog.image"]
    options = {"overlays": [overlay]}
    assert (load_file(folder, "default", "to_stix_map", options) or {})["winlog"]["image"][0][
        "key"
    ] == "process.name"
    mapping = load_mappings(folder, "default", options)
    assert str(mapping.fields.kinds["winlog.image"]) == "text"
    assert "process.name" not in mapping.fields.kinds


def test_a_whole_level_can_be_renamed_and_the_time_with_it(folder: Path) -> None:
    overlay = {"rename": {"process": "acme.proc", "time": "acme.when"}}
    assert asked(folder, "file", "hashes.MD5", overlay) == ["acme.proc.hash.md5"]
    assert load_mappings(folder, "default", {"overlays": overlay}).index.time_field == "acme.when"


def test_a_new_property_is_asked_with_its_kind_and_comes_back(folder: Path) -> None:
    overlay = {
        "fields": {"acme.badge": "text_nocase"},
        "to_stix": {"acme.badge": {"key": "user-account.x_badge", "object": "user"}},
    }
    (binding,) = load_mappings(folder, "default", {"overlays": overlay}).index.lookup(
        make_path("user-account", "x_badge")
    )
    assert (binding.field, str(binding.kind), binding.comes_back) == ("acme.badge", "text_nocase", True)


def test_overlays_are_laid_over_each_other_in_their_order(folder: Path) -> None:
    first, second = {"rename": {"process.name": "image"}}, {"rename": {"image": "picture"}}
    assert asked(folder, "file", "name", first, second) == ["picture"]
    with pytest.raises(MappingFileError, match="overlay 1: rename: dialect default has no field image"):
        asked(folder, "file", "name", second, first)


def test_a_removed_field_is_asked_no_more(folder: Path) -> None:
    assert asked(folder, "file", "hashes.MD5", {"remove": ["process.hash.md5"]}) == []
    assert asked(folder, "file", "hashes.MD5", {"to_stix": {"process": {"hash": None}}}) == []


def test_what_is_given_and_what_is_packaged_stay_as_they_are(folder: Path) -> None:
    overlay = {
        "rename": {"process.name": "image"},
        "table": "t",
        "to_stix": {"b": {"key": "x-a.bcd"}},
        "fields": {"b": "text"},
    }
    before = copy.deepcopy(overlay)
    assert load_mappings(folder, "default", {"overlays": overlay}).index.table == "t"
    assert overlay == before
    assert asked(folder, "file", "name") == ["process.name"]


def test_an_overlay_may_be_a_file_of_yaml_or_json(folder: Path, tmp_path: Path) -> None:
    yaml, plain = tmp_path / "acme.yaml", tmp_path / "acme.json"
    yaml.write_text("rename: {process.name: image}\n")
    plain.write_text('{"rename": {"image": "picture"}}')
    assert asked(folder, "file", "name", str(yaml), str(plain)) == ["picture"]
    yaml.write_text("rename: {process.name: image}\nremove: [time]\n")
    assert asked(folder, "file", "name", str(yaml)) == ["image"]


def test_dialects_and_connectors_that_are_not_meant_are_left_alone_or_refused(folder: Path) -> None:
    (folder / "flows_to_stix_map.json").write_text(json.dumps(TO_STIX))
    (folder / "events_to_stix_map.json").write_text(json.dumps(TO_STIX))
    options = {"overlays": {"dialects": ["flows"], "rename": {"process.name": "image"}}}
    path = make_path("file", "name")
    found = {
        name: load_mappings(folder, name, options).index.lookup(path)[0].field for name in ("events", "flows")
    }
    assert found == {"events": "process.name", "flows": "image"}
    with pytest.raises(MappingFileError, match=r"has no dialect flow \(it has events, flows\)"):
        load_mappings(folder, "events", {"overlays": {"dialects": ["flow"]}})
    with pytest.raises(MappingFileError, match="it is made for splunk, and this is acme_watch"):
        load_mappings(folder, "events", {"overlays": {"connector": "splunk"}})


def test_a_connector_with_a_map_of_its_own_for_searching_gets_new_fields_there_too(folder: Path) -> None:
    (folder / "from_stix_map.json").write_text('{"file": {"fields": {"name": ["process.name"]}}}')
    more = {"fields": {"b": "text"}, "to_stix": {"b": {"key": "file.name", "object": "file"}}}
    assert asked(folder, "file", "name", {"rename": {"process.name": "image"}}, more) == ["image", "b"]
    with pytest.raises(MappingFileError, match="from_stix: nowhere does not come back"):
        asked(folder, "file", "name", {"from_stix": {"file": {"fields": {"name": ["nowhere"]}}}})


REFUSED = [
    (
        {"renam": {}},
        r"acme: renam is no key of an overlay; did you mean rename\? \(there are name, connector",
    ),
    (
        {"rename": {"process.nam": "x"}},
        r"acme: rename: dialect default has no field process.nam; did you mean process.name",
    ),
    (
        {"rename": {"process.name": "process.hash.md5"}},
        "acme: rename.process.name: the map has a field process.hash.md5 already",
    ),
    ({"rename": {"process.name": "time.name"}}, "rename.process.name: time is a field itself"),
    ({"rename": ["a"]}, "acme: rename must be an object, not a list"),
    ({"remove": "process.name"}, "acme: remove must be a list of texts, not a text"),
    ({"remove": ["nothing"]}, "acme: remove: dialect default has no field nothing"),
    (
        {"fields": {"process.name": "string"}},
        "acme: field 'process.name' has the kind 'string'; use one of text, text_nocase, integer",
    ),
    ({"fields": {"b": "text"}}, "acme: fields.b: no STIX property comes of it"),
    ({"to_stix": {"b": {"key": "file.name"}}}, "acme: to_stix.b: its kind is not known"),
    (
        {"to_stix": {"b": {"key": "file.nmae"}}, "fields": {"b": "text"}},
        r"to_stix.b: file has no property nmae; did you mean name\? \(it has .*name.* and x_",
    ),
    (
        {"to_stix": {"b": {"key": "fil.name"}}, "fields": {"b": "text"}},
        r"STIX has no object type fil; did you mean file\? \(a type of your own begins with x-\)",
    ),
    (
        {"to_stix": {"b": {"key": "file.hashes.SHA-257"}}, "fields": {"b": "text"}},
        "SHA-257 is no hash algorithm of STIX .there are .*SHA-256",
    ),
    (
        {"to_stix": {"b": {"key": "seen"}}, "fields": {"b": "text"}},
        "observed-data has no property seen .it has .*first_observed",
    ),
    ({"to_stix": {"b": {"kee": "file.name"}}}, "acme: to_stix.b"),
    (
        {"to_stix": {"b": {"key": "file.name", "objct": "a"}}},
        "acme: to_stix.b: Additional properties are not allowed .'objct'",
    ),
    (
        {"to_stix": {"b": {"key": "process.image_ref", "references": "fil"}}, "fields": {"b": "text"}},
        r"references: no field builds the object fil; did you mean file\?",
    ),
    (
        {"from_stix": {"file": {"fields": {"name": ["b"]}}}},
        "acme: from_stix: this connector asks what to_stix gives back",
    ),
    ({"time": "when"}, "acme: time: the map has no field when"),
    ({"table": 5}, "acme: table must be a text, not a number"),
]


@pytest.mark.parametrize(("overlay", "message"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_what_is_wrong_is_refused_with_its_key_and_what_is_legal(
    folder: Path, overlay: dict[str, Any], message: str
) -> None:
    with pytest.raises(MappingFileError, match=message):
        load_mappings(folder, "default", {"overlays": {"name": "acme", **overlay}})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nowhere.yaml", "overlay nowhere.yaml: cannot be read: No such file"),
        ([5], "overlay 1: an overlay is an object with name, connector"),
        ({"name": 5}, "overlays: name must be a text, not a number"),
    ],
)
def test_what_is_no_overlay_is_refused(given: Any, message: str) -> None:
    with pytest.raises(MappingFileError, match=message):
        read_overlays(given)


def test_a_file_that_is_broken_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("rename:\n  a: [\n")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(MappingFileError, match=r"overlay a\.yaml: is not YAML: .* in line 3"):
        read_overlays("a.yaml", tmp_path)
    with pytest.raises(MappingFileError, match=r"overlay a\.json: is not JSON"):
        read_overlays("a.json", tmp_path)
