"""QRadar over real events and flows: the loop closes, real patterns are asked or refused with a reason.

The events are Windows's own (Security, Sysmon), the flows Zeek's connections, under Ariel's names.
"""

from __future__ import annotations

import functools
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.qradar.stix_translation.query_constructor import saved
from stix_shifter_modules.qradar.tests.product import FUNCTIONS
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.testing.dialect_loop import assert_closed, assert_thorough, loop_of
from stix_shifter_utils.testing.languages.aql import read_aql, run_aql
from stix_shifter_utils.testing.real_data import missing, sample
from stix_shifter_utils.testing.real_patterns import real_patterns_answered

if TYPE_CHECKING:
    from stix_shifter_utils.query import NativeQuery
    from stix_shifter_utils.testing.loop import LoopReport

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

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
        events = sample("windows-mordor/windows-events.ndjson.gz", count, seed=6)
        rows = [logged(number, each) for number, each in enumerate(events)]
    else:
        connections = sample("zeek/lsass-conn.ndjson.gz", count, seed=6)
        rows = [connected(number, each) for number, each in enumerate(connections)]
    return sorted({json.dumps(row): row for row in rows}.values(), key=lambda row: int(row["starttime"]))


def closed_loop(dialect: str, count: int, patterns: int, *, audit: bool) -> LoopReport:
    rows = table(dialect, count)

    def run(query: NativeQuery) -> list[dict[str, Any]]:
        return run_aql(str(query.body), {dialect: rows}, FUNCTIONS)

    shown = run_aql(f"SELECT {', '.join(saved(dialect))} FROM {dialect}", {dialect: rows}, FUNCTIONS)
    return loop_of("qradar", dialect, shown, run).report(patterns, seed=22, audit=audit)


@pytest.mark.parametrize("dialect", ["events", "flows"])
def test_the_loop_closes_over_real_rows_and_every_verdict_holds(dialect: str) -> None:
    assert_closed(closed_loop(dialect, 120, 30, audit=True), exact=5)


@pytest.mark.engine
@pytest.mark.parametrize("dialect", ["events", "flows"])
def test_the_loop_closes_for_five_hundred_patterns(dialect: str) -> None:
    assert_thorough(closed_loop(dialect, 400, 500, audit=False))


@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.engine)])
@pytest.mark.parametrize("dialect", ["events", "flows"])
def test_every_real_pattern_is_asked_or_refused_with_a_reason(dialect: str, step: int) -> None:
    translator = load_entry_point("qradar")(options={}).get_query_translator(dialect)
    reader = functools.partial(read_aql, functions=FUNCTIONS)
    indicators, _ = real_patterns_answered(translator, reader, step=step)
    assert dialect == "flows" or indicators["whole"] / indicators.total() > 0.9
