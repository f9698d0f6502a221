"""The table of the standard cyber observables: the kind of each property, in STIX 2.0 and 2.1.

Words only, from the specifications' parts on cyber observables; `observables` reads them. Names are of both
versions: `created` of a file is `ctime` in 2.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADDRESSES: Final = "ipv4-addr ipv6-addr mac-addr domain-name"
_TIMES: Final = {"created": "timestamp", "modified": "timestamp", "accessed": "timestamp"} | {
    "ctime": "timestamp", "mtime": "timestamp", "atime": "timestamp"}  # fmt: skip
_IP: Final = {"resolves_to_refs": "refs mac-addr", "belongs_to_refs": "refs autonomous-system"}
_PE_NUMBERS: Final = (
    *("address_of_entry_point", "base_of_code", "base_of_data", "image_base", "section_alignment"),
    *("file_alignment", "major_linker_version", "minor_linker_version", "major_os_version"),
    *("minor_os_version", "major_image_version", "minor_image_version", "major_subsystem_version"),
    *("minor_subsystem_version", "number_of_rva_and_sizes"),
)
_PE_SIZES: Final = (
    *("size_of_code", "size_of_initialized_data", "size_of_uninitialized_data", "size_of_image"),
    *("size_of_headers", "size_of_stack_reserve", "size_of_stack_commit", "size_of_heap_reserve"),
    "size_of_heap_commit",
)
_PE_HEX: Final = (
    *("magic_hex", "win32_version_value_hex", "checksum_hex", "subsystem_hex", "dll_characteristics_hex"),
    "loader_flags_hex",
)
_V3_TEXTS: Final = (
    *("basic_constraints", "name_constraints", "policy_constraints", "key_usage", "extended_key_usage"),
    *("subject_key_identifier", "authority_key_identifier", "subject_alternative_name"),
    *("issuer_alternative_name", "subject_directory_attributes", "crl_distribution_points"),
    *("inhibit_any_policy", "certificate_policies", "policy_mappings"),
)

TABLE: Final[Mapping[str, Mapping[str, Any]]] = {
    "artifact": {
        "mime_type": "media_type", "payload_bin": "binary", "url": "url_text", "hashes": "hashes",
        "encryption_algorithm": "enum AES-256-GCM|ChaCha20-Poly1305|mime-type-indicated",
        "decryption_key": "text", "extensions": {},
    },
    "autonomous-system": {"number": "integer", "name": "text", "rir": "text", "extensions": {}},
    "directory": {
        "path": "text", "path_enc": "charset", **_TIMES, "contains_refs": "refs file directory",
        "extensions": {},
    },
    "domain-name": {
        "value": "domain", "resolves_to_refs": "refs ipv4-addr ipv6-addr domain-name", "extensions": {},
    },
    "email-addr": {
        "value": "email", "display_name": "text", "belongs_to_ref": "ref user-account", "extensions": {},
    },
    "email-message": {
        "is_multipart": "boolean", "date": "timestamp", "content_type": "text", "from_ref": "ref email-addr",
        "sender_ref": "ref email-addr", "to_refs": "refs email-addr", "cc_refs": "refs email-addr",
        "bcc_refs": "refs email-addr", "message_id": "text", "subject": "text", "received_lines": "list text",
        "additional_header_fields": "dict mail_header", "body": "text",
        "body_multipart": [{
            "body": "text", "body_raw_ref": "ref artifact file", "content_type": "text",
            "content_disposition": "text",
        }],
        "raw_email_ref": "ref artifact", "extensions": {},
    },
    "file": {
        "hashes": "hashes", "size": "count", "name": "text", "name_enc": "charset", "magic_number_hex": "hex",
        "mime_type": "text", **_TIMES, "parent_directory_ref": "ref directory", "contains_refs": "refs",
        "content_ref": "ref artifact", "is_encrypted": "boolean", "encryption_algorithm": "text",
        "decryption_key": "text",
        "extensions": {
            "archive-ext": {"contains_refs": "refs file", "version": "text", "comment": "text"},
            "ntfs-ext": {
                "sid": "text",
                "alternate_data_streams": [{"name": "text", "hashes": "hashes", "size": "count"}],
            },
            "pdf-ext": {
                "version": "text", "is_optimized": "boolean", "document_info_dict": "dict text",
                "pdfid0": "text", "pdfid1": "text",
            },
            "raster-image-ext": {
                "image_height": "integer", "image_width": "integer", "bits_per_pixel": "integer",
                "image_compression_algorithm": "text", "exif_tags": "exif",
            },
            "windows-pebinary-ext": {
                "pe_type": "text", "imphash": "text", "machine_hex": "hex", "number_of_sections": "count",
                "time_date_stamp": "second", "pointer_to_symbol_table_hex": "hex",
                "number_of_symbols": "count", "size_of_optional_header": "count",
                "characteristics_hex": "hex", "file_header_hashes": "hashes",
                "optional_header": {
                    **dict.fromkeys(_PE_HEX, "hex"), **dict.fromkeys(_PE_SIZES, "count"),
                    **dict.fromkeys(_PE_NUMBERS, "integer"), "hashes": "hashes", "*": "none",
                },
                "sections": [{"name": "text", "size": "count", "entropy": "number", "hashes": "hashes"}],
            },
        },
    },
    "ipv4-addr": {"value": "ipv4", **_IP, "extensions": {}},
    "ipv6-addr": {"value": "ipv6", **_IP, "extensions": {}},
    "mac-addr": {"value": "mac", "extensions": {}},
    "mutex": {"name": "text", "extensions": {}},
    "network-traffic": {
        "start": "timestamp", "end": "timestamp", "is_active": "boolean", "src_ref": f"ref {_ADDRESSES}",
        "dst_ref": f"ref {_ADDRESSES}", "src_port": "port", "dst_port": "port", "protocols": "list text",
        "src_byte_count": "count", "dst_byte_count": "count", "src_packets": "count", "dst_packets": "count",
        "ipfix": "dict text_or_integer", "src_payload_ref": "ref artifact",
        "dst_payload_ref": "ref artifact", "encapsulates_refs": "refs network-traffic",
        "encapsulated_by_ref": "ref network-traffic",
        "extensions": {
            "http-request-ext": {
                "request_method": "text", "request_value": "text", "request_version": "text",
                "request_header": "request_header", "message_body_length": "integer",
                "message_body_data_ref": "ref artifact",
            },
            "icmp-ext": {"icmp_type_hex": "hex", "icmp_code_hex": "hex"},
            "socket-ext": {
                "address_family":
                    "enum AF_UNSPEC|AF_INET|AF_IPX|AF_APPLETALK|AF_NETBIOS|AF_INET6|AF_IRDA|AF_BTH",
                "is_blocking": "boolean", "is_listening": "boolean",
                "protocol_family": "enum PF_INET|PF_IPX|PF_APPLETALK|PF_INET6|PF_AX25|PF_NETROM",
                "options": "socket_options",
                "socket_type": "enum SOCK_STREAM|SOCK_DGRAM|SOCK_RAW|SOCK_RDM|SOCK_SEQPACKET",
                "socket_descriptor": "count", "socket_handle": "integer",
            },
            "tcp-ext": {"src_flags_hex": "hex", "dst_flags_hex": "hex"},
        },
    },
    "process": {
        "is_hidden": "boolean", "pid": "integer", "name": "text", "created": "timestamp",
        "created_time": "timestamp", "cwd": "text", "arguments": "arguments", "command_line": "text",
        "environment_variables": "dict any", "opened_connection_refs": "refs network-traffic",
        "creator_user_ref": "ref user-account", "binary_ref": "ref file", "image_ref": "ref file",
        "parent_ref": "ref process", "child_refs": "refs process",
        "extensions": {
            "windows-process-ext": {
                "aslr_enabled": "boolean", "dep_enabled": "boolean", "priority": "text", "owner_sid": "text",
                "window_title": "text", "startup_info": "startup",
                "integrity_level": "enum low|medium|high|system",
            },
            "windows-service-ext": {
                "service_name": "text", "descriptions": "list text", "display_name": "text",
                "group_name": "text",
                "start_type": "enum SERVICE_AUTO_START|SERVICE_BOOT_START|SERVICE_DEMAND_START"
                              "|SERVICE_DISABLED|SERVICE_SYSTEM_ALERT",
                "service_dll_refs": "refs file",
                "service_type": "enum SERVICE_KERNEL_DRIVER|SERVICE_FILE_SYSTEM_DRIVER"
                                "|SERVICE_WIN32_OWN_PROCESS|SERVICE_WIN32_SHARE_PROCESS",
                "service_status": "enum SERVICE_CONTINUE_PENDING|SERVICE_PAUSE_PENDING|SERVICE_PAUSED"
                                  "|SERVICE_RUNNING|SERVICE_START_PENDING|SERVICE_STOP_PENDING"
                                  "|SERVICE_STOPPED",
            },
        },
    },
    "software": {
        "name": "text", "cpe": "cpe", "swid": "text", "languages": "languages", "vendor": "text",
        "version": "text", "extensions": {},
    },
    "url": {"value": "url", "extensions": {}},
    "user-account": {
        **dict.fromkeys(("user_id", "credential", "account_login", "account_type", "display_name"), "text"),
        **dict.fromkeys(
            ("is_service_account", "is_privileged", "can_escalate_privs", "is_disabled"), "boolean"),
        **dict.fromkeys(
            ("account_created", "account_expires", "password_last_changed", "credential_last_changed",
             "account_first_login", "account_last_login"), "timestamp"),
        "extensions": {
            "unix-account-ext": {
                "gid": "integer", "groups": "list text", "home_dir": "text", "shell": "text",
            },
        },
    },
    "windows-registry-key": {
        "key": "registry_key",
        "values": [{
            "name": "text", "data": "text",
            "data_type": "enum REG_NONE|REG_SZ|REG_EXPAND_SZ|REG_BINARY|REG_DWORD|REG_DWORD_BIG_ENDIAN"
                         "|REG_LINK|REG_MULTI_SZ|REG_RESOURCE_LIST|REG_FULL_RESOURCE_DESCRIPTION"
                         "|REG_RESOURCE_REQUIREMENTS_LIST|REG_QWORD|REG_INVALID_TYPE",
        }],
        "modified": "timestamp", "modified_time": "timestamp", "creator_user_ref": "ref user-account",
        "number_of_subkeys": "integer", "extensions": {},
    },
    "x509-certificate": {
        "is_self_signed": "boolean", "hashes": "hashes", "version": "text", "serial_number": "text",
        "signature_algorithm": "text", "issuer": "text", "validity_not_before": "timestamp",
        "validity_not_after": "timestamp", "subject": "text", "subject_public_key_algorithm": "text",
        "subject_public_key_modulus": "text", "subject_public_key_exponent": "integer",
        "x509_v3_extensions": {
            **dict.fromkeys(_V3_TEXTS, "text"), "private_key_usage_period_not_before": "timestamp",
            "private_key_usage_period_not_after": "timestamp",
        },
        "extensions": {},
    },
}  # fmt: skip
"""Object type -> property -> kind: a word (see `observables`), a dictionary (struct) or a list (structs)."""
