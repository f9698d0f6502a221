"""The stream from rows to objects: order, ids, merging, counts, memory, and input that is not right."""

import gc
import json
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter_utils.errors import (
    ConfigurationError,
    MappingFileError,
    ResultsTranslationError,
    SourceUnavailableError,
)
from stix_shifter_utils.results import (
    ResultsOptions,
    compile_mapping,
    convert_to_stix,
    get_module_transformers,
)
from stix_shifter_utils.stix import Merger, deterministic_id, write_bundle
from stix_shifter_utils.testing.rows import generate_rows, odd_values, rows

FLOW = {
    "src": [
        {"key": "ipv4-addr.value", "object": "src"},
        {"key": "network-traffic.src_ref", "object": "flow", "references": "src"},
    ],
    "dst": [
        {"key": "ipv4-addr.value", "object": "dst"},
        {"key": "network-traffic.dst_ref", "object": "flow", "references": "dst"},
    ],
    "port": {"key": "network-traffic.dst_port", "object": "flow"},
    "proto": {"key": "network-traffic.protocols", "object": "flow"},
    "pid": {"key": "process.pid"},
}
FILE = {"name": {"key": "file.name", "object": "f"}, "md5": {"key": "file.hashes.MD5", "object": "f"}}
T = get_module_transformers()


def of_type(objects: Any, kind: str) -> list[dict[str, Any]]:
    return [item for item in objects if item["type"] == kind]


def test_three_flows_of_equal_ports_and_different_addresses_are_three(translate: Any) -> None:
    found = list(
        translate(
            FLOW,
            [{"src": f"10.0.0.{n}", "dst": "10.0.0.9", "port": 443, "proto": "tcp"} for n in (1, 2, 3)],
            "2.1",
        )
    )
    flows = of_type(found, "network-traffic")
    assert len({flow["id"] for flow in flows}) == len(flows) == 3
    assert len(of_type(found, "ipv4-addr")) == 4
    for flow in flows:
        assert flow["id"] == deterministic_id("network-traffic", flow)


def test_three_files_of_one_name_and_different_hashes_are_three(translate: Any) -> None:
    found = list(translate(FILE, [{"name": "a.exe", "md5": f"{n:032x}"} for n in (1, 2, 3)], "2.1"))
    assert len({item["id"] for item in of_type(found, "file")}) == 3


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_translating_twice_gives_the_same_bundle(translate: Any, wide_map: Any, version: str) -> None:
    table = list(generate_rows(wide_map, seed=3, count=60, odd=0.1))
    again = list(generate_rows(wide_map, seed=3, count=60, odd=0.1))
    assert list(translate(wide_map, table, version)) == list(translate(wide_map, again, version))


def test_ids_follow_from_source_row_and_name_not_from_the_order_of_names(translate: Any) -> None:
    row = {"src": "10.0.0.1", "dst": "10.0.0.2", "port": 1, "proto": "tcp", "pid": 7}
    one = list(translate(FLOW, [row], "2.1"))
    other = list(translate(FLOW, [dict(reversed(row.items()))], "2.1"))
    assert {item["id"] for item in one} == {item["id"] for item in other}
    changed = list(translate(FLOW, [row | {"pid": 8}], "2.1"))
    assert of_type(one, "process")[0]["id"] != of_type(changed, "process")[0]["id"]
    assert of_type(one, "ipv4-addr") == of_type(changed, "ipv4-addr")


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_identical_rows_are_numbered(translate: Any, version: str) -> None:
    stream = translate(FLOW, [{"pid": 7}] * 3 + [{"pid": 8}], version)
    found = list(stream)
    assert len({item["id"] for item in of_type(found, "observed-data")}) == 4
    assert len({item["id"] for item in found}) == len(found)
    assert list(translate(FLOW, [{"pid": 7}] * 3 + [{"pid": 8}], version)) == found
    assert stream.report.observed == 4


