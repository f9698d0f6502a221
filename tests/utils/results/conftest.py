"""A wide to_stix map, and short ways to translate with it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

import pytest

from stix_shifter_utils.results import (
    ResultsOptions,
    RowStream,
    compile_mapping,
    get_module_transformers,
    translate_rows,
)

NOW = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=timezone.utc)
IDENTITY = {
    "type": "identity",
    "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
    "name": "Acme Watch",
    "identity_class": "events",
}
WIDE_MAP: dict[str, Any] = {
    "time": [{"key": "first_observed"}, {"key": "last_observed"}],
    "until": {"key": "last_observed", "transformer": "EpochToTimestamp"},
    "times": {"key": "number_observed", "transformer": "ToInteger"},
    "x_note": {"key": "x_note"},
    "src": [
        {"key": "ipv4-addr.value", "object": "src"},
        {"key": "ipv6-addr.value", "object": "src"},
        {"key": "network-traffic.src_ref", "object": "flow", "references": "src"},
        {"key": "x-oca-event.ip_refs", "object": "event", "references": ["src"], "group": True},
    ],
    "dst": [
        {"key": "network-traffic.dst_ref", "object": "flow", "references": "dst"},
        {"key": "ipv4-addr.value", "object": "dst"},
        {"key": "ipv6-addr.value", "object": "dst"},
        {"key": "domain-name.value", "object": "dst"},
        {"key": "x-oca-event.ip_refs", "object": "event", "references": ["dst"], "group": True},
    ],
    "mac": [
        {"key": "mac-addr.value", "object": "mac"},
        {"key": "ipv4-addr.resolves_to_refs", "object": "src", "references": ["mac"]},
    ],
    "as": [
        {"key": "autonomous-system.number", "object": "as"},
        {"key": "ipv4-addr.belongs_to_refs", "object": "src", "references": ["as"]},
    ],
    "sport": {"key": "network-traffic.src_port", "object": "flow", "transformer": "ToInteger"},
    "dport": {"key": "network-traffic.dst_port", "object": "flow"},
    "proto": {"key": "network-traffic.protocols", "object": "flow", "transformer": "ToLowercaseArray"},
    "app": {
        "key": "network-traffic.protocols",
        "object": "flow",
        "transformer": "ValueToList",
        "group": True,
    },
    "bytes": {"key": "network-traffic.src_byte_count", "object": "flow"},
    "begin": {"key": "network-traffic.start", "object": "flow"},
    "end": {"key": "network-traffic.end", "object": "flow"},
    "active": {"key": "network-traffic.is_active", "object": "flow"},
    "http": {
        "method": {"key": "network-traffic.extensions.http-request-ext.request_method", "object": "flow"},
        "uri": {"key": "network-traffic.extensions.http-request-ext.request_value", "object": "flow"},
        "agent": {
            "key": "network-traffic.extensions.http-request-ext.request_header.User-Agent",
            "object": "flow",
        },
        "headers": {"key": "network-traffic.extensions.http-request-ext.request_header", "object": "flow"},
    },
    "icmp": {"key": "network-traffic.extensions.icmp-ext.icmp_type_hex", "object": "flow"},
    "flags": {"key": "network-traffic.extensions.tcp-ext.src_flags_hex", "object": "flow"},
    "dns": {"key": "network-traffic.extensions.dns-ext.question.domain", "object": "flow"},
    "family": {"key": "network-traffic.extensions.socket-ext.address_family", "object": "flow"},
    "ipfix": {"key": "network-traffic.ipfix", "object": "flow"},
    "file": {
        "path": [
            {"key": "file.name", "object": "file", "transformer": "ToFileName"},
            {"key": "directory.path", "object": "dir", "transformer": "ToDirectoryPath"},
            {"key": "file.parent_directory_ref", "object": "file", "references": "dir"},
        ],
        "md5": {"key": "file.hashes.MD5", "object": "file"},
        "sha256": {"key": "file.hashes.SHA-256", "object": "file"},
        "imphash": {"key": "file.hashes.imphash", "object": "file"},
        "hashes": {"key": "file.hashes", "object": "file"},
        "size": {"key": "file.size", "object": "file"},
        "created": {"key": "file.created", "object": "file"},
        "mime": {"key": "file.mime_type", "object": "file"},
        "crypto": {"key": "file.encryption_algorithm", "object": "file"},
        "pe": {
            "type": {"key": "file.extensions.windows-pebinary-ext.pe_type", "object": "file"},
            "stamp": {"key": "file.extensions.windows-pebinary-ext.time_date_stamp", "object": "file"},
            "sections": {"key": "file.extensions.windows-pebinary-ext.sections", "object": "file"},
            "code": {
                "key": "file.extensions.windows-pebinary-ext.optional_header.size_of_code",
                "object": "file",
            },
        },
        "ads": {"key": "file.extensions.ntfs-ext.alternate_data_streams.size", "object": "file"},
        "inside": [
            {"key": "file.name", "object": "inner"},
            {"key": "file.extensions.archive-ext.contains_refs", "object": "file", "references": ["inner"]},
        ],
        "x path": {"key": "file.x_Path", "object": "file"},
    },
    "proc": {
        "pid": {"key": "process.pid", "object": "proc"},
        "name": {"key": "process.name", "object": "proc"},
        "cmd": {"key": "process.command_line", "object": "proc"},
        "args": {"key": "process.arguments", "object": "proc"},
        "created": {"key": "process.created", "object": "proc", "transformer": "EpochSecondsToTimestamp"},
        "env": {"key": "process.environment_variables", "object": "proc"},
        "image": {"key": "process.binary_ref", "object": "proc", "references": "file"},
        "user": [
            {"key": "user-account.user_id", "object": "user"},
            {"key": "process.creator_user_ref", "object": "proc", "references": "user"},
        ],
        "parent": {
            "pid": {"key": "process.pid", "object": "parent"},
            "ref": {"key": "process.parent_ref", "object": "proc", "references": "parent"},
        },
        "service": {"key": "process.extensions.windows-service-ext.start_type", "object": "proc"},
        "title": {"key": "process.extensions.windows-process-ext.window_title", "object": "proc"},
        "integrity": {"key": "process.extensions.windows-process-ext.integrity_level", "object": "proc"},
        "startup": {"key": "process.extensions.windows-process-ext.startup_info", "object": "proc"},
        "flow": {"key": "process.opened_connection_refs", "object": "proc", "references": ["flow"]},
    },
    "login": {"key": "user-account.account_login", "object": "login"},
    "admin": {"key": "user-account.is_privileged", "object": "login"},
    "changed": {"key": "user-account.password_last_changed", "object": "login"},
    "groups": {"key": "user-account.extensions.unix-account-ext.groups", "object": "login"},
    "mail": {
        "from": [
            {"key": "email-addr.value", "object": "from"},
            {"key": "email-message.from_ref", "object": "mail", "references": "from"},
        ],
        "to": [
            {"key": "email-addr.value", "object": "to", "unwrap": True},
            {"key": "email-message.to_refs", "object": "mail", "references": ["to"], "unwrap": True},
        ],
        "subject": {"key": "email-message.subject", "object": "mail"},
        "body": {"key": "email-message.body", "object": "mail"},
        "parts": {"key": "email-message.body_multipart", "object": "mail"},
        "part": {"key": "email-message.body_multipart.content_type", "object": "mail"},
        "headers": {"key": "email-message.additional_header_fields", "object": "mail"},
        "date": {"key": "email-message.date", "object": "mail"},
    },
    "reg": {
        "key": {"key": "windows-registry-key.key", "object": "reg"},
        "name": {"key": "windows-registry-key.values.name", "object": "reg", "group": "v"},
        "data": {"key": "windows-registry-key.values.data", "object": "reg", "group": "v"},
        "type": {"key": "windows-registry-key.values.data_type", "object": "reg", "group": "v"},
        "changed": {"key": "windows-registry-key.modified", "object": "reg"},
    },
    "cert": {
        "serial": {"key": "x509-certificate.serial_number", "object": "cert"},
        "sha1": {"key": "x509-certificate.hashes.SHA-1", "object": "cert"},
        "before": {"key": "x509-certificate.validity_not_before", "object": "cert"},
        "usage": {"key": "x509-certificate.x509_v3_extensions.key_usage", "object": "cert"},
    },
    "url": {"key": "url.value", "object": "url"},
    "domain": {"key": "domain-name.value", "object": "domain"},
    "mutex": {"key": "mutex.name", "object": "mutex"},
    "soft": {
        "name": {"key": "software.name", "object": "soft"},
        "cpe": {"key": "software.cpe", "object": "soft"},
        "languages": {"key": "software.languages", "object": "soft"},
    },
    "raw": [
        {"key": "artifact.payload_bin", "object": "raw", "transformer": "ToBase64"},
        {"key": "artifact.mime_type", "object": "raw", "value": "text/plain"},
        {"key": "x-oca-event.original_ref", "object": "event", "references": "raw"},
    ],
    "blob": [
        {"key": "artifact.payload_bin", "object": "blob"},
        {"key": "artifact.url", "object": "blob"},
        {"key": "artifact.mime_type", "object": "blob"},
    ],
    "ips": [
        {"key": "ipv4-addr.value", "object": "ip", "unwrap": True, "transformer": "FilterIPv4List"},
        {"key": "ipv6-addr.value", "object": "ip", "unwrap": True, "transformer": "FilterIPv6List"},
        {"key": "x-oca-asset.ip_refs", "object": "host", "references": ["ip"], "unwrap": True},
    ],
    "host": {"key": "x-oca-asset.hostname", "object": "host"},
    "pod": {"key": "x-oca-asset.extensions.x-oca-pod-ext.name", "object": "host"},
    "event": {
        "id": {"key": "x-oca-event.code", "object": "event"},
        "created": {"key": "x-oca-event.created", "object": "event"},
        "category": {"key": "x-oca-event.category", "object": "event"},
        "provider": {"key": "x-oca-event.provider", "object": "event"},
    },
    "targets": {
        "id": {"key": "x-tgt.uid", "object": "tgt"},
        "Kind Of": {"key": "x-tgt.Kind Of", "object": "tgt"},
        "ip": {"key": "ipv4-addr.value", "object": "tip"},
        "ipref": {"key": "x-tgt.ip_ref", "object": "tgt", "references": "tip"},
        "evref": {"key": "x-tgt.event_ref", "object": "tgt", "references": "event"},
        "all": {
            "key": "x-oca-event.x_tgt_refs",
            "object": "event",
            "references": ["tgt"],
            "group_ref": True,
        },
    },
    "ttp": [
        {"key": "x-ibm-ttp-tagging.name", "object": "ttp"},
        {
            "key": "x-ibm-ttp-tagging.kill_chain_phases.phase_name",
            "object": "ttp",
            "group": "phase",
        },
        {
            "key": "x-ibm-ttp-tagging.kill_chain_phases.kill_chain_name",
            "object": "ttp",
            "group": "phase",
            "value": "mitre-attack",
        },
    ],
    "id.orig_h": {"key": "x-zeek.orig", "object": "zeek"},
    "other": {"key": "x-zeek.other", "object": "zeek", "ds_key": "id.orig_h"},
}

Translate = Callable[..., RowStream]


def translate(to_stix: Mapping[str, Any], rows: Any, version: str = "2.0", **options: Any) -> RowStream:
    """A stream of the rows; `options` are ResultsOptions fields, `transformers` more transformers."""
    transformers = get_module_transformers() | options.pop("transformers", {})
    callback = options.pop("callback", None)
    given = ResultsOptions(version="2.1" if version == "2.1" else "2.0", **({"now": NOW} | options))
    mapping = compile_mapping(to_stix, transformers=transformers, options=given, callback=callback)
    return translate_rows(rows, IDENTITY, mapping)


@pytest.fixture(name="translate")
def _translate() -> Translate:
    return translate


@pytest.fixture
def wide_map() -> dict[str, Any]:
    return WIDE_MAP


@pytest.fixture
def identity() -> dict[str, Any]:
    return dict(IDENTITY)
