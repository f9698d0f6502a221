"""Which properties make the id of a STIX 2.1 cyber observable: two tables; making ids is `ids`' work."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTRIBUTING: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "artifact": ("hashes", "payload_bin"),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("from_ref", "subject", "body"),
    "file": ("hashes", "name", "parent_directory_ref", "extensions"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": (
        *("start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"),
    ),
    "software": ("name", "cpe", "swid", "vendor", "version"),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
})  # fmt: skip
"""Id contributing properties of STIX 2.1 part 6. A type that is not here never has a deterministic id."""

COMPATIBLE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    **CONTRIBUTING,
    "artifact": ("payload_bin",),
    "email-message": ("subject", "body"),
    "file": ("name", "extensions"),
    "network-traffic": ("start", "src_port", "dst_port", "protocols"),
    "process": ("x_unique_id",),
    "software": ("name", "cpe", "vendor", "version"),
    "x509-certificate": ("serial_number",),
})  # fmt: skip
"""What the published stix-shifter 8 contributes (option `id_compat`): no hashes, no references."""