def test_the_stream_has_the_identity_then_rows_then_what_rows_share(translate: Any) -> None:
    table = [{"src": "10.0.0.1", "pid": n, "dst": "10.0.0.2", "proto": "tcp"} for n in range(3)]
    stream = translate(FLOW, table, "2.1")
    found = list(stream)
    assert [item["type"] for item in found] == [
        "identity", *("observed-data", "process") * 3, "ipv4-addr", "network-traffic", "ipv4-addr",
    ]  # fmt: skip
    refs = {ref for item in of_type(found, "observed-data") for ref in item["object_refs"]}
    assert refs == {item["id"] for item in found} - {
        item["id"] for item in found if item["type"] in {"identity", "observed-data"}
    }
    assert (stream.report.rows, stream.report.observed, stream.report.objects, stream.report.merged) == (
        3,
        3,
        6,
        6,
    )


def test_the_stream_takes_rows_only_as_objects_are_asked_for(translate: Any) -> None:
    taken = []

    def table() -> Iterator[dict[str, Any]]:
        for number in range(100):
            taken.append(number)
            yield {"pid": number}

    stream = iter(translate(FLOW, table(), "2.0"))
    next(stream)
    assert taken == []
    next(stream)
    assert taken == [0]


def test_unmerged_objects_are_released_with_their_row(translate: Any) -> None:
    table = [{"src": "10.0.0.1", "pid": n} for n in range(2)]
    found = list(translate(FLOW, table, "2.1", merge=False))
    assert [item["type"] for item in found] == ["identity", *("observed-data", "ipv4-addr", "process") * 2]


def test_a_caller_may_choose_among_rows_before_merging(translate: Any) -> None:
    table = [{"src": "10.0.0.1", "dst": f"10.0.0.{n}", "proto": "tcp", "pid": n} for n in range(6)]
    stream = translate(FLOW, table, "2.1")
    merger = Merger(stream.identity["id"])
    chosen = [item for group in stream.groups() if group[0]["object_refs"] for item in merger.add(group)]
    found = [stream.identity, *chosen, *merger.finish()]
    assert found == list(translate(FLOW, table, "2.1"))


def test_two_objects_of_one_row_that_contradict_each_other_both_stay(translate: Any) -> None:
    to_stix = {
        "a": [
            {"key": "user-account.user_id", "object": "one"},
            {"key": "process.creator_user_ref", "object": "p", "references": "one"},
        ],
        "b": {"key": "user-account.display_name", "object": "one"},
        "c": [
            {"key": "user-account.user_id", "object": "two"},
            {"key": "x-foo.user_ref", "object": "x", "references": "two"},
        ],
        "d": {"key": "user-account.display_name", "object": "two"},
        "e": [{"key": "process.pid", "object": "p"}, {"key": "x-foo.name", "object": "x"}],
    }  # fmt: skip
    _, observed, *found = translate(to_stix, [{"a": "u", "b": "U", "c": "u", "d": "V", "e": 1}], "2.1")
    users = {item["id"]: item["display_name"] for item in of_type(found, "user-account")}
    assert sorted(users.values()) == ["U", "V"]
    assert users[of_type(found, "process")[0]["creator_user_ref"]] == "U"
    assert users[of_type(found, "x-foo")[0]["user_ref"]] == "V"
    assert set(observed["object_refs"]) == {item["id"] for item in found}
    _, observed, *found = translate(to_stix, [{"a": "u", "b": "U", "c": "u", "e": 1}], "2.1")
    assert len(of_type(found, "user-account")) == 1
    assert len(observed["object_refs"]) == len(set(observed["object_refs"])) == 3


