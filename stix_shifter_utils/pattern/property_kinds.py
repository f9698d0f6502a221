"""What properties hold beyond their JSON type, as far as a path says; comparing values is `values`' work."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stix_shifter_utils.pattern.nodes import ObjectPath, PathStep


class Kind(enum.Enum):
    """What a property holds beyond its JSON type, as its name and its object's type say."""

    PLAIN = "plain"
    CASELESS = "caseless"
    """Hashes, MAC addresses and domain names: capitals and small letters are one."""
    ADDRESS = "address"
    """IPv4 and IPv6 addresses and blocks: equal when they are the same block (§9.3)."""
    HEX = "hex"
    BASE64 = "base64"


KIND_BY_TYPE: Final = {
    "mac-addr": Kind.CASELESS,
    "domain-name": Kind.CASELESS,
    "ipv4-addr": Kind.ADDRESS,
    "ipv6-addr": Kind.ADDRESS,
}


def static_kind(path: ObjectPath) -> Kind:
    """What a path's values are as far as the path says; behind a reference the referenced type decides."""
    name = next(step for step in reversed(path.steps) if isinstance(step, str))
    if name.endswith("_hex"):
        return Kind.HEX
    if name.endswith("_bin"):
        return Kind.BASE64
    if len(path.steps) > 1 and holds_hashes(path.steps[-2]):
        return Kind.CASELESS
    return KIND_BY_TYPE.get(path.object_type, Kind.PLAIN) if path.steps == ("value",) else Kind.PLAIN


def holds_hashes(step: PathStep) -> bool:
    """Whether a property is a dictionary of hashes, as its name says."""
    return isinstance(step, str) and (step == "hashes" or step.endswith("_hashes"))
