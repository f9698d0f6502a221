"""The call of OpenCTI's published stream connectors: what a pattern compares, as attribute and value."""

from pathlib import Path
from typing import Any

import pytest

from stix_shifter.stix_translation.stix_translation import StixTranslation

SITE = Path(__file__).parent / "old_site"
WINDOW = "START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00.123Z'"
LATER = "START t'2020-06-01T00:00:00Z' STOP t'2020-06-02T00:00:00Z'"
# Answers of the published package (8.1.3): pairs of attribute, operator and value.
ANSWERS: list[tuple[str, list[tuple[str, str, Any]]]] = [
    ("[ipv4-addr:value = '192.0.2.7']", [("ipv4-addr:value", "=", "192.0.2.7")]),
    ("[file:hashes.'SHA-256' = '0c']", [("file:hashes.'SHA-256'", "=", "0c")]),
    ("[file:hashes.MD5 = '0c']", [("file:hashes.MD5", "=", "0c")]),
    ("[network-traffic:protocols[*] = 'tcp']", [("network-traffic:protocols[*]", "=", "tcp")]),
    ("[file:size > 5]", [("file:size", ">", 5)]),
    ("[file:size <> -1.5]", [("file:size", "!=", -1.5)]),
    ("[file:name IN ('a', 2)]", [("file:name", "IN", ["a", "2"])]),
    ("[file:name NOT IN ('a')]", [("file:name", "NOT IN", ["a"])]),
    ("[file:name NOT LIKE '%a']", [("file:name", "NOT LIKE", "%a")]),
    ("[file:name MATCHES '^a\\\\.b$']", [("file:name", "MATCHES", "^a\\.b$")]),
    ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", [("ipv4-addr:value", "ISSUBSET", "192.0.2.0/24")]),
    ("[file:name = 'it\\'s']", [("file:name", "=", "it\\'s")]),
    ("[file:name = 'C:\\\\x']", [("file:name", "=", "C:\\x")]),
    ("[file:name IN ('it\\'s')]", [("file:name", "IN", ["it\\'s"])]),
    ("[a:b = 1 AND a:c = 2 AND a:d = 3]", [("a:d", "=", 3), ("a:c", "=", 2), ("a:b", "=", 1)]),
    ("[a:b = 1 OR a:c = 2 AND a:d = 3]", [("a:d", "=", 3), ("a:c", "=", 2), ("a:b", "=", 1)]),
    ("[(a:b = 1 OR a:c = 2) AND a:d = 3]", [("a:d", "=", 3), ("a:c", "=", 2), ("a:b", "=", 1)]),
    ("[a:b = 1] OR [a:c = 2] AND [a:d = 3]", [("a:b", "=", 1), ("a:c", "=", 2), ("a:d", "=", 3)]),
    ("[a:b = 1] FOLLOWEDBY [a:c = 2 OR a:d = 3]", [("a:b", "=", 1), ("a:d", "=", 3), ("a:c", "=", 2)]),
]


@pytest.fixture(autouse=True)
def old_connectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SITE))


def parse(pattern: str) -> dict[str, Any]:
    return StixTranslation().translate("old_watch", "parse", "{}", pattern)


@pytest.mark.parametrize(("pattern", "expected"), ANSWERS)
def test_items_have_the_attribute_operator_and_value_that_they_always_had(
    pattern: str, expected: list[tuple[str, str, Any]]
) -> None:
    items = parse(f"{pattern}")["parsed_stix"]
    assert [(one["attribute"], one["comparison_operator"], one["value"]) for one in items] == expected
    assert all(set(one) == {"attribute", "comparison_operator", "value"} for one in items)


def test_the_span_is_the_earliest_start_and_the_latest_stop() -> None:
    answer = parse(f"[a:b = 1] {LATER} OR [a:c = 2] {WINDOW}")
    assert (answer["start_time"], answer["end_time"]) == (1577836800000, 1591056000000)
    assert parse(f"[a:b = 1] {WINDOW}")["end_time"] == 1577923200123


def test_without_a_window_the_span_is_the_last_five_minutes() -> None:
    answer = parse("[a:b = 1]")
    assert answer["end_time"] - answer["start_time"] == 5 * 60_000


@pytest.mark.parametrize("path", ["file:name", "network-traffic:extensions.'http-request-ext'.request_value"])
def test_exists_tells_the_path_alone(path: str) -> None:
    (item,) = parse(f"[EXISTS {path}]")["parsed_stix"]
    assert item == {"attribute": path, "comparison_operator": "EXISTS", "value": None}
