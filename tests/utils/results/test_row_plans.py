"""Plans: rows of one shape become by plan exactly what they become in the general way, counts included."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from stix_shifter_utils.results import (
    ResultsOptions,
    ResultsReport,
    compile_mapping,
    get_module_transformers,
    planned,
    translate_rows,
)
from stix_shifter_utils.results.shapes import LONGEST_LIST, quick_test, shape_of
from stix_shifter_utils.testing.rows import generate_rows

T = get_module_transformers()
NEVER = 10**9
NOW = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=timezone.utc)
FLAT: dict[str, Any] = {
    "src": [
        {"key": "ipv4-addr.value", "object": "src"},
        {"key": "ipv6-addr.value", "object": "src"},
        {"key": "network-traffic.src_ref", "object": "flow", "references": "src"},
    ],
    "port": {"key": "network-traffic.src_port", "object": "flow", "transformer": "ToInteger"},
    "proto": {"key": "network-traffic.protocols", "object": "flow", "transformer": "ToLowercaseArray"},
    "begin": {"key": "network-traffic.start", "object": "flow"},
    "end": {"key": "network-traffic.end", "object": "flow"},
    "name": [{"key": "file.name", "object": "file"}, {"key": "x-thing.name", "object": "thing"}],
    "title": {"key": "x-thing.name", "object": "thing"},
    "md5": {"key": "file.hashes.MD5", "object": "file"},
    "inner": {"pid": {"key": "process.pid"}},
    "ips": [
        {"key": "ipv4-addr.value", "object": "ip", "unwrap": True, "transformer": "FilterIPv4List"},
        {"key": "ipv6-addr.value", "object": "ip", "unwrap": True, "transformer": "FilterIPv6List"},
        {"key": "x-oca-asset.ip_refs", "object": "host", "references": ["ip"], "unwrap": True},
    ],
}


def translated(
    to_stix: Any, rows: list[Any], identity: Any, options: ResultsOptions, monkeypatch: Any, after: int
) -> tuple[list[Any], ResultsReport, list[Any]]:
    """Objects, report and plans of rows; a plan is made for a shape after so many rows of it."""
    monkeypatch.setattr(planned, "ROWS_BEFORE_PLAN", after)
    monkeypatch.setattr(planned, "MOST_PLANS", NEVER)
    mapping = replace(compile_mapping(to_stix, transformers=T, options=options), plans={})
    stream = translate_rows(rows, identity, mapping)
    found = list(stream)
    plans = [plan for store in mapping.plans.values() for plan in store.plans.values()]
    return found, stream.report, plans


def a_few(row: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Some fields of a row, in its order."""
    names = chance.sample(list(row), min(chance.choice([1, 2, 4, 8]), len(row)))
    kept = {name: row[name] for name in row if name in names}
    return {name: a_few(value, chance) if value and isinstance(value, dict) else value
            for name, value in kept.items()}  # fmt: skip


