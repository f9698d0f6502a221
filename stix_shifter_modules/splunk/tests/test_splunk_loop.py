"""Splunk over real events in CIM's shape: the loop closes, real patterns are asked or refused with a reason.

The events are Windows's own (Security, Sysmon) and Zeek's, with the names that Splunk's add-ons give them.
"""

from __future__ import annotations

import functools
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.splunk.tests.product import result
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.testing.dialect_loop import assert_closed, assert_thorough, loop_of
from stix_shifter_utils.testing.languages.spl import read_spl
from stix_shifter_utils.testing.languages.spl_rows import run_spl
from stix_shifter_utils.testing.real_data import missing, sample
from stix_shifter_utils.testing.real_patterns import real_patterns_answered

if TYPE_CHECKING:
    from stix_shifter_utils.query import NativeQuery
    from stix_shifter_utils.testing.loop import LoopReport

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

WINDOWS = {
    "Hostname": "host", "SourceName": "source", "Image": "process_path", "CommandLine": "process",
    "ProcessId": "process_id", "ProcessGuid": "process_guid", "ParentImage": "parent_process_path",
    "ParentCommandLine": "parent_process", "ParentProcessId": "parent_process_id", "Hashes": "process_hash",
    "CurrentDirectory": "process_current_directory", "OriginalFileName": "original_file_name",
    "IntegrityLevel": "process_integrity_level", "User": "user", "TargetUserName": "user",
    "SourceIp": "src_ip",
    "DestinationIp": "dest_ip", "SourcePort": "src_port", "DestinationPort": "dest_port",
    "Protocol": "transport",
    "IpAddress": "src_ip", "DestinationHostname": "dest_host", "TargetFilename": "file_path",
    "TargetObject": "registry_path", "Details": "registry_value_data", "QueryName": "query",
    "EventID": "signature_id", "Message": "_raw", "SubjectUserName": "src_user",
}  # fmt: skip
ZEEK = {
    "id.orig_h": "src_ip", "id.resp_h": "dest_ip", "id.orig_p": "src_port", "id.resp_p": "dest_port",
    "proto": "transport", "orig_bytes": "bytes_out", "resp_bytes": "bytes_in", "orig_pkts": "packets_out",
    "resp_pkts": "packets_in", "query": "query", "user_agent": "http_user_agent", "uri": "uri_path",
    "method": "http_method", "subject": "ssl_subject", "issuer": "ssl_issuer", "filename": "file_path",
}  # fmt: skip


def epoch(event: dict[str, Any]) -> float:
    if "ts" in event and isinstance(event["ts"], (int, float)):
        return round(float(event["ts"]), 3)
    text = str(event.get("@timestamp") or event.get("ts") or "2020-01-01T00:00:00Z")
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp(), 3)


def decimal(value: Any) -> str:
    """A process number, which Windows writes in hexadecimal and the add-on does not."""
    return str(int(value, 16)) if str(value).startswith("0x") else str(value)


def renamed(event: dict[str, Any], names: dict[str, str], sourcetype: str) -> dict[str, Any]:
    """An event with CIM's names; what stands for nothing is left out, as by the add-ons."""
    row: dict[str, Any] = {"_time": epoch(event), "sourcetype": sourcetype, "index": "main"}
    for native, name in names.items():
        value = event.get(native)
        if value not in (None, "", "-") and not isinstance(value, (dict, list)):
            row.setdefault(name, decimal(value) if name.endswith("process_id") else str(value))
    if "process_path" in row:
        row["process_name"] = row["process_path"].rpartition("\\")[2]
    return row


@functools.cache
def rows(count: int) -> list[dict[str, Any]]:
    """About so many different events, in the order of their times."""
    logged = sample("windows-mordor/windows-events.ndjson.gz", count * 2 // 3, seed=5)
    windows = [renamed(each, WINDOWS, "XmlWinEventLog") for each in logged]
    names = ("cptc-dns", "cptc-x509", "lsass-conn", "lsass-dns", "lsass-http", "lsass-files")
    zeek = [
        renamed(each, ZEEK, f"bro:{name}:json")
        for name in names
        for each in sample(f"zeek/{name}.ndjson.gz", count // 3 // len(names), seed=5)
    ]
    unique = {json.dumps(row, sort_keys=True): row for row in windows + zeek}
    return sorted(unique.values(), key=lambda row: float(row["_time"]))


def closed_loop(events: list[dict[str, Any]], patterns: int, *, audit: bool) -> LoopReport:
    def run(query: NativeQuery) -> list[dict[str, Any]]:
        return [result(row) for row in run_spl(str(query.body), events)]

    loop = loop_of("splunk", "default", [result(row) for row in events], run)
    return loop.report(patterns, seed=21, audit=audit)


def test_the_loop_closes_over_real_events_and_every_verdict_holds() -> None:
    assert_closed(closed_loop(rows(100), 25, audit=True), exact=5)


@pytest.mark.engine
def test_the_loop_closes_for_five_hundred_patterns() -> None:
    assert_thorough(closed_loop(rows(500), 500, audit=False))


@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.engine)])
def test_every_real_pattern_is_asked_or_refused_with_a_reason(step: int) -> None:
    translator = load_entry_point("splunk")(options={}).get_query_translator("default")
    indicators, rules = real_patterns_answered(translator, read_spl, step=step)
    assert indicators["whole"] / indicators.total() > 0.9
    assert rules["whole"] == rules.total()
