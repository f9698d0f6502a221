"""Ids against the `stix2` library, which is the oracle here and is never imported by the library itself."""

import json
import random
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter_utils.stix import bundle_id, canonical_json, deterministic_id, own_id, row_key
from stix_shifter_utils.stix.contributing import CONTRIBUTING
from stix_shifter_utils.stix.ids import is_shared

LETTERS = "abcXYZ019 ./\\:-_\"'{}\t\n\r\x08\x0c\x01\x1f\x7fäßé\u2028\u4e2d\U0001f600"


def text(chance: random.Random) -> str:
    return "".join(chance.choice(LETTERS) for _ in range(chance.randint(1, 12)))


def moment(chance: random.Random) -> str:
    fraction = chance.choice(("", ".1", ".120", ".000", ".123456", ".500000"))
    return f"20{chance.randint(10, 29)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}T01:02:03{fraction}Z"


def hashes(chance: random.Random) -> dict[str, str]:
    lengths = {"SHA-512": 128, "SHA-256": 64, "SHA-1": 40, "MD5": 32, "SHA3-256": 64, "SHA3-512": 128}
    names = chance.sample(list(lengths), chance.randint(1, 4))
    return {name: f"{chance.getrandbits(512):0128x}"[: lengths[name]] for name in names}


def reference(kind: str) -> Callable[[random.Random], str]:
    return lambda chance: f"{kind}--{uuid.UUID(int=chance.getrandbits(128), version=5)}"


def number(chance: random.Random) -> int:
    return chance.choice((0, 1, 7, 65535, 2**31, 2**53 + 1, 2**60))


def port(chance: random.Random) -> int:
    return chance.randint(0, 65535)


def texts(chance: random.Random) -> list[str]:
    return [text(chance) for _ in range(chance.randint(1, 3))]


def registry_values(chance: random.Random) -> list[dict[str, str]]:
    return [
        {"name": text(chance), "data": text(chance), "data_type": "REG_SZ"}
        for _ in range(chance.randint(1, 2))
    ]


def file_extensions(chance: random.Random) -> dict[str, Any]:
    all_of = {
        "ntfs-ext": {"sid": text(chance), "alternate_data_streams": [{"name": text(chance), "size": 5}]},
        "pdf-ext": {"version": "1.7", "document_info_dict": {"Title": text(chance)}, "is_optimized": True},
        "raster-image-ext": {
            "image_height": number(chance),
            "exif_tags": {"Make": text(chance), "Xres": 4928},
        },
        "windows-pebinary-ext": {
            "pe_type": "dll",
            "number_of_sections": 4,
            "time_date_stamp": "2016-01-22T12:31:12Z",
            "file_header_hashes": hashes(chance),
            "optional_header": {"magic_hex": "010b", "size_of_code": port(chance)},
            "sections": [
                {"name": "CODE", "entropy": chance.choice((0.0, 7.0, 0.061089, 1e-7, 1.5e21, 6.5)), "size": 9}
            ],
        },
        "archive-ext": {"contains_refs": [reference("file")(chance)], "comment": text(chance)},
    }
    return {name: all_of[name] for name in chance.sample(list(all_of), chance.randint(1, 3))}


def traffic_extensions(chance: random.Random) -> dict[str, Any]:
    all_of = {
        "http-request-ext": {
            "request_method": "get",
            "request_value": text(chance),
            "request_header": {"User-Agent": [text(chance)]},
        },
        "icmp-ext": {"icmp_type_hex": "08", "icmp_code_hex": "00"},
        "socket-ext": {"address_family": "AF_INET", "is_blocking": False, "socket_descriptor": 7},
        "tcp-ext": {"src_flags_hex": "02"},
    }
    return {name: all_of[name] for name in chance.sample(list(all_of), chance.randint(1, 3))}


def mac(chance: random.Random) -> str:
    return ":".join(f"{chance.randint(0, 255):02x}" for _ in range(6))


Make = Callable[[random.Random], Any]
# type -> (class, always there, sometimes there); what stix2 demands is always there
OBJECTS: dict[str, tuple[str, dict[str, Make], dict[str, Make]]] = {
    "artifact": (
        "Artifact",
        {"payload_bin": lambda _: "YWJj"},
        {"hashes": hashes, "mime_type": lambda _: "text/plain"},
    ),
    "autonomous-system": ("AutonomousSystem", {"number": number}, {"name": text}),
    "directory": ("Directory", {"path": text}, {"mtime": moment}),
    "domain-name": ("DomainName", {"value": text}, {}),
    "email-addr": ("EmailAddress", {"value": text}, {"display_name": text}),
    "email-message": (
        "EmailMessage",
        {"is_multipart": lambda _: False, "subject": text},
        {"from_ref": reference("email-addr"), "body": text, "date": moment},
    ),
    "file": (
        "File",
        {"name": text},
        {
            "hashes": hashes,
            "parent_directory_ref": reference("directory"),
            "extensions": file_extensions,
            "size": port,
        },
    ),
    "ipv4-addr": ("IPv4Address", {"value": lambda c: f"10.0.{c.randint(0, 9)}.{c.randint(0, 255)}"}, {}),
    "ipv6-addr": ("IPv6Address", {"value": lambda c: f"2001:db8::{c.randint(0, 65535):x}"}, {}),
    "mac-addr": ("MACAddress", {"value": mac}, {}),
    "mutex": ("Mutex", {"name": text}, {}),
    "network-traffic": (
        "NetworkTraffic",
        {"protocols": texts, "src_ref": reference("ipv4-addr")},
        {
            "dst_ref": reference("domain-name"),
            "start": moment,
            "src_port": port,
            "dst_port": port,
            "extensions": traffic_extensions,
            "src_byte_count": port,
        },
    ),
    "software": ("Software", {"name": text}, {"vendor": text, "version": text, "swid": text}),
    "url": ("URL", {"value": text}, {}),
    "user-account": ("UserAccount", {"user_id": text}, {"account_login": text, "account_type": text}),
    "windows-registry-key": ("WindowsRegistryKey", {"key": text}, {"values": registry_values}),
    "x509-certificate": ("X509Certificate", {"serial_number": text}, {"hashes": hashes, "issuer": text}),
}


