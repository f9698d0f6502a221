"""Alerts and incidents whose evidence, times, texts and techniques come from published events of Windows.

What an event does not tell (how the alert was judged, and by whom) is filled in to the documented shape.
Generated alerts, and the API that lists both, are in `product.py`.
"""

from __future__ import annotations

from pathlib import PureWindowsPath
from typing import Any, Final

from stix_shifter_utils.testing.real_data import lines, spread

Json = dict[str, Any]
KIND: Final = "#microsoft.graph.security."
SYSMON, SECURITY = "Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing"
LOGON: Final = 4624
EVENTS: Final = {SYSMON: {1, 3, 7, 11, 12, 13, 22, 23}, SECURITY: {LOGON}}
"""Process, connection, image, file, key, value, DNS query, deleted file; logon."""
HIVES: Final = {"HKLM": "HKEY_LOCAL_MACHINE", "HKU": "HKEY_USERS", "HKCR": "HKEY_CLASSES_ROOT"}
TACTICS: Final = {  # severity, and a technique
    "collection": ("low", "T1123"), "credential_access": ("high", "T1003.001"),
    "defense_evasion": ("medium", "T1055"), "discovery": ("informational", "T1087"),
    "execution": ("medium", "T1059.001"), "lateral_movement": ("high", "T1021.006"),
    "persistence": ("medium", "T1547.001"), "privilege_escalation": ("medium", "T1548.002"),
}  # fmt: skip


def events(most: int) -> list[Json]:
    """At most so many of the events, spread over datasets; each begins with another kind of event."""
    found = (
        one
        for one in lines("windows-mordor/windows-events.ndjson.gz")
        if one.get("EventID") in EVENTS.get(str(one.get("SourceName")), ())
    )
    first = spread(found, lambda one: (one["_dataset"], one["EventID"]), 1000)
    kinds = sorted(set().union(*EVENTS.values()))
    turns = {name: turn for turn, name in enumerate(dict.fromkeys(one["_dataset"] for one in first))}
    first.sort(key=lambda one: (kinds.index(one["EventID"]) + turns[one["_dataset"]]) % len(kinds))
    return spread(first, lambda one: one["_dataset"], most)


def alert(number: int, incident_number: int, event: Json) -> Json:
    """An alert about an event (Microsoft Graph, "alert resource type", v1.0)."""
    seen, tactic = moment(event), event["_tactic"]
    severity, technique = TACTICS[tactic]
    name = PureWindowsPath(event.get("Image") or event.get("ProcessName") or "-").name
    device = {
        "@odata.type": f"{KIND}deviceEvidence",
        "deviceDnsName": event["Hostname"],
        "mdeDeviceId": f"{sum(event['Hostname'].encode()):040x}",
    }
    evidence = [device, *_acting(event), *_touched(event)]
    return {
        "@odata.type": f"{KIND}alert",
        "id": f"da{number}",
        "incidentId": str(incident_number),
        "title": f"Suspicious activity of {name}",
        "description": event.get("Message") or f"Event {event['EventID']} of {event['Hostname']}",
        "category": tactic.title().replace("_", ""),
        "severity": severity,
        "status": ("new", "inProgress", "resolved")[number % 3],
        "classification": ("unknown", "truePositive")[number % 2],
        "determination": ("unknown", "malware")[number % 2],
        "detectionSource": "microsoftDefenderForEndpoint",
        "serviceSource": "microsoftDefenderForEndpoint",
        "assignedTo": None,
        "alertWebUrl": f"https://security.microsoft.com/alerts/da{number}",
        "createdDateTime": seen,
        "lastUpdateDateTime": seen,
        "mitreTechniques": [technique],
        "evidence": evidence,
    }


