"""Random maps over all properties of the specification, with rows that fit and rows that do not.

Beside plain columns there are lists, times, structures and lists of structures, as DuckDB has them.
"""

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stix_shifter_utils.mapping import DialectMapping, Relation
from stix_shifter_utils.mapping.versions import Version
from stix_shifter_utils.results import ResultsMapping, compile_mapping, get_module_transformers
from stix_shifter_utils.stix.observable_table import TABLE

TEXTS = (
    *(
        "text",
        "",
        " blank ",
        "80",
        "-1",
        "70000",
        "1.5",
        "yes",
        "true",
        "0",
        "a" * 64,
        "AB" * 16,
        "YWJj",
        "x",
    ),
    *("10.0.0.1", "10.0.0.0/8", "10.0.0.1/32", "01.2.3.4", "::1", "fe80::1%eth0", "::ffff:1.2.3.4", "HKLM"),
    *("Example.COM", "example.com.", "00-11-22-AA-BB-CC", "0011.22aa.bbcc", "a@b.org", "http://a.b/c", "é"),
    *(
        "HKLM\\Software",
        "HKEY_USERS\\x",
        "2020-01-01T00:00:00Z",
        "2020-01-01 00:00:00.123456",
        "UTF-8",
        "eng",
    ),
    *(
        "text/plain",
        "e\u0301",
        "low",
        "SERVICE_DISABLED",
        "REG_SZ",
        "AF_INET",
        "0x1F",
        "abcd",
        "C:\\a\\b.exe",
    ),
    *("/usr/bin/x", "TCP, udp", "1577836800", "\u212a", "K"),
)
NUMBERS = (0, 1, 80, -1, 70000, 443, 1577836800, 2**40)
TIMES = tuple(
    map(
        datetime.fromisoformat,
        ("2020-01-01 00:00:00", "2020-01-01 12:30:00.123456", "2021-05-05 10:00:00.500"),
    )
)
TIME_TEXTS = ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00.5Z", "2021-05-05T10:00:00.123456Z")
KINDS: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "text": ("VARCHAR", TEXTS),
    "integer": ("BIGINT", NUMBERS),
    "boolean": ("BOOLEAN", (True, False)),
    "number": ("DOUBLE", (0.5, 2.0, -1.25, 80.0)),
    "timestamp": ("TIMESTAMP", TIMES),
    "timestamp_text": ("VARCHAR", TIME_TEXTS),
    "epoch_ms": ("BIGINT", (0, 1_577_836_800_000, 1_577_836_800_123)),
    "text[]": ("VARCHAR[]", TEXTS),
    "integer[]": ("BIGINT[]", NUMBERS),
    "unknown": ("VARCHAR", TEXTS),
}
TRANSFORMERS = (
    *(
        "ToInteger",
        "ToString",
        "ToLowercaseArray",
        "EpochToTimestamp",
        "EpochSecondsToTimestamp",
        "ToFileName",
    ),
    *("ToDirectoryPath", "ToFilePath", "ToBase64", "ToDomainName", "StringToBool", "CheckIPv4", "CheckIPv6"),
    *("ValueToList", "SetToOne", "FilterIPv4List", "FilterIPv6List", "UnlistIfList", "FormatMac"),
)
REFERENCES: Mapping[str, tuple[str, ...]] = {
    "network-traffic": ("src_ref", "dst_ref"),
    "process": ("binary_ref", "parent_ref", "creator_user_ref"),
    "file": ("parent_directory_ref", "content_ref"),
    "email-message": ("from_ref",),
    "x-custom": ("any_ref",),
    "windows-registry-key": ("creator_user_ref",),
    "ipv4-addr": ("resolves_to_refs",),
}
Row = dict[str, Any]


def keys() -> list[str]:
    """A key for every property of the table, and some custom ones."""
    found = [f"{kind}.{text}" for kind, table in TABLE.items() for text in _texts(table, "")]
    return [*found, "x-custom.anything", "x-custom.part.inner", "x-custom.CamelCase", "x-custom.created"]


def _texts(table: Any, prefix: str) -> list[str]:
    found = []
    for name, kind in table.items():
        part = kind[0] if isinstance(kind, list) else kind
        text = f"{prefix}'{name}'"
        if isinstance(part, dict):
            found += _texts(part, f"{text}.")
        elif name != "*" and not part.startswith("ref"):
            deeper = ".'SHA-256'" if part == "hashes" else ".some_key" if part.startswith("dict") else ""
            found.append(text + deeper)
    return found