def with_values_of(row: dict[str, Any], other: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A row of the shape of one and many values of another."""
    made = {}
    for name, value in row.items():
        theirs = other.get(name)
        if isinstance(value, dict) and isinstance(theirs, dict):
            made[name] = with_values_of(value, theirs, chance)
        else:
            made[name] = theirs if type(theirs) is type(value) and chance.random() < 0.7 else value
    return made


def rows_of_few_shapes(to_stix: Any, seed: int, odd: float) -> Iterator[dict[str, Any]]:
    chance = random.Random(seed)
    table = list(generate_rows(to_stix, seed=seed, count=30, odd=odd))
    for row in table:
        shape = a_few(row, chance)
        yield shape
        for _ in range(4):
            yield with_values_of(shape, chance.choice(table), chance)


@pytest.mark.parametrize("version", ["2.0", "2.1"])
@pytest.mark.parametrize(
    ("seed", "odd", "options"),
    [
        *((seed, 0, {}) for seed in range(8)),
        *((seed, 0.1, {}) for seed in range(8, 14)),
        *((seed, 0.3, {"id_compat": True}) for seed in range(14, 17)),
        *((seed, 0.1, {"unmapped_fallback": True, "merge": False}) for seed in range(17, 20)),
    ],
)
def test_plans_make_what_the_general_way_makes(
    wide_map: Any, identity: Any, monkeypatch: Any, version: Any, seed: int, odd: float, options: Any
) -> None:
    given = ResultsOptions(version=version, now=NOW, **options)
    rows = list(rows_of_few_shapes(wide_map, seed, odd))
    general, counted, _ = translated(wide_map, rows, identity, given, monkeypatch, NEVER)
    by_plan, counted_too, plans = translated(wide_map, rows, identity, given, monkeypatch, 0)
    assert by_plan == general
    assert [list(item) for item in by_plan] == [list(item) for item in general]
    assert counted_too == counted
    if not odd:
        assert sum(plan is not None for plan in plans) >= 10


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_values_that_do_not_fit_a_plan_take_the_general_way(
    identity: Any, monkeypatch: Any, version: Any
) -> None:
    good: dict[str, Any] = {
        "src": "10.0.0.1", "port": 443, "proto": "TCP", "begin": "2024-01-01T00:00:00.000Z",
        "end": "2024-01-01T00:00:01.000Z", "name": "a", "title": "a", "md5": "0" * 32,
        "ips": ["10.0.0.2", "2001:db8::1"],
    }  # fmt: skip
    others: list[dict[str, Any]] = [
        {"src": "2001:db8::2"}, {"src": "no address"}, {"src": ""}, {"port": 70_000}, {"port": -1},
        {"port": "443"}, {"proto": ""}, {"end": "2023-01-01T00:00:00.000Z"}, {"end": "2024-01-01T00:00:01Z"},
        {"end": "never"}, {"name": "b"}, {"name": ""}, {"title": "\ud800"}, {"md5": "not hexadecimal"},
        {"ips": ["10.0.0.2", "10.0.0.3"]}, {"ips": ["10.0.0.2", "10.0.0.2"]}, {"ips": ["10.0.0.1", "x"]},
        {"ips": ["10.0.0.1", "2001:db8::1"]}, {"inner": "a", "name": "a"}, {"inner": {"pid": 5}},
        {"ips": []}, {"ips": ["10.0.0.2"] * (LONGEST_LIST + 1)}, {"src": None}, {"ips": None},
    ]  # fmt: skip
    rows = [row for other in others for row in (good, good | other, {"unmapped": 1} | good | other)]
    options = ResultsOptions(version=version, now=NOW)
    general, counted, _ = translated(FLAT, rows, identity, options, monkeypatch, NEVER)
    by_plan, counted_too, plans = translated(FLAT, rows, identity, options, monkeypatch, 0)
    assert by_plan == general
    assert counted_too == counted
    assert any(plans)


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_no_name_or_constant_of_a_map_becomes_code(identity: Any, monkeypatch: Any, version: Any) -> None:
    nasty = 'x\'];raise SystemExit(1)#"""\n    import os\\'
    to_stix = {
        nasty: [
            {"key": f"x-thing.inner.'{nasty.replace(chr(39), '').rstrip(chr(92))}'", "object": nasty},
            {"key": "x-thing.fixed", "object": nasty, "value": nasty},
        ],
        "level": {nasty: {"key": "x-other.inner.'a]\"b'", "object": "o"}},
    }
    rows = [{nasty: f"{nasty}{number}", "level": {nasty: nasty}} for number in range(3)]
    options = ResultsOptions(version=version, now=NOW)
    by_plan, _, plans = translated(to_stix, rows, identity, options, monkeypatch, 0)
    general, _, _ = translated(to_stix, rows, identity, options, monkeypatch, NEVER)
    assert all(plan is not None for plan in plans)
    assert by_plan == general
    assert str(by_plan).count("SystemExit") >= 6


def test_a_plan_is_made_only_for_shapes_that_come_again(identity: Any, monkeypatch: Any) -> None:
    rows = [{"src": f"10.0.0.{number}", "port": number} for number in range(40)] + [{"name": "once"}]
    _, report, plans = translated(FLAT, rows, identity, ResultsOptions(), monkeypatch, 16)
    assert len(plans) == 1
    assert report.observed == 41


def test_the_quick_test_lets_pass_only_rows_of_one_shape() -> None:
    chance = random.Random(5)
    level = compile_mapping(FLAT, transformers=T).level
    base = {"src": "10.0.0.1", "port": 5, "inner": {"pid": 1}, "ips": ["10.0.0.1", "::1"], "other": None}
    values = ["10.0.0.1", 5, True, None, {"pid": 1}, {"pid": "1"}, {"pid": 1, "more": 2}]
    lists = [["a"], ["::1", "b"], [1]]
    test, shape = quick_test(level, base), shape_of(level, base)
    passed = 0
    for _ in range(3000):
        row = dict(base)
        for name in chance.sample(list(base), 2):
            row[name] = chance.choice(values if name == "inner" else values + lists)
        if test(row):
            passed += 1
            assert shape_of(level, row) == shape
        again = quick_test(level, row)
        assert again(row)
        assert again(base) <= (shape_of(level, row) == shape)
    assert 20 < passed < 1500
    assert not test(dict(reversed(base.items())))
    nested = {"inner": [{"pid": 1}]}
    assert not quick_test(level, nested)(nested)  # such rows are told by `shape_of` alone
