"""Patterns that people really use: published indicators, and Sigma rules put into STIX words.

From the folder of real data; where it is absent, the lists are empty. What a connector must do with them:
ask for each, or say why not; `translated` counts.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import StixShifterError
from stix_shifter_utils.testing.real_data import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stix_shifter_utils.connector import BaseQueryTranslator

WINDOW: Final = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
_PATHS: Final = {
    "Image": "process:binary_ref.name", "ParentImage": "process:parent_ref.binary_ref.name",
    "OriginalFileName": "file:name", "CommandLine": "process:command_line",
    "ParentCommandLine": "process:parent_ref.command_line", "User": "user-account:account_login",
    "TargetFilename": "file:name", "TargetObject": "windows-registry-key:key",
    "Details": "windows-registry-key:values[*].data", "DestinationIp": "ipv4-addr:value",
    "DestinationPort": "network-traffic:dst_port", "DestinationHostname": "domain-name:value",
    "QueryName": "domain-name:value", "ImageLoaded": "file:name", "c-uri": "url:value",
    "EventID": "x-oca-event:code", "dst_port": "network-traffic:dst_port",
}  # fmt: skip
_INDICATORS: Final = 5411
_RULES: Final = 200
_FILES: Final = frozenset({"Image", "ParentImage", "TargetFilename", "ImageLoaded"})


@lru_cache(maxsize=1)
def indicator_patterns() -> tuple[str, ...]:
    """The patterns of published indicators: 5,411 of them."""
    return tuple(line["pattern"] for line in lines("stix-patterns/indicators.ndjson.gz"))


@lru_cache(maxsize=1)
def sigma_patterns(count: int = 200) -> tuple[str, ...]:
    """Patterns such as a converter makes of Sigma rules, the first so many that all parts can be said of."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, None] = {}
    for line in lines("sigma/rules.ndjson.gz"):
        for rule in yaml.load_all(line["yaml"], loader):
            pattern = _of_rule(rule.get("detection") or {})
            if pattern:
                found.setdefault(f"[{pattern}] {WINDOW}")
    return tuple(found)[:: max(1, len(found) // count)][:count]


def _of_rule(detection: dict[str, Any]) -> str:
    parts = []
    for name, part in detection.items():
        if name == "condition":
            continue
        negated = name.startswith("filter")
        several = part if isinstance(part, list) else [part]
        said = [_of_selection(each, negated=negated) for each in several if isinstance(each, dict)]
        if not said or not all(said):
            return ""
        parts.append(_joined(said, " AND " if negated else " OR "))
    return " AND ".join(parts)


def _of_selection(selection: dict[str, Any], *, negated: bool) -> str:
    said = [_of_field(key, value, negated=negated) for key, value in selection.items()]
    return _joined(said, " OR " if negated else " AND ") if said and all(said) else ""


def _of_field(key: str, value: Any, *, negated: bool) -> str:
    field, *modifiers = key.split("|")
    if field not in _PATHS or set(modifiers) - {"contains", "endswith", "startswith", "all", "re"}:
        return ""
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(each, (str, int)) for each in values):
        return ""
    said = [_comparison(field, modifiers, each, negated=negated) for each in values]
    return _joined(said, " AND " if ("all" in modifiers) is not negated else " OR ")


def _comparison(field: str, modifiers: list[str], value: str | int, *, negated: bool) -> str:
    path, no = _PATHS[field], "NOT " if negated else ""
    if path.endswith("_port"):
        return f"{path} {no}= {value}"
    text = str(value)
    if field in _FILES and "contains" not in modifiers:
        text = text.rpartition("\\")[2]
        modifiers = [each for each in modifiers if each not in {"endswith", "startswith"}]
    if "re" in modifiers:
        return f"{path} {no}MATCHES {_quoted(text)}"
    head = "*" if {"contains", "endswith"} & set(modifiers) else ""
    tail = "*" if {"contains", "startswith"} & set(modifiers) else ""
    whole = f"{head}{text}{tail}"
    if "*" not in whole and "?" not in whole:
        return f"{path} {no}= {_quoted(whole)}"
    return f"{path} {no}LIKE {_quoted(whole.replace('*', '%').replace('?', '_'))}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _joined(parts: list[str], operator: str) -> str:
    return parts[0] if len(parts) == 1 else f"({operator.join(parts)})"


def translated(
    translator: BaseQueryTranslator, patterns: Iterable[str], check: Callable[[Any], object]
) -> Counter[str]:
    """Translate each pattern, hand every query to `check`, and count.

    `whole`, `in part` (what is left out is told), `not mapped` (nothing is left, and it is told why),
    `refused` by an error, and `no reason`: nothing is asked and nobody says why, which must not be.
    """
    counts: Counter[str] = Counter()
    for pattern in patterns:
        try:
            answer: Any = translator.transform_query(pattern)
            answer = asyncio.run(_awaited(answer)) if hasattr(answer, "__await__") else answer
        except StixShifterError as error:
            counts["refused" if str(error) else "no reason"] += 1
            continue
        for query in answer["queries"]:
            check(query)
        pruned = bool(answer["unmapped_attributes"] or answer["unmapped_operator"])
        if answer["queries"]:
            counts["in part" if pruned else "whole"] += 1
        else:
            counts["not mapped" if pruned else "no reason"] += 1
    return counts


def real_patterns_answered(
    translator: BaseQueryTranslator, check: Callable[[Any], object], *, step: int = 1
) -> tuple[Counter[str], Counter[str]]:
    """Every `step`-th indicator and 200 patterns like Sigma's: each is asked for, or refused with a reason.

    Answers the counts of `translated` for both, which are printed too.
    """
    wanted, rules = indicator_patterns()[::step], sigma_patterns(_RULES)
    found = translated(translator, wanted, check), translated(translator, rules, check)
    print(f"{translator.dialect}: indicators {dict(found[0])}; like Sigma {dict(found[1])}")  # noqa: T201  figures
    assert [counts.total() for counts in found] == [len(range(0, _INDICATORS, step)), _RULES]
    assert [counts["no reason"] for counts in found] == [0, 0]
    return found


async def _awaited(work: Any) -> Any:
    return await work
