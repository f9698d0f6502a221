"""What is asked of both cores: patterns from a connector's from_stix maps, rows from its to_stix maps."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from compat.patterns import broken, patterns
from compat.rows import row_sets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Call = dict[str, Any]

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
REMEMBERING = ("crowdstrike", "crowdstrike_alerts", "onelogin")
"""Connectors whose answers hold those of earlier calls; what one core refuses must not count."""
GENERAL: Mapping[str, Any] = {
    "from_stix_map": {
        "ipv4-addr": {"fields": {"value": []}},
        "file": {"fields": {"name": [], "hashes.'SHA-256'": [], "size": []}},
        "network-traffic": {"fields": {"src_ref.value": [], "dst_port": [], "protocols[*]": []}},
        "url": {"fields": {"value": []}},
        "process": {"fields": {"pid": [], "created": []}},
    }
}
"""What connectors that take patterns as they are get asked about: they have no maps of their own."""
OPTIONS: tuple[Mapping[str, Any], ...] = (
    {"time_range": 60},
    {"result_limit": 7},
    {"validate_pattern": True},
    {"unmapped_fallback": True},
    {"timeout": 5, "batch_size": 10},
    {"language": "stix"},
    {"result_limit": -1},
    {"x_unknown": 1},
)


def mapping_calls(connectors: tuple[str, ...]) -> list[Call]:
    """One call per connector for its maps."""
    return [
        {"module": name, "kind": "mapping", "options": dict(REQUIRED_OPTIONS.get(name, {}))}
        for name in connectors
    ]


def calls(module: str, maps: Mapping[str, Any]) -> Iterator[Call]:
    """Every call about one connector, in STIX 2.0 and 2.1."""
    options: dict[str, Any] = dict(REQUIRED_OPTIONS.get(module, {}))
    maps = maps if any(stem.endswith("from_stix_map") for stem in maps) else {**maps, **GENERAL}
    for version in ({}, {"stix_2.1": True}):
        given = options | version
        for pattern in patterns(maps):
            yield {"module": module, "kind": "query", "data": pattern, "options": given}
        for rows in row_sets(maps):
            yield _results(module, rows, given)
    for pattern in broken(maps):
        once = {"fresh": True} if module in REMEMBERING else {}
        yield {"module": module, "kind": "query", "data": pattern, "options": options, **once}
    for pattern in itertools.islice(patterns(maps), 0, None, 12):
        yield {"module": module, "kind": "parse", "data": pattern, "options": options}
    for more in OPTIONS:
        for pattern in itertools.islice(patterns(maps), 0, 300, 100):
            yield {"module": module, "kind": "query", "data": pattern, "options": {**options, **more}}
        for rows in itertools.islice(row_sets(maps), 1):
            yield _results(module, rows, {**options, **more})
    for kind in ("mapping", "dialects", "supported_attributes", "configs", "no_such_kind"):
        yield {"module": module, "kind": kind, "options": options}


def _results(module: str, rows: list[Any], options: Mapping[str, Any]) -> Call:
    return {"module": module, "kind": "results", "identity": IDENTITY, "data": rows, "options": dict(options)}