def test_ten_thousand_objects_have_the_ids_that_stix2_gives_them() -> None:
    import stix2

    assert set(OBJECTS) == set(CONTRIBUTING)
    chance = random.Random(20250101)
    seen: Counter[str] = Counter()
    wrong = []
    while seen.total() < 10_000:
        kind, (class_name, always, sometimes) = chance.choice(list(OBJECTS.items()))
        extra = {name: make for name, make in sometimes.items() if chance.random() < 0.5}
        made = getattr(stix2.v21, class_name)(
            **{name: make(chance) for name, make in (always | extra).items()}
        )
        plain = json.loads(made.serialize())
        if deterministic_id(kind, {k: v for k, v in plain.items() if k != "id"}) != made.id:
            wrong.append(plain)
        seen[kind] += 1
    assert wrong == []
    assert min(seen.values()) > 400


def test_the_end_of_a_flow_contributes_without_trailing_zeros() -> None:
    import stix2

    flow: dict[str, Any] = {"protocols": ["tcp"], "is_active": False}
    flow["src_ref"] = "ipv4-addr--0198f97b-e65d-5025-87e5-58bc39d4bdb4"
    flow |= {"start": "2020-01-01T00:00:00.100Z", "end": "2020-01-01T00:00:01.000Z"}
    assert deterministic_id("network-traffic", flow) == stix2.v21.NetworkTraffic(**flow).id


@pytest.mark.parametrize(
    ("kind", "properties", "expected"),
    [
        ("ipv4-addr", {"value": "1.2.3.4"}, "ipv4-addr--0198f97b-e65d-5025-87e5-58bc39d4bdb4"),
        ("file", {"name": "n"}, "file--83abb174-5141-5ef6-b4a1-c20831f3df76"),
        ("directory", {"path": "/x"}, "directory--6d81c9b3-60f6-581c-b452-bb24ab595ffd"),
        ("process", {"pid": 1}, None),
        ("x-oca-event", {"value": "1.2.3.4"}, None),
        ("user-account", {"display_name": "only"}, None),
    ],
)
def test_known_ids_stay(kind: str, properties: dict[str, Any], expected: str | None) -> None:
    assert deterministic_id(kind, properties) == expected


def test_own_ids_are_version_4_and_follow_from_source_row_and_name_only() -> None:
    ids = {
        own_id(kind, source, key, name)
        for kind in ("process", "x-foo")
        for source in ("a", "b")
        for key in (b"1", b"2")
        for name in ("p", "q")
    }
    assert len(ids) == 16
    for each in ids:
        assert uuid.UUID(each.partition("--")[2]).version == 4
        assert uuid.UUID(each.partition("--")[2]).variant == uuid.RFC_4122
        assert not is_shared(each)
    assert own_id("process", "s", b"k", "n") == "process--61dd3c9d-5551-4ce7-b1bb-ce9a245a01b5"


def test_a_bundle_is_named_by_its_objects() -> None:
    assert bundle_id(["a", "b"]) == bundle_id(iter(["a", "b"])) != bundle_id(["b", "a"])
    assert uuid.UUID(bundle_id([]).removeprefix("bundle--")).version == 4


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_canonical_json_is_what_stix2_canonicalizes_to(value: Any) -> None:
    from stix2.canonicalization.Canonicalize import canonicalize

    assert canonical_json(value) == canonicalize(value, utf8=False)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_canonical_json_refuses_what_is_no_number(value: float) -> None:
    with pytest.raises(ValueError, match="not a JSON number"):
        canonical_json(value)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=8), json_values, max_size=5), st.randoms())
def test_the_key_of_a_row_does_not_depend_on_the_order_of_its_names(row: dict[str, Any], chance: Any) -> None:
    names = list(row)
    chance.shuffle(names)
    assert row_key({name: row[name] for name in names}) == row_key(row)


def test_rows_that_differ_have_different_keys_also_where_json_has_no_form_for_them() -> None:
    deep: Any = "leaf"
    for _ in range(5000):
        deep = [deep]
    more: list[Any] = [[], [[]], {}, {"b": 1}, ["b", 1], deep, [deep]]
    rows = [
        *(
            {"a": value}
            for value in (1, 2, "1", True, None, 2**80, 2**80 + 1, "\ud800", "\ud801", b"x", {1, 2})
        ),
        *({"a": value} for value in more),
    ]
    assert len({row_key(row) for row in rows}) == len(rows)


def test_translating_results_loads_neither_stix2_nor_jsonschema() -> None:
    program = (
        "import sys, stix_shifter_utils.results, stix_shifter_utils.stix;"
        "print([n for n in ('stix2', 'jsonschema', 'antlr4', 'aiohttp', 'requests') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
