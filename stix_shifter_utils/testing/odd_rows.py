"""Rows of every kind of field with many odd values, the map that makes STIX of them, the loop over them.

What a language family is tried on: `assert_language_closes`. Rows of real products are in their tests.
"""

from __future__ import annotations

import random
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.mapping import DialectMapping, Relation
from stix_shifter_utils.query import Verdict
from stix_shifter_utils.results import ResultsMapping, compile_mapping, get_module_transformers
from stix_shifter_utils.testing.dialect_loop import assert_closed, assert_thorough
from stix_shifter_utils.testing.loop import ClosedLoop
from stix_shifter_utils.testing.patterns import Shape, generate_patterns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stix_shifter_utils.pattern import Pattern
    from stix_shifter_utils.query import QueryCompiler, QueryPlan
    from stix_shifter_utils.testing.loop import Run

Row = dict[str, Any]

TO_STIX: Mapping[str, Any] = {
    "ts": [
        {"key": "first_observed", "transformer": "EpochSecondsToTimestamp"},
        {"key": "last_observed", "transformer": "EpochSecondsToTimestamp"},
        {"key": "network-traffic.start", "object": "nt", "transformer": "EpochSecondsToTimestamp"},
    ],
    "seen": {"key": "x-demo.seen", "object": "x", "transformer": "EpochToTimestamp"},
    "src": [
        {"key": "ipv4-addr.value", "object": "src_ip"},
        {"key": "ipv6-addr.value", "object": "src_ip"},
        {"key": "network-traffic.src_ref", "object": "nt", "references": "src_ip"},
    ],
    "dst": [
        {"key": "ipv4-addr.value", "object": "dst_ip"},
        {"key": "ipv6-addr.value", "object": "dst_ip"},
        {"key": "network-traffic.dst_ref", "object": "nt", "references": "dst_ip"},
    ],
    "src_port": {"key": "network-traffic.src_port", "object": "nt", "transformer": "ToInteger"},
    "dst_port": {"key": "network-traffic.dst_port", "object": "nt", "transformer": "ToInteger"},
    "protocol": {"key": "network-traffic.protocols", "object": "nt", "transformer": "ToLowercaseArray"},
    "image": [
        {"key": "file.name", "object": "f", "transformer": "ToFileName"},
        {"key": "directory.path", "object": "d", "transformer": "ToDirectoryPath"},
        {"key": "file.parent_directory_ref", "object": "f", "references": "d"},
        {"key": "process.binary_ref", "object": "p", "references": "f"},
    ],
    "command": {"key": "process.command_line", "object": "p"},
    "pid": {"key": "process.pid", "object": "p"},
    "user_name": {"key": "user-account.user_id", "object": "u"},
    "uid": {"key": "user-account.x_uid", "object": "u", "transformer": "ToString"},
    "sha256": {"key": "file.hashes.SHA-256", "object": "f"},
    "host": {"key": "domain-name.value", "object": "h"},
    "url": [
        {"key": "url.value", "object": "url"},
        {"key": "domain-name.value", "object": "uh", "transformer": "ToDomainName"},
    ],
    "mac": {"key": "mac-addr.value", "object": "m"},
    "success": {"key": "x-demo.success", "object": "x"},
    "score": {"key": "x-demo.score", "object": "x"},
    "body": {"key": "artifact.payload_bin", "object": "a", "transformer": "ToBase64"},
    "note": {"key": "x-demo.note", "object": "x"},
    "reg_key": {"key": "windows-registry-key.key", "object": "rk"},
    "alert": {"key": "x-demo.kind", "object": "x", "value": "alert"},
}
KINDS: Mapping[str, str] = {
    "ts": "epoch_s", "seen": "epoch_ms", "src": "text", "dst": "text", "src_port": "integer",
    "dst_port": "text", "protocol": "text", "image": "text", "command": "text", "pid": "integer",
    "user_name": "text", "uid": "integer", "sha256": "text", "host": "text", "url": "text", "mac": "text",
    "success": "boolean", "score": "number", "body": "text", "note": "text", "reg_key": "text",
    "alert": "text",
}  # fmt: skip
START_S = 1_577_836_800
NOW = datetime(2020, 1, 2, tzinfo=timezone.utc)
TIMES = [
    datetime.fromtimestamp(START_S + after, tz=timezone.utc) for after in (0, 1000, 20_000, 40_000, 86_400)
]