def test_id_compat_gives_the_ids_of_the_published_release(translate: Any) -> None:
    row = {"src": "10.0.0.1", "dst": "10.0.0.2", "port": 443, "proto": "tcp", "name": "n", "md5": "0" * 32}
    found = list(translate(FLOW | FILE, [row, row | {"src": "10.0.0.3"}], "2.1", id_compat=True))
    flows = of_type(found, "network-traffic")
    assert flows[0]["id"] == deterministic_id("network-traffic", {"dst_port": 443, "protocols": ["tcp"]})
    assert flows[1]["id"][-22] == "4"
    assert of_type(found, "file")[0]["id"] == "file--83abb174-5141-5ef6-b4a1-c20831f3df76"


def test_a_small_memory_gives_the_same_objects_as_a_large_one(translate: Any, wide_map: Any) -> None:
    table = list(generate_rows(wide_map, seed=5, count=80))
    assert list(translate(wide_map, table, "2.1", spill_after=3)) == list(translate(wide_map, table, "2.1"))


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_memory_is_bounded_however_many_rows_there_are(translate: Any, version: str) -> None:
    def table() -> Iterator[dict[str, Any]]:
        for n in range(4_000):
            yield {"src": f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", "pid": n, "proto": "tcp", "port": n}

    size = 0
    tracemalloc.start()
    for item in translate(FLOW, table(), version, spill_after=200):
        size += len(orjson.dumps(item))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 1_800_000
    # mostly caches, which have their own bounds; objects in memory take several times their text
    assert peak < size / 1.5


@pytest.mark.parametrize(("version", "merge"), [("2.0", True), ("2.1", True), ("2.1", False)])
def test_ten_times_the_rows_take_the_same_memory(translate: Any, version: str, merge: bool) -> None:
    def peak_of(count: int) -> int:
        table = (
            {"src": f"10.0.{n >> 8}.{n & 255}", "pid": n, "proto": "tcp", "port": n} for n in range(count)
        )
        tracemalloc.start()
        stream = translate(FLOW, table, version, spill_after=100, merge=merge)
        with Path(os.devnull).open("wb") as out:
            write_bundle(stream, out, version="2.1" if version == "2.1" else "2.0")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert stream.report.observed == count
        return peak

    peak_of(600)  # fills the caches of values
    assert peak_of(6_000) < peak_of(600) + 2_500_000  # the rest of those caches


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_row_breaks_the_stream_changes_its_input_or_leaves_a_dangling_reference(data: Any) -> None:
    from_conftest = json.loads(
        json.dumps(FLOW | FILE)
    )  # a map of its own: hypothesis shares nothing between examples
    row = data.draw(rows(from_conftest))
    before = repr(row)
    identity = {"id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "n"}
    for version in (False, True):
        options = {"stix_2.1": version, "unmapped_fallback": True}
        bundle = convert_to_stix(identity, from_conftest, [row], T, options)
        assert repr(row) == before
        assert orjson.loads(orjson.dumps(bundle)) == bundle
        for observed in of_type(bundle["objects"], "observed-data"):
            known = observed["objects"] if not version else {item["id"] for item in bundle["objects"]}
            items = list(observed["objects"].values()) if not version else bundle["objects"]
            for item in items:
                for name, value in item.items():
                    if name in {"src_ref", "dst_ref"}:
                        assert value in known
            assert version is False or set(observed["object_refs"]) <= known


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["src", "dst", "port", "proto", "pid", "other"]), odd_values(), max_size=4
    )
)
def test_one_bad_value_costs_itself_only_and_is_counted(row: dict[str, Any]) -> None:
    from stix_shifter_utils.results import translate_rows

    mapping = compile_mapping(FLOW, transformers=T)
    stream = translate_rows([row | {"src": "10.0.0.1"}], {"id": "identity--1", "name": "n"}, mapping)
    _, observed = stream
    assert {"type": "ipv4-addr", "value": "10.0.0.1"} in observed["objects"].values()
    assert all(name in {"dst", "port", "proto", "pid"} for name, _ in stream.report.dropped)


