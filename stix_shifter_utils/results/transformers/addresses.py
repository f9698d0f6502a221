"""Transformers of addresses: MAC, IP, domain names and protocols."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

from stix_shifter_utils.expressions import expression
from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.results.transformers.base import ValueTransformer, refuse
from stix_shifter_utils.stix.values import ipv4, ipv6

if TYPE_CHECKING:
    from collections.abc import Callable

_HEX_OCTETS: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+").fullmatch
_SEPARATORS: Final = expression(r"[:.\-\s]")
_AUTHORITY: Final = expression(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#\\]*)|^([^/?#\\]*)")


class FormatMac(ValueTransformer):
    """A MAC address in lower case with colons: "001122AABBCC", "00-11-22-AA-BB-CC" -> "00:11:22:aa:bb:cc"."""

    @staticmethod
    def transform(obj: Any) -> str:
        digits = _SEPARATORS.sub("", obj) if isinstance(obj, str) else ""
        if not _HEX_OCTETS(digits):
            msg = "FormatMac"
            raise refuse(msg, obj, "hexadecimal octets as text")
        return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2)).lower()


class FormatTCPProtocol(ValueTransformer):
    """Any name that starts with tcp, in any case -> ["tcp"]."""

    @staticmethod
    def transform(obj: Any) -> list[str]:
        if not isinstance(obj, str) or not obj.lower().startswith("tcp"):
            msg = "FormatTCPProtocol"
            raise refuse(msg, obj, 'text that starts with "tcp"')
        return ["tcp"]


class ToDomainName(ValueTransformer):
    """The host of a URL in lower case: "http://u:p@Ex.com:80/p?q" -> "ex.com". None stays None."""

    relation: ClassVar = Relation.DOMAIN_OF_URL

    @staticmethod
    def transform(obj: Any) -> str | None:
        if obj is None:
            return None
        match = _AUTHORITY.match(obj) if isinstance(obj, str) else None
        if match is None:
            msg = "ToDomainName"
            raise refuse(msg, obj, "a URL as text")
        host: str = (match[1] if match[1] is not None else match[2]).rpartition("@")[2]
        if host.startswith("["):
            return host[1:].partition("]")[0].lower()
        return host.partition(":")[0].lower()


class ToIPv4(ValueTransformer):
    """An IPv4 address from its number: 16909060 -> "1.2.3.4", -1 -> "255.255.255.255" (the low 32 bits)."""

    @staticmethod
    def transform(obj: Any) -> str:
        if not isinstance(obj, int):
            msg = "ToIPv4"
            raise refuse(msg, obj, "a whole number")
        return ".".join(str(obj >> shift & 255) for shift in (24, 16, 8, 0))


class CheckIPv4(ValueTransformer):
    """The value, if it is an IPv4 address, else None."""

    relation: ClassVar = Relation.IPV4_ONLY

    @staticmethod
    def transform(obj: Any) -> str | None:
        return ipv4(obj)


class CheckIPv6(ValueTransformer):
    """The value, if it is an IPv6 address, else None."""

    relation: ClassVar = Relation.IPV6_ONLY

    @staticmethod
    def transform(obj: Any) -> str | None:
        return obj if ipv6(obj) else None


class FilterIPv4List(ValueTransformer):
    """The items of a list that are IPv4 addresses; a value that is no list stays."""

    relation: ClassVar = Relation.IPV4_ONLY
    each: ClassVar[Callable[[Any], Any] | None] = staticmethod(ipv4)

    @staticmethod
    def transform(obj: Any) -> Any:
        return [item for item in obj if ipv4(item)] if isinstance(obj, list) else obj


class FilterIPv6List(ValueTransformer):
    """The items of a list that are IPv6 addresses; a value that is no list stays."""

    relation: ClassVar = Relation.IPV6_ONLY
    each: ClassVar[Callable[[Any], Any] | None] = staticmethod(ipv6)

    @staticmethod
    def transform(obj: Any) -> Any:
        return [item for item in obj if ipv6(item)] if isinstance(obj, list) else obj
