"""Rows of flow logs and findings whose values come from published connections and calls of APIs.

What those do not tell (the interface, the kind of a finding) is filled in to the documented shape. Columns
and generated rows are in `rows.py`.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import reduce
from operator import or_
from typing import Any

from stix_shifter_modules.aws_athena.tests.rows import GUARDDUTY, VPCFLOW
from stix_shifter_utils.testing.languages.trino import Table
from stix_shifter_utils.testing.real_data import lines, spread

Json = dict[str, Any]
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}
ICMP_V6 = 58
FLAGS = {"S": 2, "H": 18, "F": 1, "R": 4}
TACTICS = (  # how the names of calls begin, the tactic that they serve, and the default severity
    (("GetSecretValue", "GetPasswordData"), "CredentialAccess", 5),
    (("StopLogging", "DeleteTrail", "PutEventSelectors", "DeleteFlowLogs"), "DefenseEvasion", 5),
    (("Describe", "List", "Get", "Lookup"), "Discovery", 2),
    (("Create", "Import"), "Persistence", 5),
    (("Attach", "AssumeRole", "PutUserPolicy", "PutRolePolicy"), "PrivilegeEscalation", 5),
    (("",), "Impact", 8),
)


def flows(connections: int) -> Table:
    """At most so many of Zeek's connections as flow logs, where each direction with packets is a record."""
    found = spread(
        lines("zeek/lsass-conn.ndjson.gz"),
        lambda one: (one["proto"], one["id.orig_h"], one["id.resp_h"]),
        connections,
    )
    records = [flow(one, side) for one in found for side in ("orig", "resp") if one[f"{side}_pkts"]]
    return Table(VPCFLOW, records)


def flow(one: Json, side: str) -> Json:
    """A direction of a connection (Amazon VPC, "Flow log records", available fields)."""
    other = "resp" if side == "orig" else "orig"
    source, target, start = one[f"id.{side}_h"], one[f"id.{other}_h"], int(one["ts"])
    echo = one["proto"] == "icmp"  # whose ports are no ports to Zeek, but a type and a code
    letters = {each.upper() for each in one.get("history", "") if each.isupper() == (side == "orig")}
    return {
        "version": 5, "account_id": "123456789012", "interface_id": "eni-1235b8ca123456789",
        "srcaddr": source, "dstaddr": target,
        "srcport": 0 if echo else one[f"id.{side}_p"], "dstport": 0 if echo else one[f"id.{other}_p"],
        "protocol": ICMP_V6 if echo and ":" in source else PROTOCOLS[one["proto"]],
        "packets": one[f"{side}_pkts"], "bytes": one[f"{side}_ip_bytes"],
        "start": start, "end": int(one["ts"] + one.get("duration", 0)),
        "action": "ACCEPT", "log_status": "OK", "vpc_id": "vpc-1", "subnet_id": "subnet-1",
        "instance_id": "-",
        "tcp_flags": reduce(or_, (FLAGS.get(each, 0) for each in letters), 0) if one["proto"] == "tcp" else 0,
        "type": "IPv6" if ":" in source else "IPv4", "region": "eu-central-1",
        "pkt_srcaddr": source, "pkt_dstaddr": target,
        "flow_direction": "egress" if side == "orig" else "ingress", "traffic_path": 8, "az_id": "euc1-az1",
        "pkt_src_aws_service": "-", "pkt_dst_aws_service": "-", "sublocation_type": "-",
        "date": datetime.fromtimestamp(start, tz=timezone.utc).date(),
    }  # fmt: skip


def findings(most: int) -> Table:
    """At most so many of CloudTrail's calls as findings about them, spread over the names of the calls."""
    calls = (one for one in lines("cloudtrail/cloudtrail.ndjson.gz") if one["eventType"] == "AwsApiCall")
    found = spread(calls, lambda one: (one["eventName"], one["userIdentity"].get("type")), most)
    return Table(GUARDDUTY, [finding(one) for one in found])


def finding(call: Json) -> Json:
    """A finding about a call (Amazon GuardDuty, "GuardDuty IAM finding types", and "S3 finding types")."""
    user, seen = _user(call["userIdentity"]), call["eventTime"].replace("Z", ".000Z")
    bucket = (call["requestParameters"] or {}).get("bucketName")
    name, account = call["eventName"], call["recipientAccountId"]
    tactic, severity = next((each[1:]) for each in TACTICS if name.startswith(each[0]))
    resource: Json = {"resourceType": "S3Bucket" if bucket else "AccessKey", "accessKeyDetails": user}
    if bucket:
        resource["s3BucketDetails"] = [{"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}]
    _, _, session = user.get("principalId", "").partition(":")
    if session.startswith("i-"):  # a role's session on an instance bears the name of this
        resource["instanceDetails"] = {"instanceId": session}
    service = {
        "serviceName": "guardduty", "detectorId": "12abc34d567e8fa901bc2d34e56789f0", "count": 1,
        "archived": False, "resourceRole": "TARGET", "eventFirstSeen": seen, "eventLastSeen": seen,
        "action": {"actionType": "AWS_API_CALL", "awsApiCallAction": _action(call)},
    }  # fmt: skip
    number, region = call["eventID"].replace("-", ""), call["awsRegion"]
    return {
        "schemaversion": "2.0", "accountid": account, "region": region, "partition": "aws", "id": number,
        "arn": f"arn:aws:guardduty:{region}:{account}:detector/{service['detectorId']}/finding/{number}",
        "type": f"{tactic}:{'S3' if bucket else 'IAMUser'}/AnomalousBehavior", "severity": str(severity),
        "createdat": seen, "updatedat": seen,
        "title": f"{user.get('userName', 'A service')} invoked {name} in an anomalous way.",
        "description": call.get("errorMessage") or f"{name} of {call['eventSource']} by {call['userAgent']}.",
        "service": json.dumps(service), "resource": json.dumps(resource),
    }  # fmt: skip


def _user(identity: Json) -> Json:
    """Who called; a role's session has the name of the role."""
    name = identity.get("userName") or identity.get("sessionContext", {}).get("sessionIssuer", {}).get(
        "userName"
    )
    found = {
        "accessKeyId": identity.get("accessKeyId"), "principalId": identity.get("principalId"),
        "userName": name, "userType": identity.get("type"),
    }  # fmt: skip
    return {key: value for key, value in found.items() if value is not None}


def _action(call: Json) -> Json:
    """What was called, and from where: an address, or the name of a service."""
    source = call["sourceIPAddress"]
    found: Json = {"api": call["eventName"], "serviceName": call["eventSource"]}
    if source.endswith(".amazonaws.com"):
        found |= {"callerType": "Domain", "domainDetails": {"domain": source}}
    elif " " not in source:  # "AWS Internal" is neither
        found |= {"callerType": "Remote IP", "remoteIpDetails": {"ipAddressV4": source}}
    return found | ({"errorCode": call["errorCode"]} if "errorCode" in call else {})