_IPS = [
    *(f"10.0.0.{last}" for last in range(1, 9)), "192.168.1.7", "fe80::1", "fe80::1%eth0", "2001:db8::5",
    "2001:DB8:0:0:0:0:0:5", "::ffff:1.2.3.4", "-", "", "1.2.3.4/8", "1.2.3.4/32", "01.2.3.4",
]  # fmt: skip
_NAMES = [
    "cmd.exe",
    "CMD.EXE",
    "powershell.exe",
    "a%b_c.exe",
    "o'brien.exe",
    "naïve.exe",
    "e\u0301x",
    "task\u212a",
]
_COMMANDS = [
    'cmd /c "dir"', "powershell -enc AAA=", "it's 100%", "tab\there", "line\nbreak", "", "kelvin \u212a",
    "caf\u00e9", "cafe\u0301", "back\\slash", "a_b", "K", "k", "svchost.exe -k netsvcs", "[x]*?", "end\n",
]  # fmt: skip


_LEAST_VERDICTS = 10
_NULLS = 0.1


def make_rows(count: int, seed: int) -> list[Row]:
    """Rows, numbered under `_row`; a tenth of the values is null."""
    chance = random.Random(seed)  # noqa: S311  the same rows each time

    def some(*values: Any) -> Any:
        return None if chance.random() < _NULLS else chance.choice(values)

    rows = []
    for number in range(count):
        folder = chance.choice(
            ["C:\\Windows\\System32", "/usr/bin", "C:", "", "\\\\srv\\share", "C:\\Windows"]
        )
        separator = "/" if folder.startswith("/") else "\\"
        name = chance.choice(_NAMES)
        rows.append(
            {
                "_row": number,
                "ts": START_S + chance.randrange(86400) + chance.choice([0, 0.5, 0.123456]),
                "seen": some(1_577_836_800_000 + chance.randrange(10**8), 1_577_836_800_000),
                "src": some(*_IPS),
                "dst": some(*_IPS),
                "src_port": some(80, 443, 0, 65535, 70000, 1024, 22),
                "dst_port": some("80", "443", " 53 ", "8080.0", "x", "", "0080", "70000"),
                "protocol": some("TCP", "udp", "TCP, HTTP", "icmp", ""),
                "image": some(folder + separator + name, name, folder + separator),
                "command": some(*_COMMANDS),
                "pid": some(0, 4, 1234, -1, 99999),
                "user_name": some("root", "ROOT", "alice", "bob ", "bob", "o'neil"),
                "uid": some(0, 501, 1000),
                "sha256": some("a" * 64, "A" * 64, "b" * 63, "-"),
                "host": some("Example.com", "example.com.", "evil.org", "bad host", "10.0.0.1", "localhost"),
                "url": some("http://ex.com/a", "https://EX.com:8/b?c=d", "not a url", "ftp://u:p@h.org/"),
                "mac": some("00-11-22-AA-BB-CC", "00:11:22:aa:bb:cc", "001122AABBDD", "0011.22aa.bbcc", "x"),
                "success": some(True, False),
                "score": some(0.5, 1.0, 2.75, -3.25, 100.0),
                "body": some("hello", "w\u00f6rld", ""),
                "note": some(
                    "alpha", "Beta", "", "42", "true", "2020-01-01T00:00:00Z", "10.1.2.3", "10.1.0.0/16"
                ),
                "reg_key": some(
                    "HKLM\\Software\\Run", "HKEY_LOCAL_MACHINE\\Software\\Run", "hkcu\\x", "junk"
                ),
                "alert": some("x", ""),
            }
        )
    return rows


def mappings(
    to_stix: Mapping[str, Any] = TO_STIX, fields: Mapping[str, Any] | None = None
) -> tuple[DialectMapping, ResultsMapping]:
    """The map from both sides: for queries over `fields` (as in fields.json), and for results in STIX 2.1."""
    transformers = get_module_transformers()
    relations: dict[str, Relation] = {
        name: getattr(each, "relation", Relation.OPAQUE) for name, each in transformers.items()
    }
    shown = fields or {"time": "ts", "table": "ev", "fields": KINDS}
    searching = DialectMapping.of(to_stix=to_stix, fields=shown, relations=relations)
    return searching, compile_mapping(to_stix, transformers=transformers, version="2.1", options={})


def assert_language_closes(
    compiler: QueryCompiler[Any], results: ResultsMapping, held: Sequence[Row], run: Run, *, seed: int
) -> None:
    """500 patterns find what the matcher picks from `held`, and verdicts hold for each comparison of 100."""

    def plan(pattern: Pattern) -> QueryPlan:
        return compiler.compile(pattern, now=NOW, policy="widen")

    loop = ClosedLoop(held, results, key=lambda row: row["_row"])
    patterns = generate_patterns(loop.facts(), seed=seed, count=500, shape=Shape(times=TIMES))
    audited = loop.run(patterns[:100], plan, run)
    assert_closed(audited, exact=10)
    assert min(audited.verdicts[one] for one in (Verdict.SUPERSET, Verdict.LOCAL)) >= _LEAST_VERDICTS, audited
    assert_thorough(loop.run(patterns, plan, run, audit=False))