def test_what_was_left_out_is_counted_by_field_and_reason(translate: Any) -> None:
    to_stix = FLOW | {
        "n": {"deep": {"key": "process.pid", "object": "n", "transformer": "ToInteger"}},
        "unknown": {"key": "x-foo.bar", "transformer": "NoSuch"},
        "raises": {"key": "x-foo.baz", "transformer": "ToDomainName"},
        "both": [{"key": "ipv4-addr.value"}, {"key": "ipv6-addr.value"}],
        "list": {"key": "ipv4-addr.value", "unwrap": True},
    }
    row = {
        "src": "10.0.0.256", "port": 70000, "proto": ["tcp", {"a": 1}], "pid": 1.5, "n": {"deep": "x"},
        "unknown": 1, "raises": 5, "both": "x", "list": ["1.2.3.4", "x", "y", ""], "dst": "",
    }  # fmt: skip
    report = (stream := translate(to_stix, [row, row | {"both": "::1", "n": 7}])).report
    assert len(list(stream)) == 3
    assert report.dropped == {
        ("src", "not an IPv4 address"): 2,
        ("port", "not a port from 0 to 65535"): 2,
        ("proto", "a part of it is not valid here"): 2,
        ("pid", "not a whole number of 64 bits"): 2,
        ("n.deep", "ToInteger gives nothing for it"): 1,
        ("n", "no object, where the map has one"): 1,
        ("unknown", "there is no transformer NoSuch"): 2,
        ("raises", "ToDomainName cannot read it"): 2,
        ("both", "not an IPv4 address, not an IPv6 address"): 1,
        ("list", "not an IPv4 address"): 4,
    }
    assert report.partial == {"network-traffic": 2}
    as_json = report.to_json()
    assert as_json["dropped"][0] == {"field": "list", "reason": "not an IPv4 address", "count": 4}
    assert json.loads(json.dumps(as_json)) == as_json


def test_what_a_type_cannot_hold_stays_in_a_partial_object(translate: Any) -> None:
    to_stix = {
        "q": [
            {"key": "domain-name.value", "object": "d"},
            {"key": "x-foo.d_ref", "object": "x", "references": "d"},
        ],
        "port": {"key": "network-traffic.dst_port", "object": "flow"},
        "n": {"key": "x-foo.name", "object": "x"},
    }
    stream = translate(to_stix, [{"q": "_sip._tcp.example.com", "port": 5060, "n": "n"}])
    found = list(stream)[1]["objects"]
    assert found == {
        "0": {
            "type": "x-stix-shifter-partial",
            "partial_type": "domain-name",
            "value": "_sip._tcp.example.com",
        },
        "1": {"type": "x-foo", "name": "n", "d_ref": "0"},
        "2": {"type": "x-stix-shifter-partial", "partial_type": "network-traffic", "dst_port": 5060},
    }
    assert stream.report.partial == {"domain-name": 1, "network-traffic": 1}


def test_rows_without_objects_make_no_observed_data_and_are_counted(translate: Any) -> None:
    stream = translate(FLOW, [{"pid": 1}, {}, {"x": 1}, {"pid": None}, {"pid": ""}], "2.1")
    assert [item["type"] for item in stream] == ["identity", "observed-data", "process"]
    assert (stream.report.rows, stream.report.observed, stream.report.empty_rows) == (5, 1, 4)


def test_rows_that_are_no_objects_are_counted_while_there_are_others(translate: Any) -> None:
    stream = translate(FLOW, [5, {"pid": 1}, "x", None, [{"pid": 2}]])
    assert len(list(stream)) == 2
    assert stream.report.refused_rows == 4


