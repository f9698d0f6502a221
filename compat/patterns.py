"""Patterns made from a connector's from_stix maps: every comparator, qualifier and kind of joining."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

WINDOW = " START t'2020-01-01T00:00:00.000Z' STOP t'2020-01-02T00:00:00.000Z'"
COMPARATORS = ("=", "!=", ">", ">=", "<", "<=", "LIKE", "MATCHES", "IN", "ISSUBSET", "ISSUPERSET")
TIMES = ("observed", "created", "modified", "start", "end", "time", "accessed")
_PATHS = 50
_JOINED = 10

_VALUES = {
    "ipv4-addr:value": "'192.0.2.7'",
    "ipv6-addr:value": "'2001:db8::7'",
    "mac-addr:value": "'00:11:22:aa:bb:cc'",
    "domain-name:value": "'www.example.com'",
    "url:value": "'http://www.example.com/a?b=c'",
    "email-addr:value": "'ann@example.com'",
}
NUMBERS = (
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


LITERALS = (
    "'a b'", "'it\\'s'", "'C:\\\\Windows\\\\x'", "'100%'", "'a_b*c?'", "'é😀'", "''", "'12'", "'\"'",
    "12", "-3", "1.5", "t'2020-01-01T00:00:00Z'", "h'0aFF'", "b'QUJD'",
)  # fmt: skip
BROKEN = (
    "[{one} = ]", "[{one} = ]{window}", "[{one}", "[{one}{window}", "[{one}] xyz", "[{one}]{window} xyz",
    "[{one} and {two}]{window}", "[{one} OR {two} or {three}]{window}", "[{one} or {two} OR {three}]",
    "{one}]", "{one}", "[{one}]{window} and [{two}]{window}", "[{one}] [{two}]{window}",
    "[{one} {two}]{window}",
    "[{one} AND ]", "[AND {one}]{window}", "[{one} OR OR {two}]{window}", "[({one} OR {two}]{window}",
    "[{one} OR {two})]{window}", "([{one}] OR [{two}]{window}", "[{one}]{window})", "[[{one}]]{window}",
    "[NOT {one}]{window}", "[{one} AND NOT {two}]{window}", "[{one} STARTS]{window}", "[]", "",
    "[{one}] START t'2020-01-01T00:00:00.000Z'", "[{one}] WITHIN 5 MINUTES{window}", "[{one}]{window};",
    "[{one}] START t'2020-01-02T00:00:00.000Z' STOP t'2020-01-01T00:00:00.000Z'", "[{one}, {two}]{window}",
    "[{one}] STOP t'2020-01-02T00:00:00.000Z' START t'2020-01-01T00:00:00.000Z'",
    "[{one} && {two}]{window}", "AND [{one}]{window}", "[{one} OR ({two} OR )]",
)  # fmt: skip


def patterns(maps: Mapping[str, Any]) -> Iterator[str]:
    """Every pattern about one connector; the first ones compare one path each."""
    paths = list(dict.fromkeys(_paths(maps)))
    for path in paths[:_PATHS]:
        yield f"[{path} = {_value(path)}]{WINDOW}"
    few = [path for path in paths if path in _VALUES][:4] + paths[:: max(1, len(paths) // 8)][:8]
    for path, comparator in itertools.product(dict.fromkeys(few), COMPARATORS):
        operand = _operand(path, comparator)
        yield f"[{path} {comparator} {operand}]{WINDOW}"
        yield f"[{path} NOT {comparator} {operand}]{WINDOW}"
    for path in few[:1] + few[-2:]:
        yield from (f"[{path} = {value}]{WINDOW}" for value in LITERALS)
        yield f"[{path} LIKE 'a_b%c']{WINDOW}"
        yield f"[{path} MATCHES '^a.b$']{WINDOW}"
        yield f"[{path} IN ('a', 'it\\'s', 'b')]{WINDOW}"
    for path in paths[:1]:
        yield from _windows(f"[{path} = {_value(path)}]")
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


def _windows(one: str) -> Iterator[str]:
    """An observation under every qualifier, and under several at once."""
    other = "START t'2021-01-01T00:00:00.000Z' STOP t'2021-06-01T00:00:00.000Z'"
    short = "START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'"
    yield one
    yield f"{one} {short}"
    yield f"{one} START t'2020-01-01T00:00:00.5Z' STOP t'2020-01-02T00:00:00.25Z'"
    yield f"{one} START t'2020-01-01T00:00:00.123456Z' STOP t'2020-01-02T00:00:00.654321Z'"
    yield f"{one} WITHIN 300 SECONDS"
    yield f"{one} REPEATS 3 TIMES"
    yield f"{one}{WINDOW} WITHIN 300 SECONDS"
    yield f"{one} REPEATS 3 TIMES{WINDOW}"
    yield f"({one} AND {one}) WITHIN 300 SECONDS"
    yield f"({one} FOLLOWEDBY {one}) REPEATS 2 TIMES"
    yield f"({one} OR {one}{WINDOW}) {other}"
    yield f"{one}{WINDOW} OR {one} {other} OR {one}"
    yield f"{one}{WINDOW} AND {one} {other}"
    yield f"({one}{WINDOW})"


def broken(maps: Mapping[str, Any]) -> Iterator[str]:
    """What is no pattern: cut off, misspelled, with something behind it."""
    parts = [f"{path} = {_value(path)}" for path in dict.fromkeys(_paths(maps))][:3]
    if parts:
        one, two, three = (parts * 3)[:3]
        for form in BROKEN:
            yield form.format(one=one, two=two, three=three, window=WINDOW)


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
    if path.endswith(TIMES):
        return "'2020-01-01T00:00:00.123Z'"
    if "protocols" in path:
        return "'tcp'"
    if any(word in path.rpartition(":")[2].lower() for word in NUMBERS):
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
