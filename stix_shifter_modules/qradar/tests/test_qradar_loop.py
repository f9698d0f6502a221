"""QRadar over real events and flows: the loop closes, real patterns are asked or refused with a reason.

The events are Windows's own (Security, Sysmon), the flows Zeek's connections, under Ariel's names.
"""

from __future__ import annotations

import functools
import gzip
import json
import random
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.qradar.stix_translation.query_constructor import saved
from stix_shifter_modules.qradar.tests.product import FUNCTIONS
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.pattern import Comparator, Pattern, print_pattern
from stix_shifter_utils.query import Verdict
from stix_shifter_utils.results import compile_mapping
from stix_shifter_utils.testing.languages.aql import read_aql, run_aql
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
NAMES = {
    "SubjectUserName": "username", "User": "username", "TargetUserName": "username", "Image": "Image",
    "ParentImage": "ParentImage", "CommandLine": "Process CommandLine", "QueryName": "DNS Domain Name",
    "ParentCommandLine": "ParentCommandLine", "ProcessGuid": "Process GUID", "TargetObject": "Registry Key",
    "Details": "Registry Value Data", "SourceIp": "sourceip", "IpAddress": "sourceip", "Message": "payload",
    "DestinationIp": "destinationip", "SourcePort": "sourceport", "DestinationPort": "destinationport",
    "EventID": "EventID",
}  # fmt: skip
NUMBERS = frozenset({"sourceport", "destinationport"})
ADDRESSES = {"sourceip": "sourcev6", "destinationip": "destinationv6"}


