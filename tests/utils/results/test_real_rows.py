"""Ten thousand real events in, ten thousand observations out, each mapped value found again."""

import gzip
import ipaddress
import json
import os
import re
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

DATA = Path(os.environ.get("STIX_SHIFTER_TEST_DATA") or Path(__file__).parents[4] / "shared" / "data")
COUNT = 10_000

WINDOWS: dict[str, Any] = {
    "@timestamp": {"key": "first_observed"},
    "_dataset": {"key": "x-oca-event.dataset", "object": "event"},
    "EventID": {"key": "x-oca-event.code", "object": "event"},
    "Channel": {"key": "x-oca-event.provider", "object": "event"},
    "Hostname": [
        {"key": "x-oca-asset.hostname", "object": "host"},
        {"key": "x-oca-event.host_ref", "object": "event", "references": "host"},
    ],
    "ProcessId": [
        {"key": "process.pid", "object": "process"},
        {"key": "x-oca-event.process_ref", "object": "event", "references": "process"},
    ],
    "Image": [
        {"key": "process.binary_ref", "object": "process", "references": "image"},
        {"key": "file.name", "object": "image", "transformer": "ToFileName"},
        {"key": "directory.path", "object": "folder", "transformer": "ToDirectoryPath"},
        {"key": "file.parent_directory_ref", "object": "image", "references": "folder"},
    ],
    "CommandLine": {"key": "process.command_line", "object": "process"},
    "User": [
        {"key": "user-account.user_id", "object": "user"},
        {"key": "process.creator_user_ref", "object": "process", "references": "user"},
    ],
    "AccountType": {"key": "user-account.x_account_type", "object": "user"},
    "SourceIp": [
        {"key": "ipv4-addr.value", "object": "src"},
        {"key": "ipv6-addr.value", "object": "src"},
        {"key": "network-traffic.src_ref", "object": "flow", "references": "src"},
    ],
    "DestinationIp": [
        {"key": "ipv4-addr.value", "object": "dst"},
        {"key": "ipv6-addr.value", "object": "dst"},
        {"key": "network-traffic.dst_ref", "object": "flow", "references": "dst"},
    ],
    "SourcePort": {"key": "network-traffic.src_port", "object": "flow"},
    "DestinationPort": {"key": "network-traffic.dst_port", "object": "flow", "transformer": "ToInteger"},
    "Protocol": {"key": "network-traffic.protocols", "object": "flow", "transformer": "ToLowercaseArray"},
    "DestinationHostname": {"key": "domain-name.value", "object": "name"},
    "TargetFilename": {"key": "file.name", "object": "target", "transformer": "ToFileName"},
    "TargetObject": {"key": "windows-registry-key.key", "object": "key"},
    "Details": {"key": "windows-registry-key.values.data", "object": "key"},
    "GrantedAccess": {"key": "x-sysmon-access.granted", "object": "access"},
}

Expect = Callable[[Any], Any]


def whole(value: Any) -> Any:
    return int(value) if re.fullmatch("[0-9]+", str(value)) else None


def address(version: int) -> Expect:
    def expect(value: Any) -> Any:
        try:
            found = ipaddress.ip_address(str(value))
        except ValueError:
            return None
        return value if found.version == version else None

    return expect


def name(value: Any) -> Any:
    return re.split(r"[/\\]", value)[-1] or None


def same(value: Any) -> Any:
    return value if value != "" else None


def host(value: Any) -> Any:
    return value.lower() if value.strip("-") and not re.fullmatch("[0-9.:]+", value) else None


