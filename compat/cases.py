"""What is asked of both cores: patterns from a connector's from_stix maps, rows from its to_stix maps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

Call = dict[str, Any]

WINDOW = " START t'2020-01-01T00:00:00.000Z' STOP t'2020-01-02T00:00:00.000Z'"
COMPARATORS = ("=", "!=", ">", ">=", "<", "<=", "LIKE", "MATCHES", "IN", "ISSUBSET", "ISSUPERSET")
IDENTITY = {
    "type": "identity",
    "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
    "name": "compat",
    "identity_class": "events",
}
REQUIRED_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "mysql": {"table": "events"},
    "error_test": {"error_type": "raise-exception"},
}
_TIMES = ("observed", "created", "modified", "start", "end", "time", "accessed")
_PATHS = 40
_JOINED = 12

_VALUES = {
    "ipv4-addr:value": "'192.0.2.7'",
    "ipv6-addr:value": "'2001:db8::7'",
    "mac-addr:value": "'00:11:22:aa:bb:cc'",
    "domain-name:value": "'www.example.com'",
    "url:value": "'http://www.example.com/a?b=c'",
    "email-addr:value": "'ann@example.com'",
}
_NUMBERS = (
    "length",
    "port",
    "size",
    "pid",
    "count",
    "number",
    "severity",
    "bytes",
    "packets",
    "confidence",
    "duration",
)


def mapping_calls(connectors: tuple[str, ...]) -> list[Call]:
    """One call per connector for its maps."""
    return [
        {"module": name, "kind": "mapping", "options": dict(REQUIRED_OPTIONS.get(name, {}))}
        for name in connectors
    ]


def calls(module: str, maps: Mapping[str, Any]) -> Iterator[Call]:
    """Every call about one connector, in STIX 2.0 and 2.1."""
    options = dict(REQUIRED_OPTIONS.get(module, {}))
    for version in ({}, {"stix_2.1": True}):
        given = options | version
        for pattern in _patterns(maps):
            yield {"module": module, "kind": "query", "data": pattern, "options": given}
        for rows in _row_sets(maps):
            yield {
                "module": module,
                "kind": "results",
                "identity": IDENTITY,
                "data": rows,
                "options": given,
            }
    for pattern in itertools.islice(_patterns(maps), 0, 60, 6):
        yield {"module": module, "kind": "parse", "data": pattern, "options": options}
    for kind in ("mapping", "dialects", "supported_attributes"):
        yield {"module": module, "kind": kind, "options": options}


def _patterns(maps: Mapping[str, Any]) -> Iterator[str]:
    paths = list(dict.fromkeys(_paths(maps)))
    for path in paths[:_PATHS]:
        yield f"[{path} = {_value(path)}]{WINDOW}"
    few = [path for path in paths if path in _VALUES][:3] + paths[:: max(1, len(paths) // 5)][:5]
    for path, comparator in itertools.product(dict.fromkeys(few), COMPARATORS):
        comparison = f"{path} {comparator} {_operand(path, comparator)}"
        yield f"[{comparison}]{WINDOW}"
        if comparator in {"=", "LIKE", "IN", "MATCHES"}:
            yield f"[{path} NOT {comparator} {_operand(path, comparator)}]{WINDOW}"
    yield from _joined([f"{path} = {_value(path)}" for path in paths[:_JOINED]])


def _joined(parts: list[str]) -> Iterator[str]:
    for one, two in itertools.pairwise(parts):
        yield f"[{one} AND {two}]{WINDOW}"
        yield f"[{one} OR {two}]{WINDOW}"
        yield f"[{one}]{WINDOW} AND [{two}]{WINDOW}"
        yield f"[{one}]{WINDOW} OR [{two}]{WINDOW}"
        yield f"([{one}] OR [{two}]){WINDOW}"
    for one, two, three in zip(parts, parts[1:], parts[2:], strict=False):
        yield f"[{one} OR {two} AND {three}]{WINDOW}"
        yield f"[({one} OR {two}) AND {three}]{WINDOW}"
    if len(parts) > 1:
        yield f"[{parts[0]}]{WINDOW} FOLLOWEDBY [{parts[1]}]{WINDOW}"
        yield f"[{parts[0]} AND x-none:such = 'a']{WINDOW}"
        yield f"[{parts[0]} OR x-none:such = 'a']{WINDOW}"
        yield f"[x-none:such = 'a']{WINDOW}"
        yield f"[{parts[0]} = ]"
        yield f"[{parts[0]}]"


def _paths(maps: Mapping[str, Any]) -> Iterator[str]:
    for stem, document in maps.items():
        if not stem.endswith("from_stix_map") or not isinstance(document, Mapping):
            continue
        for kind, entry in document.items():
            fields = entry.get("fields") if isinstance(entry, Mapping) else None
            yield from (f"{kind}:{name}" for name in fields or ())


def _value(path: str) -> str:
    if path in _VALUES:
        return _VALUES[path]
    if path.endswith(("_ref.value", "_refs[*].value")):
        return "'192.0.2.7'"
    if path.endswith(_TIMES):
        return "'2020-01-01T00:00:00.123Z'"
    if "protocols" in path:
        return "'tcp'"
    if any(word in path.rpartition(":")[2].lower() for word in _NUMBERS):
        return "8080"
    hashes = {"MD5": 32, "SHA-1": 40, "SHA-256": 64}
    length = next((size for name, size in hashes.items() if f"'{name}'" in path), 0)
    return f"'{'0c' * (length // 2)}'" if length else "'evil.exe'"


def _operand(path: str, comparator: str) -> str:
    value = _value(path)
    if comparator == "IN":
        return f"({value}, {'443' if value.isdigit() else value})"
    if comparator in {"ISSUBSET", "ISSUPERSET"}:
        return "'192.0.2.0/24'"
    if comparator in {"LIKE", "MATCHES"}:
        return "'%evil%'" if comparator == "LIKE" else "'evil.*'"
    return value


def _row_sets(maps: Mapping[str, Any]) -> Iterator[list[Any]]:
    """A row with everything, one with each top-level field alone, and several at once."""
    for stem, document in maps.items():
        if not stem.endswith("to_stix_map") or not isinstance(document, Mapping):
            continue
        for turn in (0, 1):
            whole = _row(document, turn)
            yield [whole]
            yield [{name: whole[name]} for name in list(whole)[:60]]
            yield [whole, whole]


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
    elif transformer == "ToInteger" or any(word in key for word in _NUMBERS):
        value = "8080" if transformer == "ToInteger" else 8080
    elif transformer is None and key.rpartition(".")[2].endswith(_TIMES):
        value = "2020-01-01T00:00:00.123Z"
    elif ".hashes." in key:
        sizes = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128}
        value = "0c" * (sizes.get(key.rpartition(".")[2], 32) // 2)
    else:
        value = "evil.exe"
    return [value] if "unwrap" in leaf else value
