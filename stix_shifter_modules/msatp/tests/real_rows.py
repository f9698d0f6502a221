"""Real Windows events (Sysmon) in the shape of Defender's tables; found by STIX_SHIFTER_TEST_DATA."""

from __future__ import annotations

import gzip
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter_modules.msatp.tests.product import Rows, filled

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("STIX_SHIFTER_TEST_DATA") or ROOT.parent / "shared" / "data")
FILE = DATA / "windows-mordor" / "windows-events.ndjson.gz"
TABLES = {
    1: "DeviceProcessEvents",
    3: "DeviceNetworkEvents",
    7: "DeviceImageLoadEvents",
    11: "DeviceFileEvents",
    13: "DeviceRegistryEvents",
}


def real_rows(most: int) -> Rows:
    """Up to `most` different rows for each table, spread evenly over the sample."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        for event in map(json.loads, lines):
            table = TABLES.get(event.get("EventID"))
            if table and "Sysmon" in str(event.get("Channel")):
                row = filled(table, {**_common(event), **_special(table, event)})
                found[table][json.dumps(row)] = row
    return {table: list(rows.values())[:: max(1, len(rows) // most)][:most] for table, rows in found.items()}


def _common(event: Mapping[str, Any]) -> dict[str, Any]:
    domain, _, user = str(event.get("User") or "").rpartition("\\")
    parent = event["EventID"] == 1
    image = event.get("ParentImage" if parent else "Image")
    return {
        "Timestamp": str(event["UtcTime"]).replace(" ", "T") + "4567Z",
        "DeviceName": str(event.get("Hostname", "")).lower(),
        "InitiatingProcessFileName": _name(image),
        "InitiatingProcessFolderPath": image,
        "InitiatingProcessId": _number(event.get("ParentProcessId" if parent else "ProcessId")),
        "InitiatingProcessCommandLine": event.get("ParentCommandLine"),
        "InitiatingProcessAccountName": None if parent else user or None,
        "InitiatingProcessAccountDomain": None if parent else domain or None,
    }


def _special(table: str, event: Mapping[str, Any]) -> dict[str, Any]:
    if table == "DeviceNetworkEvents":
        return {
            "ActionType": "ConnectionSuccess",
            "LocalIP": event.get("SourceIp"),
            "LocalPort": _number(event.get("SourcePort")),
            "RemoteIP": event.get("DestinationIp"),
            "RemotePort": _number(event.get("DestinationPort")),
            "Protocol": str(event["Protocol"]).capitalize(),
        }
    if table == "DeviceRegistryEvents":
        key, _, value = str(event["TargetObject"]).rpartition("\\")
        return {
            "ActionType": "RegistryValueSet",
            "RegistryKey": key,
            "RegistryValueName": value,
            "RegistryValueData": event.get("Details"),
        }
    path = event.get(
        {"DeviceFileEvents": "TargetFilename", "DeviceImageLoadEvents": "ImageLoaded"}.get(table, "Image")
    )
    hashes = dict(
        part.split("=", 1) for part in str(event.get("Hashes") or "").lower().split(",") if "=" in part
    )
    row = {
        "FileName": _name(path),
        "FolderPath": path,
        "SHA1": hashes.get("sha1"),
        "SHA256": hashes.get("sha256"),
        "MD5": hashes.get("md5"),
    }
    if table == "DeviceProcessEvents":
        domain, _, user = str(event.get("User") or "").rpartition("\\")
        row |= {
            "ActionType": "ProcessCreated",
            "ProcessId": _number(event.get("ProcessId")),
            "ProcessCommandLine": event.get("CommandLine"),
            "AccountName": user,
            "AccountDomain": domain,
        }
    return row


def _name(path: Any) -> str | None:
    return str(path).rpartition("\\")[2] if path else None


def _number(text: Any) -> int | None:
    return int(text) if str(text).isdigit() else None
