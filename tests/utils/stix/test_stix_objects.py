"""Names made legal, objects made whole or partial, the identity completed, bundles written."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter_utils.errors import ResultsTranslationError
from stix_shifter_utils.pattern.paths import HASH_NAMES
from stix_shifter_utils.stix import (
    PARTIAL,
    bundle_of,
    native_name,
    native_type,
    property_name,
    whole_identity,
    write_bundle,
    write_ndjson,
)
from stix_shifter_utils.stix.bundle import Written
from stix_shifter_utils.stix.names import (
    COMMON,
    dictionary_key,
    extension_name,
    hash_name,
    object_type,
)
from stix_shifter_utils.stix.objects import make_partial, settle, settle_references

TYPE_20 = re.compile(r"-?[a-z0-9]+(-[a-z0-9]+)*-?")
TYPE_21 = re.compile(r"([a-z][a-z0-9]*)+(-[a-z0-9]+)*-?")
PROPERTY = re.compile(r"[a-z][a-z0-9_]{2,249}")


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("value", "value"),
        ("EventID", "eventid"),
        ("id.orig_h", "id_orig_h"),
        ("ts", "x_ts"),
        ("9lives", "x_9lives"),
        ("@timestamp", "x__timestamp"),
        ("", "x__"),
        ("Ä", "x__"),
        ("a" * 300, "x_" + "a" * 248),
    ],
)
def test_a_property_name_is_made_legal(name: str, legal: str) -> None:
    assert property_name(name) == legal


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("user", "user"),
        ("id", "x_id"),
        ("type", "x_type"),
        ("Severity", "x_severity"),
        ("created", "x_created"),
        ("parent_ref", "parent_ref_value"),
        ("data_bin", "data_bin_value"),
        ("flags_hex", "flags_hex_value"),
    ],
)
def test_an_unmapped_field_gets_a_name_without_a_meaning(name: str, legal: str) -> None:
    assert native_name(name) == legal


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=20) | st.text("ab-_.1", min_size=240, max_size=260))
def test_every_name_becomes_legal_and_stays_so(name: str) -> None:
    for legal in (property_name(name), native_name(name)):
        assert PROPERTY.fullmatch(legal)
        assert property_name(legal) == legal
    assert native_name(name) not in COMMON
    for version in ("2.0", "2.1"):
        kind = native_type(name, version)
        assert kind.startswith("x-")
        assert 3 <= len(kind) <= 250
        assert TYPE_20.fullmatch(kind)
        assert TYPE_21.fullmatch(kind)
        assert re.fullmatch("[a-zA-Z0-9_-]{1,250}", dictionary_key(name, version))
        assert re.fullmatch("[a-zA-Z0-9_-]{3,250}", hash_name(name, version))
    assert TYPE_21.fullmatch(object_type(name))
    assert extension_name(name, "2.1").endswith("-ext")


def test_hash_names_are_those_of_patterns() -> None:
    for squeezed, name in HASH_NAMES.items():
        for version in ("2.0", "2.1"):
            assert hash_name(squeezed.lower(), version).upper() == name.upper()


def test_the_type_of_unmapped_fields_avoids_what_the_2_0_validator_refuses() -> None:
    assert native_type("File_Server", "2.1") == "x-file-server"
    assert native_type("File_Server", "2.0") == "x-native-record"
    assert native_type("QRadar", "2.0") == "x-qradar"


# object, version, the whole object (None: it cannot be whole by its own values)
WHOLE: list[tuple[dict[str, Any], str, dict[str, Any] | None]] = [
    ({"type": "ipv4-addr", "value": "1.2.3.4"}, "2.0", {}),
    ({"type": "ipv4-addr", "x_geo": "DE"}, "2.1", None),
    ({"type": "file", "name": "a"}, "2.1", {}),
    ({"type": "directory", "ctime": "t"}, "2.1", None),
    ({"type": "software", "vendor": "v"}, "2.0", None),
    ({"type": "user-account", "display_name": "d"}, "2.0", {"user_id": "d"}),
    ({"type": "user-account", "display_name": "d"}, "2.1", {}),
    ({"type": "user-account", "is_disabled": True}, "2.0", None),
    ({"type": "user-account", "x_foo": 1}, "2.1", None),
    ({"type": "artifact", "payload_bin": "YQ==", "url": "http://a"}, "2.0", {"url": None, "x_url": "http://a"}),
    ({"type": "artifact", "url": "http://a", "hashes": {"MD5": "0"}}, "2.0", {}),
    ({"type": "artifact", "hashes": {"MD5": "0"}}, "2.1", None),
    ({"type": "email-message", "subject": "s"}, "2.0", {"is_multipart": False}),
    ({"type": "email-message", "is_multipart": True, "body": "b"}, "2.0", {"is_multipart": False}),
    (
        {"type": "email-message", "body": "b", "body_multipart": [{}]},
        "2.1",
        {"is_multipart": True, "body": None, "x_body": "b"},
    ),
    ({"type": "file", "name": "a", "decryption_key": "k"}, "2.0", {"is_encrypted": True}),
    (
        {"type": "windows-registry-key", "key": "K", "values": [{"data": "d"}]},
        "2.0",
        {"values": [{"data": "d", "name": ""}]},
    ),
    ({"type": "windows-registry-key", "values": [{"data": "d"}]}, "2.0", None),
    ({"type": "x-oca-event", "created": "2020"}, "2.1", {"modified": "2020"}),
    (
        {"type": "x-oca-event", "created": "2020", "confidence": 5},
        "2.1",
        {"modified": "2020", "confidence": None, "x_confidence": 5},
    ),
    ({"type": "x-oca-event", "created": "2020"}, "2.0", {}),
    (
        {"type": "network-traffic", "end": "2020-01-01T00:00:00.5Z", "start": "2020-01-01T00:00:00Z"},
        "2.1",
        {"end": "2020-01-01T00:00:00.500Z", "start": "2020-01-01T00:00:00.000Z", "is_active": False},
    ),
    (
        {"type": "network-traffic", "end": "2019-01-01T00:00:00Z", "start": "2020-01-01T00:00:00Z"}
        | {"is_active": True},
        "2.1",
        {"end": None, "x_end": "2019-01-01T00:00:00Z", "is_active": None, "x_is_active": True},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("item", "version", "changes"), WHOLE)
def test_an_object_is_made_whole_where_its_own_values_allow(
    item: dict[str, Any], version: Any, changes: dict[str, Any] | None
) -> None:
    before, item = item, json.loads(json.dumps(item))
    assert settle(item, version) is (changes is not None)
    if changes is not None:
        assert item == {name: value for name, value in (before | changes).items() if value is not None}


EXTENSIONS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "network-traffic",
        {"http-request-ext": {"request_header": {"A": ["b"]}}},
        "2.1",
        {"http-request-ext": {"request_header": {"A": ["b"]}, "request_method": "", "request_value": ""}},
    ),
    (
        "network-traffic",
        {"icmp-ext": {"icmp_type_hex": "08"}},
        "2.0",
        {"x-partial-icmp-ext": {"icmp_type_hex": "08"}},
    ),
    (
        "network-traffic",
        {"socket-ext": {"is_blocking": True}},
        "2.1",
        {"socket-ext": {"is_blocking": True, "address_family": "AF_UNSPEC"}},
    ),
    ("network-traffic", {"tcp-ext": {"x_foo": 1}}, "2.1", {"x-partial-tcp-ext": {"x_foo": 1}}),
    (
        "process",
        {"windows-service-ext": {"display_name": "d"}},
        "2.0",
        {"windows-service-ext": {"display_name": "d", "service_name": ""}},
    ),
    (
        "process",
        {"windows-service-ext": {"display_name": "d"}},
        "2.1",
        {"windows-service-ext": {"display_name": "d"}},
    ),
    ("process", {"x-foo-ext": {"abc": 1}}, "2.1", {"x-foo-ext": {"abc": 1}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "extensions", "version", "expected"), EXTENSIONS)
def test_extensions_are_completed_or_become_partial_ones(
    kind: str, extensions: dict[str, Any], version: Any, expected: dict[str, Any]
) -> None:
    item = {"type": kind, "extensions": extensions}
    settle(item, version)
    assert item["extensions"] == expected


@pytest.mark.parametrize(
    ("ends", "protocols"),
    [
        ({"src_ref": "ipv4-addr"}, ["ipv4"]),
        ({"src_ref": "ipv6-addr", "dst_ref": "ipv6-addr"}, ["ipv6"]),
        ({"dst_ref": "domain-name"}, ["ip"]),
        ({"src_ref": "mac-addr", "dst_ref": "ipv4-addr"}, ["ethernet", "ipv4"]),
    ],
)
def test_protocols_of_a_flow_follow_from_its_addresses(ends: dict[str, str], protocols: list[str]) -> None:
    item: dict[str, Any] = {"type": "network-traffic", **ends}
    assert settle_references(item, str)
    assert item["protocols"] == protocols


def test_a_flow_without_addresses_and_a_process_without_anything_known_are_not_whole() -> None:
    assert not settle_references({"type": "network-traffic", "dst_port": 1, "protocols": ["tcp"]}, str)
    assert not settle_references({"type": "process", "x_foo": 1}, str)
    assert settle_references({"type": "process", "parent_ref": "1"}, str)


def test_a_partial_object_keeps_everything_and_names_its_type() -> None:
    item = {"type": "domain-name", "x_value": "_sip._tcp.a", "resolves_to_refs": ["1"]}
    make_partial(item)
    assert item == {
        "type": PARTIAL, "partial_type": "domain-name", "value": "_sip._tcp.a", "resolves_to_refs": ["1"]
    }  # fmt: skip


def test_an_identity_is_completed_in_a_copy() -> None:
    given_identity = {"id": "identity--1", "name": "n", "created": "2020-01-01T00:00:00.000Z", "roles": None}
    before = dict(given_identity)
    whole = whole_identity(given_identity, "2.1")
    assert given_identity == before
    assert whole == {
        "id": "identity--1", "name": "n", "created": "2020-01-01T00:00:00.000Z", "type": "identity",
        "modified": "2020-01-01T00:00:00.000Z", "identity_class": "system", "spec_version": "2.1",
    }  # fmt: skip
    assert "spec_version" not in whole_identity(given_identity, "2.0")
    assert whole_identity({"id": "i", "name": "n"}, "2.0") == whole_identity({"id": "i", "name": "n"}, "2.0")


@pytest.mark.parametrize(
    "identity", [{}, {"id": "identity--1"}, {"name": "n"}, {"id": 5, "name": "n"}, {"id": "", "name": "n"}]
)
def test_an_identity_without_id_or_name_is_refused_by_name(identity: dict[str, Any]) -> None:
    missing = "id" if not isinstance(identity.get("id"), str) or not identity["id"] else "name"
    with pytest.raises(ResultsTranslationError, match=f"identity of the data source has no '{missing}'"):
        whole_identity(identity, "2.0")


OBJECTS = [{"type": "x-foo", "id": f"x-foo--{number}", "n": number} for number in range(3)]


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_a_written_bundle_is_the_bundle_made_in_memory(version: Any) -> None:
    out = io.BytesIO()
    assert write_bundle(iter(OBJECTS), out, version=version) == 3
    assert json.loads(out.getvalue()) == bundle_of(OBJECTS, version)
    assert ("spec_version" in json.loads(out.getvalue())) is (version == "2.0")


class InText:
    """A stream that hands over some of its objects as text, with and without their ids."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(OBJECTS)

    def written(self) -> Iterator[dict[str, Any] | Written]:
        lines = [json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in OBJECTS]
        yield Written(lines[0] + lines[1], 2, b"x-foo--0x-foo--1")
        yield OBJECTS[2]
        yield Written(b"".join(lines), 3)


def test_objects_that_are_text_already_are_written_as_others_are() -> None:
    out, plain = io.BytesIO(), io.BytesIO()
    assert write_bundle(InText(), out, version="2.1") == 6
    assert json.loads(out.getvalue()) == bundle_of([*OBJECTS, *OBJECTS], "2.1")
    write_bundle(iter([*OBJECTS, *OBJECTS]), plain, version="2.1")
    assert out.getvalue() == plain.getvalue()
    out = io.BytesIO()
    assert write_ndjson(InText(), out) == 6
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [*OBJECTS, *OBJECTS]


def test_a_bundle_cut_by_an_error_is_whole_json_and_the_error_goes_on() -> None:
    def failing() -> Iterator[dict[str, Any]]:
        yield OBJECTS[0]
        msg = "the source went away"
        raise ConnectionError(msg)

    out = io.BytesIO()
    with pytest.raises(ConnectionError):
        write_bundle(failing(), out, version="2.1")
    assert json.loads(out.getvalue())["objects"] == [OBJECTS[0]]


def test_ndjson_is_one_object_per_line() -> None:
    out = io.BytesIO()
    assert write_ndjson(iter(OBJECTS), out) == 3
    assert [json.loads(line) for line in out.getvalue().splitlines()] == OBJECTS
