"""The values that the results side demands of some properties; checking is the results package's work."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stix_shifter_utils.pattern import ObjectPath


class Check(enum.Enum):
    """Another value than this kind never becomes the property; the member's value is the object type."""

    IPV4 = "ipv4-addr"
    IPV6 = "ipv6-addr"
    DOMAIN = "domain-name"


_CHECKS: Final = {check.value: check for check in Check}


def check_of(path: ObjectPath | None) -> Check | None:
    """The check for a property, if there is one: `value` of addresses and domain names."""
    return _CHECKS.get(path.object_type) if path is not None and path.steps == ("value",) else None
