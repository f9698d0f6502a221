"""Splunk over real events in CIM's shape: the loop closes, real patterns are asked or refused with a reason.

The events are Windows's own (Security, Sysmon) and Zeek's, with the names that Splunk's add-ons give them.
"""

from __future__ import annotations

import functools
import gzip
import json
import random
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.splunk.tests.product import result
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.pattern import Comparator, Pattern, print_pattern
from stix_shifter_utils.query import Verdict
from stix_shifter_utils.results import compile_mapping
from stix_shifter_utils.testing.languages.spl import read_spl
from stix_shifter_utils.testing.languages.spl_rows import run_spl
from stix_shifter_utils.testing.loop import ClosedLoop
from stix_shifter_utils.testing.patterns import generate_patterns
from stix_shifter_utils.testing.real_patterns import (
    data_folder,
    indicator_patterns,
    missing,
    sigma_patterns,
    translated,
)

if TYPE_CHECKING:
    from stix_shifter_utils.query import NativeQuery, QueryPlan

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)
OPTIONS: dict[str, Any] = {"time_range": None, "result_limit": None, "stix_2.1": True}
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


def lines(name: str, count: int) -> list[dict[str, Any]]:
    with gzip.open(data_folder() / name, "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    return found if len(found) <= count else random.Random(5).sample(found, count)


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
    logged = lines("windows-mordor/windows-events.ndjson.gz", count * 2 // 3)
    windows = [renamed(each, WINDOWS, "XmlWinEventLog") for each in logged]
    names = ("cptc-dns", "cptc-x509", "lsass-conn", "lsass-dns", "lsass-http", "lsass-files")
    zeek = [
        renamed(each, ZEEK, f"bro:{name}:json")
        for name in names
        for each in lines(f"zeek/{name}.ndjson.gz", count // 3 // len(names))
    ]
    unique = {json.dumps(row, sort_keys=True): row for row in windows + zeek}
    return sorted(unique.values(), key=lambda row: float(row["_time"]))


def closed_loop(events: list[dict[str, Any]], patterns: int, *, audit: bool) -> Any:
    entry = load_entry_point("splunk")({}, {}, OPTIONS)
    translator, results = entry.get_query_translator("default"), entry.get_results_translator("default")
    mapping = compile_mapping(
        results.mapping(), transformers=results.transformers, version="2.1", options=OPTIONS
    )

    def plan(pattern: Pattern) -> QueryPlan:
        return translator.plan(print_pattern(pattern), policy="widen", now=NOW)

    def run(query: NativeQuery) -> list[dict[str, Any]]:
        return [result(row) for row in run_spl(str(query.body), events)]

    loop = ClosedLoop([result(row) for row in events], mapping, options=OPTIONS)
    found = generate_patterns(loop.facts(), seed=21, count=patterns)
    report = loop.run(found, plan, run, audit=audit)
    print(report)  # noqa: T201  the counts are part of what the test says
    return report


def test_the_loop_closes_over_real_events_and_every_verdict_holds() -> None:
    report = closed_loop(rows(100), 25, audit=True)
    assert not report.failures, str(report)
    assert report.share >= 0.4, str(report)
    assert report.verdicts[Verdict.EXACT] >= 5


@pytest.mark.engine
def test_the_loop_closes_for_five_hundred_patterns() -> None:
    report = closed_loop(rows(500), 500, audit=False)
    assert not report.failures, str(report)
    assert report.patterns == 500
    assert report.share >= 0.4, str(report)
    for comparator in Comparator:
        assert min(report.comparators[comparator, negated] for negated in (False, True)) >= 10


@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.engine)])
def test_every_real_pattern_is_asked_or_refused_with_a_reason(step: int) -> None:
    translator = load_entry_point("splunk")(options={}).get_query_translator("default")
    indicators = translated(translator, indicator_patterns()[::step], read_spl)
    rules = translated(translator, sigma_patterns(200), read_spl)
    print(f"indicators: {dict(indicators)}; like Sigma: {dict(rules)}")  # noqa: T201  the figures
    assert indicators.total() == len(range(0, 5411, step))
    assert rules.total() == 200
    assert indicators["whole"] / indicators.total() > 0.9
    assert rules["whole"] == 200
    assert indicators["no reason"] == 0