def incident(name: str, about: list[Json]) -> Json:
    """The incident of the alerts of a dataset (Microsoft Graph, "incident resource type", v1.0)."""
    times, number = sorted(each["createdDateTime"] for each in about), about[0]["incidentId"]
    return {
        "id": number,
        "displayName": f"{name} on {about[0]['evidence'][0]['deviceDnsName']}",
        "description": "; ".join(sorted({each["title"] for each in about})),
        "incidentWebUrl": f"https://security.microsoft.com/incidents/{number}",
        "determination": about[0]["determination"],
        "classification": about[0]["classification"],
        "severity": about[0]["severity"],
        "status": ("active", "resolved")[len(about) % 2],
        "assignedTo": None,
        "createdDateTime": times[0],
        "lastUpdateDateTime": times[-1],
    }


def product_rows(most: int) -> tuple[list[Json], list[Json]]:
    """Alerts about at most so many events, and the incidents that they are of."""
    found = events(most)
    names = list(dict.fromkeys(event["_dataset"] for event in found))
    alerts = [alert(number, names.index(event["_dataset"]), event) for number, event in enumerate(found)]
    grouped = [[each for each in alerts if each["incidentId"] == str(place)] for place in range(len(names))]
    return alerts, [incident(name, about) for name, about in zip(names, grouped, strict=True)]


def moment(event: Json) -> str:
    """When it was, as the API writes it: seven digits after the point."""
    text = event.get("UtcTime") or event.get("@timestamp") or event["TimeCreated"]
    return f"{text.replace(' ', 'T').removesuffix('Z')}0000Z"


def _acting(event: Json) -> list[Json]:
    """The process that did it, and its user; or who logged on."""
    if event["EventID"] == LOGON:
        user = {"accountName": event["TargetUserName"], "userSid": event["TargetUserSid"]}
        return [{"@odata.type": f"{KIND}userEvidence", "userAccount": user}]
    _, _, login = (event.get("User") or "").rpartition("\\")
    account = {"userAccount": {"accountName": login}} if login else {}
    process = {
        "@odata.type": f"{KIND}processEvidence",
        "processId": int(event["ProcessId"]) if event.get("ProcessId") else None,
        "imageFile": _file(event["Image"], event.get("Hashes") if event["EventID"] == 1 else None),
        **account,
    }
    if event["EventID"] == 1:
        process["processCommandLine"] = event["CommandLine"]
        process["parentProcessId"] = int(event["ParentProcessId"]) if event.get("ParentProcessId") else None
    return [process, {"@odata.type": f"{KIND}userEvidence", **account}] if login else [process]


def _touched(event: Json) -> list[Json]:
    """What it was done to: addresses, a file, or a key."""
    addresses = [event.get(name, "-") for name in ("IpAddress", "SourceIp", "DestinationIp")]
    if event["EventID"] in {3, LOGON}:
        return [{"@odata.type": f"{KIND}ipEvidence", "ipAddress": each} for each in addresses if each != "-"]
    if event["EventID"] in {12, 13}:
        hive, _, key = event["TargetObject"].lstrip("\\").partition("\\")
        told = {"registryKey": key, "registryHive": HIVES.get(hive, hive)}
        return [{"@odata.type": f"{KIND}registryKeyEvidence", **told}]
    if event["EventID"] == 22:
        return [{"@odata.type": f"{KIND}urlEvidence", "url": f"https://{event['QueryName']}/"}]
    if name := event.get("TargetFilename") or event.get("ImageLoaded"):
        return [{"@odata.type": f"{KIND}fileEvidence", "fileDetails": _file(name, event.get("Hashes"))}]
    return []


def _file(name: str, hashes: str | None) -> Json:
    """A file's folder, name, and those of Sysmon's hashes that the API knows."""
    path = PureWindowsPath(name)
    told = dict(each.split("=") for each in (hashes or "").split(",") if "=" in each)
    found = {"sha1": told.get("SHA1"), "sha256": told.get("SHA256")}
    return {"fileName": path.name, "filePath": str(path.parent)} | {
        key: value.lower() for key, value in found.items() if value
    }
