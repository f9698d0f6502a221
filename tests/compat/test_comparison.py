"""The comparison with the published core: only chance is forgiven, and every entry is in the guide."""

import re
from pathlib import Path
from typing import Any

import pytest

from compat import deliberate
from compat.__main__ import DIFFERENT, OURS_FAILS, SAME, judged
from compat.cases import calls

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "migrating.md"
CALL = {"module": "m", "kind": "query", "data": "[a:b = 1]", "options": {}}


def verdict(theirs: Any, ours: Any, **call: Any) -> str:
    return judged([CALL | call], [theirs], [ours])[0]


def test_every_entry_is_a_heading_of_the_guide() -> None:
    headings = re.findall(r"^### (.+)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    entries = {entry for entry, _ in (*deliberate.QUERIES, *deliberate.RESULTS)}
    assert entries <= set(headings)


def test_chance_and_order_do_not_count() -> None:
    one = {"queries": ["b 2026-11-20T20:46:13.123Z", "a 1795207571"]}
    two = {"queries": ["a 1795207620", "b 2026-11-20T20:47:00.000Z"]}
    assert verdict(one, two) == SAME


@pytest.mark.parametrize("ours", ["x = '2'", "x = '1' ", "y = '1'"])
def test_another_query_is_different(ours: str) -> None:
    assert verdict({"queries": ["x = '1'"]}, {"queries": [ours]}) == DIFFERENT


def test_a_failure_of_ours_alone_has_a_name_of_its_own() -> None:
    broken = {"success": False, "error": "m connector error => boom", "code": "translation_error"}
    assert verdict({"queries": ["x"]}, broken) == OURS_FAILS


def test_a_lost_value_is_different_and_another_type_is_not() -> None:
    def bundle(**properties: Any) -> dict[str, Any]:
        return {
            "objects": [{"type": "observed-data", "objects": {"0": {"type": "user-account", **properties}}}]
        }

    theirs = bundle(user_id=8080, display_name="ann")
    assert verdict(theirs, bundle(user_id="8080", display_name="ann"), kind="results") not in {
        SAME,
        DIFFERENT,
    }
    assert verdict(theirs, bundle(user_id="8080"), kind="results") == DIFFERENT


def test_calls_cover_every_comparator_and_both_versions() -> None:
    maps = {
        "from_stix_map": {"ipv4-addr": {"fields": {"value": ["a"]}}, "file": {"fields": {"name": ["b"]}}},
        "to_stix_map": {"a": {"key": "ipv4-addr.value"}},
    }
    made = list(calls("m", maps))
    patterns = " ".join(call["data"] for call in made if call["kind"] == "query")
    for word in ("!=", ">=", "<=", "LIKE", "MATCHES", "IN", "ISSUBSET", "ISSUPERSET", "NOT", "AND", "OR"):
        assert f" {word} " in patterns
    assert {bool(call["options"].get("stix_2.1")) for call in made if call["kind"] == "results"} == {
        True,
        False,
    }