class World:
    """One random map, from both sides, and rows for it. `columns` are names and types for CREATE TABLE."""

    def __init__(self, seed: int, rows: int, version: Version = "2.1") -> None:
        self.chance = random.Random(seed)
        self.to_stix: dict[str, Any] = {"ts": {"key": "first_observed", "transformer": "EpochToTimestamp"}}
        self.kinds: dict[str, str] = {"ts": "epoch_ms"}
        self.columns: dict[str, str] = {"ts": "BIGINT"}
        self.objects: dict[str, str] = {}
        chosen = self.chance.sample(keys(), 80)
        for number, key in enumerate(chosen):
            self._plain(f"c{number}", key)
        self._nested(chosen)
        self._references()
        self.rows = [{"_row": number, **self._row(number)} for number in range(rows)]
        transformers = get_module_transformers()
        relations = {name: getattr(each, "relation", Relation.OPAQUE) for name, each in transformers.items()}
        known = {name: kind for name, kind in self.kinds.items() if kind != "unknown"}
        self.searching = DialectMapping.of(
            to_stix=self.to_stix,
            fields={"table": "ev", "time": "ts", "fields": known},
            relations=relations,
            version=version,
        )
        self.results: ResultsMapping = compile_mapping(
            self.to_stix, transformers=transformers, version=version, options={}
        )

    def _leaf(self, key: str) -> dict[str, Any]:
        object_type = key.partition(".")[0]
        name = f"{object_type}-{self.chance.choice('ab')}"
        self.objects.setdefault(name, object_type)
        leaf: dict[str, Any] = {"key": key, "object": name}
        roll = self.chance.random()
        if roll < 0.3:
            leaf["transformer"] = self.chance.choice(TRANSFORMERS)
        elif roll > 0.96:
            leaf["value"] = self.chance.choice(["const", 5, True, "10.0.0.1"])
        if self.chance.random() < 0.2:
            leaf["unwrap"] = True
        if self.chance.random() < 0.1:
            leaf["group"] = True
        return leaf

    def _plain(self, name: str, key: str) -> None:
        kind = self.chance.choice(["text", "text", "text", *KINDS])
        self.to_stix[name], self.kinds[name], self.columns[name] = self._leaf(key), kind, KINDS[kind][0]

    def _nested(self, chosen: list[str]) -> None:
        first, second, third = self.chance.sample(chosen, 3)
        self.to_stix["nest"] = {"inner": self._leaf(first), "number": self._leaf(second)}
        self.to_stix["many"] = {"item": self._leaf(third)}
        self.kinds |= {"nest.inner": "text", "nest.number": "integer", "many[].item": "text"}
        self.columns |= {"nest": 'STRUCT("inner" VARCHAR, "number" BIGINT)', "many": "STRUCT(item VARCHAR)[]"}

    def _references(self) -> None:
        plain = [name for name in self.to_stix if name.startswith("c")]
        for owner, object_type in list(self.objects.items()):
            for reference in REFERENCES.get(object_type, ()):
                if self.chance.random() < 0.6:
                    name = self.chance.choice(plain)
                    target = self.chance.choice(list(self.objects))
                    leaf = {"key": f"{object_type}.{reference}", "object": owner, "references": target}
                    have = self.to_stix[name]
                    self.to_stix[name] = [*(have if isinstance(have, list) else [have]), leaf]

    def _row(self, number: int) -> Row:
        row: Row = {"ts": 1_577_836_800_000 + number}
        for name in self.columns:
            if name.startswith("c"):
                row[name] = self._value(self.kinds[name])
        row["nest"] = {"inner": self._value("text"), "number": self._value("integer")}
        row["many"] = [{"item": self._value("text", 0.3)} for _ in range(self.chance.choice([0, 0, 0, 1, 2]))]
        return row

    def _value(self, kind: str, absent: float = 0.75) -> Any:
        values = KINDS[kind][1]
        if self.chance.random() < absent:
            return None
        if kind.endswith("[]"):
            return [self.chance.choice(values) for _ in range(self.chance.choice([0, 1, 1, 2, 3]))]
        return self.chance.choice(values)
