"""What connectors of earlier releases know of observables: forms of values, and what an id is made of.

Published query constructors choose between fields by `REGEX`; copies of the published results engine read
both tables. Our own code uses `stix.values` and `stix.ids`.
"""

from __future__ import annotations

from typing import Final

_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|0?[0-9]?[0-9])"
_IPV4: Final = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_GROUP: Final = "[0-9a-fA-F]{1,4}"
_IPV6: Final = (
    "(?:"
    + "|".join(
        [
            rf"(?:{_GROUP}:){{7}}{_GROUP}",
            rf"(?:{_GROUP}:){{6}}{_IPV4}",
            rf"::(?:[fF]{{4}}(?::0{{1,4}})?:)?{_IPV4}",
            rf"(?:{_GROUP}:){{1,5}}:(?:{_GROUP}:)?{_IPV4}",
            *(rf"(?:{_GROUP}:){{{8 - n}}}(?::{_GROUP}){{1,{n - 1}}}" for n in range(2, 8)),
            rf":(?::{_GROUP}){{1,7}}",
            rf"(?:{_GROUP}:){{1,7}}:",
            "::",
        ]
    )
    + ")(?:%[0-9a-zA-Z]{1,})?"
)
_DATE: Final = (
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z"
)
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"

REGEX: Final[dict[str, str]] = {
    "date": rf"^{_DATE}$",
    "ipv4": rf"^{_IPV4}$",
    "ipv4_cidr": rf"^{_IPV4}/(?:3[0-2]|[12]?[0-9])$",
    "ipv6": rf"^{_IPV6}$",
    "ipv6_cidr": rf"^{_IPV6}/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9])$",
    "mac": "^(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$",
    "domain_name": rf"^(?!.*\.[0-9]+$)(?:{_LABEL}\.)*[a-z0-9][a-z0-9-]{{0,61}}[a-z0-9]$",
}
"""The forms of some values, for `re.match` or `re.search`."""

properties: Final[dict[str, dict[str, str]]] = {
    **{
        name: {"valid_regex": REGEX["date"]}
        for name in ("first_observed", "last_observed", "created", "modified")
    },
    "ipv4-addr.value": {"valid_regex": REGEX["ipv4"]},
    "ipv6-addr.value": {"valid_regex": REGEX["ipv6"]},
    "domain-name.value": {"valid_regex": REGEX["domain_name"]},
}
"""Keys of to_stix maps whose values are checked."""
