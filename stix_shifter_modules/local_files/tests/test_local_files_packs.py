"""The mapping packs: which records each recognises, and what STIX they become, from file to bundle."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.local_files.entry_point import EntryPoint
from stix_shifter_modules.local_files.stix_transmission.packs import load_packs
from stix_shifter_modules.local_files.tests.samples import CONN, Files, conns
from stix_shifter_utils.testing.cases import Found
from stix_shifter_utils.testing.suite_translation import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSMON = {
    "RuleName": "-", "UtcTime": "2024-01-02 03:04:05.678", "ProcessGuid": "{a-b}", "ProcessId": "4711",
    "Image": "C:\\Windows\\System32\\cmd.exe", "CommandLine": "cmd.exe /c whoami",
    "CurrentDirectory": "C:\\Users\\eve\\", "User": "CORP\\eve", "IntegrityLevel": "High",
    "Hashes": "SHA1=DA39A3EE5E6B4B0D3255BFEF95601890AFD80709,MD5=D41D8CD98F00B204E9800998ECF8427E",
    "ParentProcessGuid": "{c-d}", "ParentProcessId": "42", "ParentImage": "C:\\Windows\\explorer.exe",
    "ParentCommandLine": "explorer.exe",
}  # fmt: skip
HEAD = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "pc1.corp.example"}
PROVIDER = "Microsoft-Windows-Sysmon"

WINDOWS_SHAPES: dict[str, dict[str, Any]] = {
    "flat": {**HEAD, "SourceName": PROVIDER, **SYSMON},
    "event_data": {
        "event_id": 1,
        "log_name": HEAD["Channel"],
        "computer_name": HEAD["Computer"],
        "source_name": PROVIDER,
        "event_data": SYSMON,
    },
    "winlog": {
        "@timestamp": "2024-01-02T03:04:09Z",
        "winlog": {
            "event_id": 1,
            "channel": HEAD["Channel"],
            "computer_name": HEAD["Computer"],
            "provider_name": PROVIDER,
            "event_data": SYSMON,
        },
    },
    "evtx": {
        "Event": {
            "System": {
                "Provider": {"#attributes": {"Name": PROVIDER}},
                "EventID": {"#text": 1, "#attributes": {"Qualifiers": 0}},
                "Channel": HEAD["Channel"],
                "Computer": HEAD["Computer"],
                "TimeCreated": {"#attributes": {"SystemTime": "2024-01-02T03:04:06Z"}},
            },
            "EventData": {**SYSMON, "ProcessId": 4711, "ParentProcessId": 42},
        }
    },
}


class Objects(Found):
    """The objects of a bundle; wanted properties may be written as paths, through references too."""

    def has(self, wanted: Mapping[str, Any]) -> bool:
        nested: dict[str, Any] = {}
        for path, value in wanted.items():
            level = nested
            *parents, last = path.split(".")
            for parent in parents:
                level = level.setdefault(parent, {})
            level[last] = value
        return super().has(nested)


def bundle(files: Files, dialect: str, query: str | None = None, **options: Any) -> Objects:
    """What the files become, in STIX 2.1."""
    entry = EntryPoint(
        {"path": str(files.folder), "options": {"stix_2.1": True, **options}}, {"auth": {}}, {}
    )
    query = query or f"SELECT * FROM {dialect}"
    return Objects(asyncio.run(entry.create_results_stix_connection(query, 0, 1000, IDENTITY)))


def found_by(files: Files, dialect: str, pattern: str) -> int:
    """How many rows the queries for a pattern find."""
    entry = EntryPoint({}, {}, {})
    plan = entry.get_query_translator(dialect).plan(pattern, policy="refuse")
    return sum(len(files.rows(str(query.body))) for query in plan.queries)


class TestRecognition:
    @pytest.mark.parametrize(
        ("record", "pack"),
        [
            (CONN, "zeek"),
            ({"_path": "dns", "_write_ts": "2024-01-01T00:00:00Z", "query": "a.example"}, "zeek"),
            ({"ts": 1, "id": {"orig_h": "192.0.2.1"}}, "zeek"),
            ({"ts": 1, "fuid": "F1", "mime_type": "text/plain"}, "zeek"),
            *((shape, "windows") for shape in WINDOWS_SHAPES.values()),
            (
                {"eventVersion": "1.08", "eventSource": "iam.amazonaws.com", "eventName": "CreateUser"},
                "cloudtrail",
            ),
            ({"@timestamp": "2024-01-01T00:00:00Z", "event": {"category": ["process"]}}, "ecs"),
            ({"@timestamp": "2024-01-01T00:00:00Z", "event.dataset": "x", "source.ip": "192.0.2.1"}, "ecs"),
            (
                {
                    "@timestamp": "2024-01-01T00:00:00Z",
                    "ecs": {"version": "8"},
                    "winlog": {"event_id": 1, "channel": "Security", "event_data": {}},
                },
                "ecs",
            ),
            ({"class_uid": 4001, "category_uid": 4, "time": 1}, "ocsf"),
            ({"a": 1}, None),
        ],
    )
    def test_a_record_is_known_by_its_keys(
        self, files: Files, record: dict[str, Any], pack: str | None
    ) -> None:
        files.write("x.json", [record])
        files.write("conn.log", conns(1))
        expected = {"zeek": 1, **({pack: 1 + (pack == "zeek")} if pack else {})}
        assert files.ping()["dialects"] == expected

    def test_most_records_decide(self, files: Files) -> None:
        files.write("mixed.json", [{"a": 1}, HEAD, *conns(5)])
        assert files.ping()["dialects"] == {"zeek": 1}

    def test_every_computed_column_is_a_field_or_feeds_one(self) -> None:
        for pack in load_packs().values():
            names = set(pack.kinds) | set(pack.computed)
            assert set(pack.handed_on) <= set(pack.kinds), pack.name
            lower = [name.lower() for name in names]
            assert len(set(lower)) == len(lower), f"{pack.name} has names that differ in case only"


class TestWindows:
    @pytest.mark.parametrize("shape", WINDOWS_SHAPES)
    def test_a_process_creation_becomes_the_same_in_every_shape(self, files: Files, shape: str) -> None:
        files.write("events.json", [WINDOWS_SHAPES[shape]])
        found = bundle(files, "windows")
        wanted: dict[str, Any]
        for wanted in (
            {"type": "process", "pid": 4711, "command_line": "cmd.exe /c whoami", "parent_ref.pid": 42},
            {"type": "process", "image_ref.name": "cmd.exe", "creator_user_ref.account_login": "eve"},
            {"type": "file", "name": "cmd.exe", "hashes.MD5": "d41d8cd98f00b204e9800998ecf8427e"},
            {"type": "directory", "path": "C:\\Windows\\System32"},
            {"type": "user-account", "account_login": "eve", "x_domain": "CORP"},
            {
                "type": "x-oca-event",
                "code": "1",
                "action": "Process Create",
                "host_ref.hostname": "pc1.corp.example",
            },
            {"type": "observed-data", "first_observed": "2024-01-02T03:04:05.678Z"},
        ):
            assert found.has(wanted), (wanted, found.alike(str(wanted["type"])))
        assert found_by(files, "windows", "[process:pid = 4711 AND process:parent_ref.pid = 42]") == 1
        assert (
            found_by(files, "windows", "[file:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709']")
            == 1
        )

    def test_security_4688_names_the_new_process_and_its_creator(self, files: Files) -> None:
        record = {
            "EventID": 4688, "Channel": "Security", "EventTime": "2024-01-02 03:04:05",
            "NewProcessId": "0x1270",
            "NewProcessName": "C:\\a\\b.exe", "ProcessId": "0x2a", "ParentProcessName": "C:\\c.exe",
            "SubjectUserName": "eve", "SubjectUserSid": "S-1-5-21-1", "CommandLine": "-",
            "Keywords": "0x8020000000000000",
        }  # fmt: skip
        files.write("security.json", [record])
        found = bundle(files, "windows")
        assert found.has({"type": "process", "pid": 4720, "parent_ref.pid": 42})
        assert found.has({"type": "user-account", "user_id": "S-1-5-21-1", "account_login": "eve"})
        assert found.has(
            {"type": "x-oca-event", "outcome": "success", "action": "A new process has been created"}
        )
        assert not any("command_line" in one for one in found.alike("process"))

    def test_network_events_have_addresses_in_one_spelling(self, files: Files) -> None:
        base = {"EventID": 3, "Channel": HEAD["Channel"], "UtcTime": "2024-01-02 03:04:05", "Protocol": "tcp"}
        files.write(
            "net.json",
            [
                {**base, "SourceIp": "fe80:0:0:0:0:0:0:1", "SourcePort": "5",
                 "DestinationIp": "::ffff:192.0.2.1"},
                {"EventID": 5156, "Channel": "Security", "SourceAddress": "fe80::1", "Protocol": "17",
                 "DestAddress": "0.0.0.0", "EventTime": "2024-01-02 03:04:05"},
            ],
        )  # fmt: skip
        found = bundle(files, "windows")
        assert found.has(
            {"type": "network-traffic", "src_ref.value": "fe80::1", "dst_ref.value": "192.0.2.1"}
        )
        assert found.has({"type": "network-traffic", "protocols": ["udp"], "src_ref.value": "fe80::1"})
        assert {one["value"] for one in found.alike("ipv4-addr")} == {"192.0.2.1"}
        assert found_by(files, "windows", "[ipv6-addr:value = 'fe80::1']") == 2

    def test_registry_events_have_whole_keys_and_values(self, files: Files) -> None:
        base = {"Channel": HEAD["Channel"], "UtcTime": "2024-01-02 03:04:05", "Image": "C:\\r.exe"}
        files.write(
            "reg.json",
            [
                {**base, "EventID": 13, "EventType": "SetValue", "TargetObject": "HKLM\\Soft\\Run\\x",
                 "Details": "DWORD (0x00000001)"},
                {**base, "EventID": 12, "EventType": "CreateKey",
                 "TargetObject": "\\REGISTRY\\USER\\S-1\\Run"},
            ],
        )  # fmt: skip
        found = bundle(files, "windows")
        assert found.has({"type": "windows-registry-key", "key": "HKEY_LOCAL_MACHINE\\Soft\\Run"})
        assert found.has({"type": "windows-registry-key", "key": "HKEY_USERS\\S-1\\Run"})
        key = "windows-registry-key:key LIKE 'HKEY_LOCAL_MACHINE\\\\%'"
        pattern = f"[{key} AND windows-registry-key:values[*].name = 'x']"
        assert found_by(files, "windows", pattern) == 1

    def test_dns_queries_have_their_answers(self, files: Files) -> None:
        record = {
            "EventID": 22, "Channel": HEAD["Channel"], "UtcTime": "2024-01-02 03:04:05",
            "QueryName": "a.example",
            "QueryResults": "type:  5 b.example;::ffff:192.0.2.1;2001:db8::1;",
        }  # fmt: skip
        files.write("dns.json", [record])
        found = bundle(files, "windows")
        assert found.has({"type": "ipv4-addr", "value": "192.0.2.1"})
        assert found.has({"type": "domain-name", "value": "b.example"})
        assert (
            len(
                next(one for one in found.alike("domain-name") if one["value"] == "a.example")[
                    "resolves_to_refs"
                ]
            )
            == 3
        )


class TestZeek:
    def test_a_connection_is_a_flow_that_ends(self, files: Files) -> None:
        files.write("conn.log", [CONN])
        found = bundle(files, "zeek")
        assert found.has(
            {
                "type": "network-traffic", "src_ref.value": "192.0.2.10", "dst_ref.value": "198.51.100.7",
                "src_port": 50123, "dst_port": 443, "src_byte_count": 120, "dst_byte_count": 4096,
                "start": "2023-11-14T22:13:20.500Z", "end": "2023-11-14T22:13:21.750Z",
            }
        )  # fmt: skip
        assert set(found.alike("network-traffic")[0]["protocols"]) == {"tcp", "ssl"}

    @pytest.mark.parametrize("name", ["http.log", "http.2024-01-01.log", "site-http.ndjson", "x.json"])
    def test_an_http_request_has_its_url_whatever_the_file_is_called(self, files: Files, name: str) -> None:
        record = {
            "ts": 1700000000, "uid": "C1", "id.orig_h": "192.0.2.1", "id.orig_p": 5, "id.resp_h": "192.0.2.2",
            "id.resp_p": 8080, "trans_depth": 1, "method": "GET", "host": "a.example", "uri": "/x?y=1",
            "user_agent": "curl/8", "status_code": 200,
        }  # fmt: skip
        files.write(name, [record])
        found = bundle(files, "zeek")
        assert found.has({"type": "url", "value": "http://a.example:8080/x?y=1"})
        assert found.has({"type": "domain-name", "value": "a.example"})
        flow = found.alike("network-traffic")[0]
        assert flow["protocols"] == ["tcp", "http"] or set(flow["protocols"]) == {"tcp", "http"}
        request = flow["extensions"]["http-request-ext"]
        assert (request["request_method"], request["request_value"]) == ("get", "/x?y=1")
        assert request["request_header"]["User-Agent"] in ("curl/8", ["curl/8"])

    def test_a_mail_has_sender_receivers_and_date(self, files: Files) -> None:
        record = {
            "_path": "smtp", "ts": 1700000000, "uid": "C1", "mailfrom": "<bounce@a.example>",
            "id.orig_h": "192.0.2.1",
            "from": '"A. B." <a@a.example>', "to": ["<c@c.example>", "d@d.example"], "subject": "Hello",
            "date": "Tue, 14 Nov 2023 22:13:20 +0100", "msg_id": "<1@a.example>",
        }  # fmt: skip
        files.write("mail.log", [record])
        found = bundle(files, "zeek")
        assert found.has({"type": "email-message", "subject": "Hello", "from_ref.value": "a@a.example"})
        assert found.has({"type": "email-message", "date": "2023-11-14T21:13:20Z"}) or found.has(
            {"type": "email-message", "date": "2023-11-14T21:13:20.000Z"}
        )
        assert {one["value"] for one in found.alike("email-addr")} >= {
            "c@c.example",
            "d@d.example",
            "bounce@a.example",
        }
        assert found_by(files, "zeek", "[email-addr:value = 'd@d.example']") == 1

    def test_a_certificate_has_its_hash_names_and_times(self, files: Files) -> None:
        record = {
            "_path": "x509", "ts": 1700000000, "fingerprint": "ab" * 32, "certificate.serial": "0A",
            "certificate.version": 3, "certificate.subject": "CN=a.example", "certificate.issuer": "CN=ca",
            "certificate.not_valid_before": 1600000000.0,
            "certificate.not_valid_after": "2030-01-01T00:00:00Z",
            "san.dns": ["a.example", "*.b.example"],
        }  # fmt: skip
        files.write("x509.log", [record])
        found = bundle(files, "zeek")
        assert found.has(
            {
                "type": "x509-certificate", "hashes.SHA-256": "ab" * 32, "serial_number": "0A",
                "version": "3",
                "validity_not_before": "2020-09-13T12:26:40.000Z", "subject": "CN=a.example",
            }
        ), found.alike("x509-certificate")  # fmt: skip
        assert found_by(files, "zeek", f"[x509-certificate:hashes.'SHA-256' = '{'ab' * 32}']") == 1


class TestOthers:
    def test_cloudtrail_names_who_did_what_from_where(self, files: Files) -> None:
        record = {
            "eventVersion": "1.08", "eventTime": "2024-01-01T00:00:00Z", "eventSource": "iam.amazonaws.com",
            "eventName": "CreateUser", "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.1",
            "eventType": "AwsApiCall", "errorCode": "AccessDenied",
            "requestParameters": {"userName": "mallory"},
            "userIdentity": {"type": "IAMUser", "userName": "eve", "principalId": "AIDA1", "accountId": "1"},
            "resources": [{"ARN": "arn:aws:iam::1:user/mallory", "type": "AWS::IAM::User"}, {"ARN": "arn:2"}],
        }  # fmt: skip
        files.write("trail.json.gz", [record])
        found = bundle(files, "cloudtrail")
        assert found.has({"type": "user-account", "user_id": "AIDA1", "account_login": "eve"})
        assert found.has({"type": "user-account", "account_login": "mallory"})
        assert found.has({"type": "ipv4-addr", "value": "192.0.2.1"})
        assert found.has({"type": "x-oca-event", "action": "CreateUser", "outcome": "failure"})
        assert found.has({"type": "x-cloud-resource", "arn": "arn:aws:iam::1:user/mallory"})
        for pattern in ("[x-cloud-resource:arn = 'arn:2']", "[x-oca-event:outcome = 'failure']"):
            assert found_by(files, "cloudtrail", pattern) == 1

    @pytest.mark.parametrize("flat", [False, True])
    def test_ecs_documents_are_read_nested_and_dotted(self, files: Files, flat: bool) -> None:
        nested = {
            "@timestamp": "2024-01-01T00:00:00Z", "ecs": {"version": "8.11"},
            "event": {"category": ["process"]},
            "process": {"pid": 5, "executable": "/bin/sh", "name": "sh",
                        "parent": {"pid": 1, "name": "init"}},
            "host": {"name": "h1", "ip": ["192.0.2.1"], "mac": ["00-11-22-33-44-55"]},
        }  # fmt: skip
        files.write("ecs.json", [dict(_flat(nested)) if flat else nested])
        found = bundle(files, "ecs")
        assert found.has({"type": "process", "pid": 5, "parent_ref.pid": 1, "image_ref.name": "sh"})
        assert found.has({"type": "x-oca-asset", "name": "h1"})
        assert found.has({"type": "mac-addr", "value": "00:11:22:33:44:55"})
        for pattern in ("[process:parent_ref.pid = 1]", "[mac-addr:value = '00:11:22:33:44:55']"):
            assert found_by(files, "ecs", pattern) == 1

    def test_ocsf_hashes_and_answers_are_taken_from_their_lists(self, files: Files) -> None:
        digest = "ab" * 32
        process = {
            "class_uid": 1007, "category_uid": 1, "time": 1700000000123,
            "process": {
                "pid": 5, "cmd_line": "x",
                "file": {"path": "C:\\a\\b.exe", "hashes": [{"algorithm_id": 1, "value": "cd" * 16},
                                                            {"algorithm": "SHA-256", "value": digest}]},
            },
        }  # fmt: skip
        answer = {"class_uid": 4003, "category_uid": 4, "time": 1700000000,
                  "query": {"hostname": "a.example"},
                  "answers": [{"rdata": "192.0.2.1"}, {"rdata": "b.example"}]}  # fmt: skip
        files.write(
            "ocsf.json", json.dumps([process, answer, {**answer, "answers": {"rdata": "192.0.2.2"}}]).encode()
        )
        found = bundle(files, "ocsf")
        assert found.has({"type": "file", "name": "b.exe", "hashes.SHA-256": digest, "hashes.MD5": "cd" * 16})
        assert found.has({"type": "observed-data", "first_observed": "2023-11-14T22:13:20.123Z"})
        for pattern in (f"[file:hashes.'SHA-256' = '{digest}']", "[ipv4-addr:value = '192.0.2.1']",
                        "[ipv4-addr:value = '192.0.2.2']", "[domain-name:value = 'b.example']"):  # fmt: skip
            assert found_by(files, "ocsf", pattern) == 1, pattern

    def test_fields_of_a_custom_mapping_are_read_though_no_pack_knows_them(self, files: Files) -> None:
        files.write("conn.log", [{**CONN, "site": {"name": "hq"}}, CONN])
        custom = {"zeek": {"site": {"name": {"key": "x-site.name"}}, "ts": {"key": "first_observed"}}}
        entry = EntryPoint({}, {}, {"mapping": {"zeek_to_stix_map": custom}})
        (query,) = entry.get_query_translator("zeek").plan("[x-site:name = 'hq']").queries
        assert [row["site"]["name"] for row in files.rows(str(query.body))] == ["hq"]

    def test_without_a_window_all_time_is_searched_and_with_one_only_that(self, files: Files) -> None:
        files.write("conn.log", conns(10))
        pattern = "[network-traffic:dst_port = 443]"
        assert found_by(files, "zeek", pattern) == 10
        window = " START t'2023-11-14T22:13:21.5Z' STOP t'2023-11-14T22:13:23.5Z'"
        assert found_by(files, "zeek", pattern + window) == 2


def _flat(value: dict[str, Any], prefix: str = "") -> Any:
    for name, item in value.items():
        if isinstance(item, dict):
            yield from _flat(item, f"{prefix}{name}.")
        else:
            yield prefix + name, item