def lines(name: str, count: int) -> list[dict[str, Any]]:
    with gzip.open(data_folder() / name, "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    return found if len(found) <= count else random.Random(6).sample(found, count)


def milliseconds(value: Any) -> int:
    if isinstance(value, (int, float)):
        return round(value * 1000)
    return round(datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp() * 1000)


def logged(number: int, event: dict[str, Any]) -> dict[str, Any]:
    """An event of Windows under Ariel's names."""
    moment = milliseconds(event.get("@timestamp") or "2020-01-01T00:00:00Z")
    row: dict[str, Any] = {
        "starttime": moment, "endtime": moment, "devicetime": moment, "eventcount": 1, "protocolid": 6,
        "qid": 5000000 + number % 7, "category": 8052, "severity": number % 10, "credibility": 5,
        "relevance": 5, "magnitude": number % 8, "domainid": 0, "logsourceid": 60, "devicetype": 12,
    }  # fmt: skip
    for native, name in NAMES.items():
        value = event.get(native)
        if value in (None, "", "-") or isinstance(value, (dict, list)):
            continue
        column = ADDRESSES.get(name, name) if ":" in str(value) else name
        row.setdefault(column, int(value) if name in NUMBERS and str(value).isdigit() else str(value))
    if "Image" in row:
        row["Process Name"] = row["Filename"] = row["Image"].rpartition("\\")[2]
    hashes = dict(part.split("=", 1) for part in str(event.get("Hashes") or "").split(",") if "=" in part)
    named = {"MD5": "MD5 Hash", "SHA1": "SHA1 Hash", "SHA256": "SHA256 Hash"}
    return {**row, **{named[kind]: value for kind, value in hashes.items() if kind in named}}


def connected(number: int, conn: dict[str, Any]) -> dict[str, Any]:
    """A connection of Zeek's as a flow."""
    moment = milliseconds(conn["ts"])
    end = moment + round(float(conn.get("duration") or 0) * 1000)
    ipv6 = ":" in conn["id.orig_h"]
    return {
        "starttime": moment, "endtime": end, "firstpackettime": moment, "lastpackettime": end,
        "sourcev6" if ipv6 else "sourceip": conn["id.orig_h"],
        "destinationv6" if ipv6 else "destinationip": conn["id.resp_h"],
        "sourceport": conn["id.orig_p"], "destinationport": conn["id.resp_p"],
        "protocolid": {"tcp": 6, "udp": 17, "icmp": 1}.get(conn["proto"], 0),
        "sourcebytes": conn.get("orig_bytes"), "destinationbytes": conn.get("resp_bytes"),
        "sourcepackets": conn.get("orig_pkts"), "destinationpackets": conn.get("resp_pkts"),
        "applicationid": 1000 + number % 5, "flowdirection": "L2R" if conn.get("local_orig") else "R2L",
        "flowtype": 0, "qid": 53250000, "category": 18448 + number % 3, "severity": number % 10,
        "credibility": 10, "relevance": 1, "domainid": 0,
    }  # fmt: skip


@functools.cache
def table(dialect: str, count: int) -> list[dict[str, Any]]:
    """About so many different rows, in the order of their times."""
    if dialect == "events":
        events = lines("windows-mordor/windows-events.ndjson.gz", count)
        rows = [logged(number, each) for number, each in enumerate(events)]
    else:
        rows = [
            connected(number, each) for number, each in enumerate(lines("zeek/lsass-conn.ndjson.gz", count))
        ]
    return sorted({json.dumps(row): row for row in rows}.values(), key=lambda row: int(row["starttime"]))


def closed_loop(dialect: str, rows: list[dict[str, Any]], patterns: int, *, audit: bool) -> Any:
    entry = load_entry_point("qradar")({}, {}, OPTIONS)
    translator, results = entry.get_query_translator(dialect), entry.get_results_translator(dialect)
    mapping: Any = compile_mapping(
        results.mapping(), transformers=results.transformers, version="2.1", options=OPTIONS
    )

    def plan(pattern: Pattern) -> QueryPlan:
        return translator.plan(print_pattern(pattern), policy="widen", now=NOW)

    def run(query: NativeQuery) -> list[dict[str, Any]]:
        return run_aql(str(query.body), {dialect: rows}, FUNCTIONS)

    shown = run_aql(f"SELECT {', '.join(saved(dialect))} FROM {dialect}", {dialect: rows}, FUNCTIONS)
    loop = ClosedLoop(shown, mapping, options=OPTIONS)
    found = generate_patterns(loop.facts(), seed=22, count=patterns)
    report = loop.run(found, plan, run, audit=audit)
    print(dialect, report)  # noqa: T201  the counts are part of what the test says
    return report


@pytest.mark.parametrize("dialect", ["events", "flows"])
def test_the_loop_closes_over_real_rows_and_every_verdict_holds(dialect: str) -> None:
    report = closed_loop(dialect, table(dialect, 120), 30, audit=True)
    assert not report.failures, str(report)
    assert report.share >= 0.4, str(report)
    assert report.verdicts[Verdict.EXACT] >= 5


@pytest.mark.engine
@pytest.mark.parametrize("dialect", ["events", "flows"])
def test_the_loop_closes_for_five_hundred_patterns(dialect: str) -> None:
    report = closed_loop(dialect, table(dialect, 400), 500, audit=False)
    assert not report.failures, str(report)
    assert report.patterns == 500
    assert report.share >= 0.4, str(report)
    for comparator in Comparator:
        assert min(report.comparators[comparator, negated] for negated in (False, True)) >= 10


@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.engine)])
@pytest.mark.parametrize("dialect", ["events", "flows"])
def test_every_real_pattern_is_asked_or_refused_with_a_reason(dialect: str, step: int) -> None:
    translator = load_entry_point("qradar")(options={}).get_query_translator(dialect)

    def check(query: str) -> None:
        read_aql(query, FUNCTIONS)

    indicators = translated(translator, indicator_patterns()[::step], check)
    rules = translated(translator, sigma_patterns(200), check)
    print(f"{dialect}: indicators {dict(indicators)}; like Sigma {dict(rules)}")  # noqa: T201  the figures
    assert indicators.total() == len(range(0, 5411, step))
    assert rules.total() == 200
    assert indicators["no reason"] == rules["no reason"] == 0
    assert dialect == "flows" or indicators["whole"] / indicators.total() > 0.9
