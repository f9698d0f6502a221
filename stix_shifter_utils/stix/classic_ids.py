"""The properties that ids were made of in earlier releases, for copies of the published results engine.

Our own ids follow the specification (`stix.ids`).
"""

from __future__ import annotations

from typing import Final

properties: Final[dict[str, list[str]]] = {
    "artifact": ["hashes", "payload_bin"],
    "autonomous-system": ["number"],
    "directory": ["path"],
    "domain-name": ["value"],
    "email-addr": ["value"],
    "email-message": ["from_ref", "subject", "body"],
    "file": ["hashes", "name", "extensions"],
    "ipv4-addr": ["value"],
    "ipv6-addr": ["value"],
    "mac-addr": ["value"],
    "mutex": ["name"],
    "network-traffic": ["start", "src_ref", "dst_ref", "src_port", "dst_port", "protocols"],
    "process": ["x_unique_id"],
    "software": ["name", "cpe", "vendor", "version"],
    "url": ["value"],
    "user-account": ["account_type", "user_id", "account_login"],
    "windows-registry-key": ["key", "values"],
    "x509-certificate": ["hashes", "serial_number"],
}