@pytest.mark.parametrize("table", [["a", "b"], [1], [None], [[{"pid": 1}]]])
def test_rows_of_which_none_is_an_object_are_refused(translate: Any, table: list[Any]) -> None:
    with pytest.raises(
        ResultsTranslationError, match=r"results are rows, each an object .* row 1 is of type"
    ):
        list(translate(FLOW, table))


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_what_was_found_before_a_source_broke_off_is_handed_on(translate: Any, version: str) -> None:
    def table() -> Iterator[dict[str, Any]]:
        yield {"src": "10.0.0.1", "pid": 1}
        msg = "gone"
        raise SourceUnavailableError(msg)

    handed: list[str] = []
    stream = iter(translate(FLOW, table(), version))

    def hand_on() -> None:
        for item in stream:
            handed.append(item["type"])

    with pytest.raises(SourceUnavailableError):
        hand_on()
    assert handed == ["identity", "observed-data", *(["process", "ipv4-addr"] if version == "2.1" else [])]


def convert(data: Any, identity: Any = None, options: Any = None, to_stix: Any = None) -> dict[str, Any]:
    identity = (
        {"id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "n"}
        if identity is None
        else identity
    )
    return convert_to_stix(identity, FLOW if to_stix is None else to_stix, data, T, options or {})


@pytest.mark.parametrize(
    "data",
    [
        [{"pid": 1}, {"pid": 2}],
        '[{"pid": 1}, {"pid": 2}]',
        b'\xef\xbb\xbf[{"pid": 1}, {"pid": 2}]',
        '{"pid": 1}\n\n{"pid": 2}\n',
        iter([{"pid": 1}, {"pid": 2}]),
        ({"pid": 1}, {"pid": 2}),
    ],
    ids=["list", "JSON", "bytes", "NDJSON", "iterator", "tuple"],
)
def test_rows_come_in_any_of_these_forms(data: Any) -> None:
    objects = convert(data)["objects"]
    assert [item["objects"]["0"]["pid"] for item in objects[1:]] == [1, 2]


@pytest.mark.parametrize("data", [{"pid": 1}, '{"pid": 1}'])
def test_a_single_row_is_a_list_of_one(data: Any) -> None:
    assert len(convert(data)["objects"]) == 2


def test_no_rows_make_a_bundle_of_the_identity() -> None:
    bundle = convert([])
    assert [item["type"] for item in bundle["objects"]] == ["identity"]
    assert bundle["spec_version"] == "2.0"
    assert "spec_version" not in convert([], options={"stix_2.1": True})
    assert convert("[]")["objects"] == bundle["objects"]


@pytest.mark.parametrize("enabled", [True, False])
def test_python_collects_cycles_as_before_also_after_an_error(enabled: bool) -> None:
    def broken() -> Iterator[Any]:
        yield {"src": "10.0.0.1"}
        msg = "gone"
        raise SourceUnavailableError(msg)

    try:
        (gc.enable if enabled else gc.disable)()
        convert([{"src": "10.0.0.1"}])
        assert gc.isenabled() is enabled
        with pytest.raises(SourceUnavailableError):
            convert(broken())
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (5, "results are a list of rows, or JSON text of such a list, not int"),
        (None, "not NoneType"),
        ("", "results are not JSON: line 1 column 1"),
        ('[{"pid": 1},', "results are not JSON: line 1 column 13"),
        ('[\n{"pid": 1}\n{"pid": 2}]', "results are not JSON: line 3 column 1"),
        ('{"pid": 1}\n{"pid": ', "results are not NDJSON: line 2"),
        ("<html></html>", "results are not JSON"),
        ('"text"', "not str|none is an object|results are a list"),
        ("5", "not int"),
        (b"\xff\xfe", "results are not UTF-8 text: byte 0 is 0xff"),
        ("[" * 100_000, "results are nested too deeply to be read"),
    ],
)
def test_anything_else_is_refused_with_its_place(data: Any, message: str) -> None:
    with pytest.raises(ResultsTranslationError, match=message):
        convert(data)


@pytest.mark.parametrize(
    "identity", ['{"id": "identity--1", "name": "n"}', {"id": "identity--1", "name": "n"}]
)
def test_an_identity_may_be_json_text(identity: Any) -> None:
    assert convert([], identity)["objects"][0]["name"] == "n"


