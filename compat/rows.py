"""Native rows made from a connector's to_stix maps: what its source sends, and what it should not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compat.patterns import NUMBERS, TIMES

_FIELDS = 60
"""Most fields of one map that get a row of their own."""
ODD: tuple[Any, ...] = (
    None,
    "",
    "text",
    0,
    5,
    -1.5,
    True,
    [],
    ["a", "b"],
    [5],
    {"a": "odd 1"},
    [{"a": "odd 2"}],
    "2020-01-01T00:00:00Z",
)
"""What any field may hold in the row of some source."""


def row_sets(maps: Mapping[str, Any]) -> Iterator[list[Any]]:
    """A row with everything, one with each top-level field alone, and several at once."""
    for stem, document in maps.items():
        if not stem.endswith("to_stix_map") or not isinstance(document, Mapping):
            continue
        for turn in (0, 1):
            whole = _row(document, turn)
            yield [whole]
            yield [{name: whole[name]} for name in list(whole)[:_FIELDS]]
            yield [whole, whole]
        names = list(_row(document, 0))[:_FIELDS]
        for odd in ODD:
            yield [{name: odd} for name in names]
        yield [{"x_unknown": "a", **whole}, {"x_unknown": 1}, {}]


def _row(level: Mapping[str, Any], turn: int) -> dict[str, Any]:
    found = {}
    for name, node in level.items():
        value = _native(node, turn)
        if value is not None:
            found[name] = value
    return found


def _native(node: Any, turn: int) -> Any:
    options = node if isinstance(node, list) else [node]
    leaves = [one for one in options if isinstance(one, Mapping) and isinstance(one.get("key"), str)]
    if leaves:
        plain = [one for one in leaves if not one.get("references")] or leaves
        return _leaf_value(plain[turn % len(plain)])
    return _row(node, turn) if isinstance(node, Mapping) else None


_BY_TRANSFORMER = {
    "EpochToTimestamp": 1600000000123,
    "EpochSecondsToTimestamp": 1600000000,
    "TimestampToMilliseconds": "2020-01-01T00:00:00.123Z",
    "ToLowercaseArray": "TCP",
    "ToFileName": "C:\\Windows\\cmd.exe",
    "ToDirectoryPath": "C:\\Windows\\cmd.exe",
    "ToFilePath": "C:\\Windows\\cmd.exe",
    "ToDomainName": "http://www.example.com/a",
    "FormatMac": "001122AABBCC",
    "FormatTCPProtocol": "TCP",
    "ToIPv4": 16909060,
    "StringToBool": "true",
    "FilterIPv4List": ["192.0.2.7", "192.0.2.8"],
    "FilterIPv6List": ["2001:db8::7"],
    "ToBase64": "text",
    "ToString": 5,
}
_BY_KEY = {
    "ipv4-addr.value": "192.0.2.7",
    "ipv6-addr.value": "2001:db8::7",
    "mac-addr.value": "00:11:22:aa:bb:cc",
    "domain-name.value": "www.example.com",
    "url.value": "http://www.example.com/a?b=c",
    "email-addr.value": "ann@example.com",
    "number_observed": 3,
    "network-traffic.protocols": "tcp",
}


def _leaf_value(leaf: Mapping[str, Any]) -> Any:
    key, transformer = leaf["key"], leaf.get("transformer")
    if transformer in _BY_TRANSFORMER:
        return _BY_TRANSFORMER[transformer]
    if key in _BY_KEY:
        value: Any = _BY_KEY[key]
    elif transformer == "ToInteger" or any(word in key for word in NUMBERS):
        value = "8080" if transformer == "ToInteger" else 8080
    elif transformer is None and key.rpartition(".")[2].endswith(TIMES):
        value = "2020-01-01T00:00:00.123Z"
    elif ".hashes." in key:
        sizes = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128}
        value = "0c" * (sizes.get(key.rpartition(".")[2], 32) // 2)
    else:
        value = "evil.exe"
    return [value] if "unwrap" in leaf else value
