"""The standard suite for Log Analytics, against its API on loopback; and real events through it."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any, ClassVar

import pytest

from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_modules.azure_log_analytics.tests import product as own
from stix_shifter_utils.testing import ConnectorSuite
from stix_shifter_utils.testing.languages.kql import tokens_of

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("STIX_SHIFTER_TEST_DATA") or ROOT.parent / "shared" / "data")
EVENTS = DATA / "windows-mordor" / "windows-events.ndjson.gz"


class TestLogAnalytics(ConnectorSuite):
    """Folder, cases, paging, faults and the closed loop: no network."""

    module = "azure_log_analytics"
    pattern = "[x-ibm-finding:name LIKE 'Suspicious%']"
    loop_patterns: ClassVar = 30

    def outside_literals(self, query: Any) -> str:
        return " ".join(token.text for token in tokens_of(query) if token.kind != "text")

    def broken_query(self, product: Any) -> str:
        return "SecurityAlert | where AlertName == 'a' | extend x = 1"

    def every_row(self, product: Any) -> dict[str, Any]:
        rows: own.Rows = product.rows
        return rows


class RealEvents(TestLogAnalytics):
    """The same over real events of the Windows security log, for the loop alone."""

    loop_patterns: ClassVar = 500

    def product(self) -> own.Product:
        return own.Product({"SecurityEvent": real_rows(150)})


@pytest.mark.engine
def test_the_loop_closes_over_real_events() -> None:
    if not EVENTS.is_file():
        pytest.skip(f"no sample data at {DATA}; set STIX_SHIFTER_TEST_DATA")
    RealEvents().test_the_loop_closes()


def real_rows(most: int) -> list[dict[str, Any]]:
    """Up to `most` different security events, spread evenly over the sample."""
    found: dict[str, dict[str, Any]] = {}
    with gzip.open(EVENTS, "rt", encoding="utf-8") as lines:
        for event in map(json.loads, lines):
            if str(event.get("Channel")).lower() == "security" and "@timestamp" in event:
                own_names = {
                    name: str(event[name]) for name in own.SCHEMAS["SecurityEvent"] if event.get(name)
                }
                row = own.filled("SecurityEvent", own_names) | {
                    "TimeGenerated": event["@timestamp"],
                    "EventID": event["EventID"],
                    "LogonType": int(event["LogonType"]) if event.get("LogonType") else None,
                    "Activity": str(event["EventID"]),
                    "Computer": event.get("Hostname") or "",
                }
                found[json.dumps(row)] = row
    rows = list(found.values())
    return rows[:: len(rows) // most][:most]


def test_an_expired_token_is_renewed_without_a_word() -> None:
    with own.Product() as product:
        source = StixTransmission("azure_log_analytics", own.connection(product), own.CONFIGURATION)
        assert len(source.results("SecurityAlert | take 5", 0, 5)["data"]) == 5
        product.desk.expire()
        assert len(source.results("SecurityAlert | take 5", 0, 5)["data"]) == 5


def test_an_answer_that_was_cut_is_no_result() -> None:
    with own.Product() as product:
        product.cuts_answers = True
        source = StixTransmission("azure_log_analytics", own.connection(product), own.CONFIGURATION)
        answer = source.results("SecurityAlert | take 5", 0, 5)
        assert answer["code"] == "service_unavailable"
        assert "in part only (PartialError)" in answer["error"]


@pytest.mark.parametrize(("workspace", "code"), [(None, "invalid_parameter"), ("another", "no_results")])
def test_a_workspace_that_is_missing_or_unknown_is_told(workspace: str | None, code: str) -> None:
    with own.Product() as product:
        connection = {**own.connection(product), "workspaceId": workspace}
        if workspace is None:
            del connection["workspaceId"]
        answer = StixTransmission("azure_log_analytics", connection, own.CONFIGURATION).ping()
        assert answer["code"] == code, answer