@pytest.mark.parametrize(
    ("identity", "message"),
    [
        ("{", "the identity of the data source is not JSON"),
        ("[]", "the identity of the data source is an object with id and name, not list"),
        (5, "not int"),
        ({"name": "n"}, "has no 'id'"),
        ({"id": "identity--1"}, "has no 'name'"),
    ],
)
def test_a_bad_identity_is_refused(identity: Any, message: str) -> None:
    with pytest.raises(ResultsTranslationError, match=message):
        convert([], identity)


@pytest.mark.parametrize(
    ("to_stix", "message"),
    [
        ([], "a to_stix map is an object from native fields to STIX properties, not list"),
        ({"a": 5}, "a of the to_stix map must be an object"),
        ({"a": {"b": "x"}}, "a.b of the to_stix map must be an object"),
    ],
)
def test_a_map_that_is_none_is_refused(to_stix: Any, message: str) -> None:
    with pytest.raises(MappingFileError, match=message):
        convert([], to_stix=to_stix)


def test_leaves_that_cannot_work_are_problems_of_the_map_and_cost_only_themselves() -> None:
    to_stix = {
        "a": {"key": "x-foo.bar", "transformer": "NoSuch"},
        "b": {"key": "x-foo..bar"},
        "c": [{"no": "key"}, {"key": "process.pid"}],
        "d": {"key": "x-foo.baz", "speling": 1, "cybox": True},
        "e": {"key": "object_refs"},
        "f": {"all": {"key": "number_observed", "references": "x", "group_ref": True}},
    }
    mapping = compile_mapping(to_stix, transformers=T)
    assert mapping.problems == (
        "a: there is no transformer 'NoSuch'",
        "b: the key 'x-foo..bar' is not names with dots between",
        'c: an entry of the list is no object with "key"',
        "d: unknown keyword speling",
        "e: object_refs of the observed-data is not the map's to set",
        "f.all: group_ref needs a property of an object, and references",
    )
    bundle = convert([{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": [{"all": 1}]}], to_stix=to_stix)
    assert list(bundle["objects"][1]["objects"].values()) == [
        {"type": "process", "pid": 3},
        {"type": "x-foo", "baz": 4},
    ]


def test_what_is_left_out_is_logged_without_values(caplog: pytest.LogCaptureFixture) -> None:
    convert([{"pid": "secret", **dict.fromkeys(("src", "dst", "port"), "secret")}, "row"])
    assert caplog.messages[0] == "left out 1 of pid: not a whole number of 64 bits"
    assert caplog.messages[-1] == "left out 1 rows that are no objects"
    assert "secret" not in caplog.text


def test_nesting_of_any_depth_is_met() -> None:
    deep: Any = 1
    for _ in range(3000):
        deep = [deep]
    bundle = convert(
        [{"pid": 1, "deep": deep, "n": deep}],
        options={"unmapped_fallback": True},
        to_stix=FLOW | {"n": {"m": {"key": "x-foo.bar"}}},
    )
    assert list(bundle["objects"][1]["objects"].values()) == [{"type": "process", "pid": 1}]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ResultsOptions()),
        (
            {"stix_2.1": True, "unmapped_fallback": "true"},
            ResultsOptions(version="2.1", unmapped_fallback=True),
        ),
        ({"stix_2.1": "false", "id_compat": "False", "merge": "0"}, ResultsOptions(merge=False)),
        ({"reserved_names": "rename", "dialects": ["x"]}, ResultsOptions(rename_reserved=True)),
        ({"reserved_names": None}, ResultsOptions()),
    ],
)
def test_options_are_read_from_what_callers_pass(options: dict[str, Any], expected: ResultsOptions) -> None:
    assert ResultsOptions.of(options) == expected
    assert ResultsOptions.of(expected) is expected


def test_an_unknown_word_for_an_option_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="reserved_names is 'keep' or 'rename', not 'drop'"):
        ResultsOptions.of({"reserved_names": "drop"})
