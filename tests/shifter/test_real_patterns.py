"""Real indicators and patterns made from Sigma rules: each connector asks them or refuses with a reason.

Nothing is narrowed silently: what a dialect leaves out stands in its plan, by name.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from stix_shifter_utils.connector import BaseQueryTranslator, load_entry_point, modules_list
from stix_shifter_utils.errors import TranslationError
from stix_shifter_utils.pattern import comparisons, parse_pattern
from stix_shifter_utils.query import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stix_shifter_utils.query import QueryPlan

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("STIX_SHIFTER_TEST_DATA") or ROOT.parent / "shared" / "data")
OPTIONS = {"mysql": {"table": "events"}, "postgresql": {"table": "events"}}
PATHS = {
    "Image": ("process:binary_ref.name", "process:name"),
    "ParentImage": ("process:parent_ref.name",),
    "CommandLine": ("process:command_line",),
    "ParentCommandLine": ("process:parent_ref.command_line",),
    "TargetFilename": ("file:name",),
    "TargetObject": ("windows-registry-key:key",),
    "DestinationHostname": ("domain-name:value",),
    "QueryName": ("domain-name:value",),
    "DestinationPort": ("network-traffic:dst_port",),
    "DestinationIp": ("ipv4-addr:value",),
    "User": ("user-account:user_id",),
    "Details": ("windows-registry-key:values[*].data",),
}
SHAPES = {"contains": "%{}%", "startswith": "{}%", "endswith": "%{}", "": "{}"}


def connectors() -> list[str]:
    """Those whose dialects make plans of their own."""
    return [name for name in modules_list() if (_translators(name))]


@cache
def _translators(name: str) -> dict[str, BaseQueryTranslator]:
    entry = load_entry_point(name)(options=OPTIONS.get(name, {}))
    found = {dialect: entry.get_query_translator(dialect) for dialect in entry.get_dialects()}
    return {
        dialect: one
        for dialect, one in found.items()
        if type(one).transform_query is BaseQueryTranslator.transform_query and one.compiler is not None
    }


def _lines(path: str) -> Iterator[Any]:
    file = DATA / path
    if not file.is_file():
        pytest.skip(f"no sample data at {DATA}; set STIX_SHIFTER_TEST_DATA")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@cache
def indicators() -> tuple[str, ...]:
    return tuple(one["pattern"] for one in _lines("stix-patterns/indicators.ndjson.gz"))


@cache
def sigma_patterns() -> tuple[str, ...]:
    """Patterns from the first selections of rules whose fields STIX has words for."""
    found = []
    for rule in _lines("sigma/rules.ndjson.gz"):
        pattern = _pattern(yaml.safe_load(rule["yaml"])["detection"])
        if pattern:
            found.append(pattern)
    return tuple(dict.fromkeys(found))[:200]


def _pattern(detection: dict[str, Any]) -> str | None:
    for selection in detection.values():
        if not isinstance(selection, dict):
            continue
        parts = [_condition(key, value) for key, value in selection.items()]
        if parts and all(parts):
            return f"[{' AND '.join(str(part) for part in parts)}]"
    return None


def _condition(key: str, value: Any) -> str | None:
    field, *modifiers = key.split("|")
    modifier = modifiers[0] if modifiers else ""
    values = value if isinstance(value, list) else [value]
    if field not in PATHS or modifier not in SHAPES or len(modifiers) > 1 or None in values:
        return None
    ways = [_comparison(path, one, modifier) for path in PATHS[field] for one in values]
    return f"({' OR '.join(ways)})"


def _comparison(path: str, value: Any, modifier: str) -> str:
    if isinstance(value, int):
        return f"{path} = {value}"
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    if modifier == "" and "*" not in text and "?" not in text:
        return f"{path} = '{text}'"
    return f"{path} LIKE '{SHAPES[modifier].format(text.replace('*', '%').replace('?', '_'))}'"


def check(module: str, patterns: tuple[str, ...]) -> Counter[str]:
    """Every pattern through every dialect; what became of them."""
    seen: Counter[str] = Counter()
    for dialect, translator in _translators(module).items():
        for pattern in patterns:
            try:
                plan = translator.plan(pattern, policy="prune")
            except TranslationError as error:
                seen["refused" if str(error) else "refused without a word"] += 1
                continue
            _check_plan(f"{module}:{dialect}", pattern, plan)
            seen["asked"] += 1
    return seen


def _check_plan(dialect: str, pattern: str, plan: QueryPlan) -> None:
    place = f"{dialect}: {pattern}"
    assert [one.comparison for one in plan.verdicts] == list(comparisons(parse_pattern(pattern))), place
    told = {str(one) for one in plan.unmapped_attributes} | {one.value for one in plan.unmapped_comparators}
    for one in plan.verdicts:
        assert one.verdict is Verdict.EXACT or one.reason, f"{place}: no reason for {one}"
        if one.verdict is Verdict.LOCAL:
            named = {str(one.comparison.path), one.comparison.comparator.value}
            assert named & told, f"{place}: {one.comparison} is left out and not named in {told}"
    assert plan.queries or told or all(one.verdict is Verdict.EXACT for one in plan.verdicts), place


@pytest.mark.parametrize("module", connectors())
def test_sigma_like_patterns_are_asked_or_refused_with_a_reason(module: str) -> None:
    patterns = sigma_patterns()
    assert len(patterns) == 200
    seen = check(module, patterns)
    assert seen["asked"] + seen["refused"] == 200 * len(_translators(module))


@pytest.mark.parametrize("module", connectors())
def test_real_indicators_are_asked_or_refused_with_a_reason(module: str) -> None:
    assert check(module, indicators()[::20])["asked"]


@pytest.mark.engine
@pytest.mark.parametrize("module", connectors())
def test_all_real_indicators_are_asked_or_refused_with_a_reason(module: str) -> None:
    assert len(indicators()) == 5411
    seen = check(module, indicators())
    assert seen.total() == 5411 * len(_translators(module))