HIVES = {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS", "HKCR": "HKEY_CLASSES_ROOT"}


def hive(value: Any) -> Any:
    short, separator, rest = value.partition("\\")
    return HIVES.get(short, short) + separator + rest


# native field, object type, where in the object, what stands there for a value (None: it cannot stand there)
EXPECTED: list[tuple[str, str, tuple[Any, ...], Expect]] = [
    ("_dataset", "x-oca-event", ("dataset",), same),
    ("EventID", "x-oca-event", ("code",), same),
    ("Channel", "x-oca-event", ("provider",), same),
    ("Hostname", "x-oca-asset", ("hostname",), same),
    ("ProcessId", "process", ("pid",), whole),
    ("Image", "file", ("name",), name),
    ("CommandLine", "process", ("command_line",), same),
    ("User", "user-account", ("user_id",), same),
    ("AccountType", "user-account", ("x_account_type",), same),
    ("SourceIp", "ipv4-addr", ("value",), address(4)),
    ("SourceIp", "ipv6-addr", ("value",), address(6)),
    ("DestinationIp", "ipv4-addr", ("value",), address(4)),
    ("SourcePort", "network-traffic", ("src_port",), whole),
    ("DestinationPort", "network-traffic", ("dst_port",), whole),
    ("Protocol", "network-traffic", ("protocols", 0), lambda value: value.lower()),
    ("DestinationHostname", "domain-name", ("value",), host),
    ("TargetFilename", "file", ("name",), name),
    ("TargetObject", "windows-registry-key", ("key",), hive),
    ("Details", "windows-registry-key", ("values", 0, "data"), same),
    ("GrantedAccess", "x-sysmon-access", ("granted",), same),
]


def at(item: Any, steps: tuple[Any, ...]) -> Any:
    for step in steps:
        try:
            item = item[step]
        except (KeyError, IndexError):
            return None
    return item


def events(name: str) -> list[dict[str, Any]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no test data: {name} is not there (STIX_SHIFTER_TEST_DATA names its folder)")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in islice(lines, COUNT)]


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_each_value_of_each_mapped_field_is_found_again(translate: Any, version: str) -> None:
    table = events("windows-mordor/windows-events.ndjson.gz")
    before = json.dumps(table)
    stream = translate(WINDOWS, table, version)
    _, *found = stream
    assert json.dumps(table) == before
    observations = [item for item in found if item["type"] == "observed-data"]
    assert len(table) == len(observations) == stream.report.observed == COUNT
    assert len({item["id"] for item in found}) == len(found)
    by_id = {item["id"]: item for item in found}
    missing: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for row, observed in zip(table, observations, strict=True):
        items = (
            observed["objects"].values()
            if version == "2.0"
            else map(by_id.__getitem__, observed["object_refs"])
        )
        by_type: dict[str, list[Any]] = {}
        for item in items:
            by_type.setdefault(item.get("partial_type", item["type"]), []).append(item)
        for field, kind, steps, expect in EXPECTED:
            wanted = expect(row[field]) if row.get(field) is not None else None
            if wanted is not None:
                seen[field] += 1
                if all(at(item, steps) != wanted for item in by_type.get(kind, ())):
                    missing[field] += 1
    assert missing == {}
    assert {field for field, *_ in EXPECTED} == set(seen)


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_real_rows_give_the_same_objects_every_time(translate: Any, version: str) -> None:
    table = events("windows-mordor/windows-events.ndjson.gz")[:500]
    assert list(translate(WINDOWS, table, version)) == list(
        translate(WINDOWS, table, version, spill_after=10)
    )


ZEEK = {
    "ts": {"key": "first_observed", "transformer": "EpochSecondsToTimestamp"},
    "uid": {"key": "x-zeek-conn.uid"},
    "id.orig_h": [
        {"key": "ipv4-addr.value", "object": "src"},
        {"key": "ipv6-addr.value", "object": "src"},
        {"key": "network-traffic.src_ref", "object": "flow", "references": "src"},
    ],
    "id.resp_h": [
        {"key": "ipv4-addr.value", "object": "dst"},
        {"key": "ipv6-addr.value", "object": "dst"},
        {"key": "network-traffic.dst_ref", "object": "flow", "references": "dst"},
    ],
    "id.orig_p": {"key": "network-traffic.src_port", "object": "flow"},
    "id.resp_p": {"key": "network-traffic.dst_port", "object": "flow"},
    "proto": {"key": "network-traffic.protocols", "object": "flow", "group": True},
    "service": {"key": "network-traffic.protocols", "object": "flow", "group": True},
    "orig_ip_bytes": {"key": "network-traffic.src_byte_count", "object": "flow"},
}


def test_every_zeek_connection_is_a_flow_of_its_addresses_ports_and_second(translate: Any) -> None:
    table = events("zeek/lsass-conn.ndjson.gz")
    _, *found = translate(ZEEK, table, "2.1")
    by_id = {item["id"]: item for item in found}
    observations = [item for item in found if item["type"] == "observed-data"]
    for row, observed in zip(table, observations, strict=True):
        (flow,) = (by_id[ref] for ref in observed["object_refs"] if ref.startswith("network-traffic"))
        ends = (
            by_id[flow["src_ref"]]["value"],
            flow["src_port"],
            by_id[flow["dst_ref"]]["value"],
            flow["dst_port"],
        )
        assert ends == (row["id.orig_h"], row["id.orig_p"], row["id.resp_h"], row["id.resp_p"])
        assert flow["protocols"] == [row[field] for field in row if field in {"proto", "service"}]
        assert observed["first_observed"].startswith("20")
