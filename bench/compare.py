"""Whether both sides answer the same: queries of the same wheels, objects of the same maps, verdicts.

Answers are compared in the form of `compat.compare` (without what is random or of the clock), bundles row by
row; what differs as docs/migrating.md documents it counts as such, by the rules of `compat.deliberate`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench import places
from bench.runner import run
from bench.table import CELLS
from bench.workloads import MATCHED, SORTS
from compat.compare import normal
from compat.deliberate import entry_of

if TYPE_CHECKING:
    from bench.table import Settings

ROWS = 200
OBSERVATIONS = 300
SHAPES = {"one_observation": 20, "many_observations": 8, "mixed": 16, "in_set": 20, "nested": 6}


@dataclass(frozen=True)
class Agreement:
    """How many answers of one kind are the same, or differ as documented; an example of what is neither."""

    name: str
    same: int
    documented: int
    of: int
    example: str = ""


def agreements(setting: Settings) -> Iterator[Agreement]:
    """Every comparison of answers; none without the published side."""
    if setting.published is None:
        return
    for module in places.WHEELS:
        yield _queries(setting, module)
    for title, module in CELLS:
        for version in ("2.0", "2.1"):
            yield _objects(setting, title, module, version)
    single = [*MATCHED, *(each for each in SORTS.values() if each.count("[") == 1 and "REPEATS" not in each)]
    several = [each for each in SORTS.values() if each not in single]
    yield _verdicts(setting, "observation by observation", single, 1)
    yield _verdicts(setting, "patterns of several observations, 50 at a time", several, 50)


def _queries(setting: Settings, module: str) -> Agreement:
    work = setting.work("query_answers", module=module, shapes=SHAPES)
    work |= {"options": {"table": "t"}} if module == "mysql" else {}
    ours = run(setting.python, {**work, "connectors": str(setting.wheels)})
    theirs = run(setting.published or "", work)
    pairs = [
        (_queries_of(ours, shape), _queries_of(theirs, shape)) if ours.get(shape) else (None, theirs)
        for shape in SHAPES
    ]
    return _counted(f"queries of the {module} wheel on both cores, by shape of pattern", "query", pairs)


def _queries_of(answer: dict[str, Any], shape: str) -> Any:
    return normal("query", {"queries": answer.get(shape) or []})


def _objects(setting: Settings, title: str, module: str, version: str) -> Agreement:
    work = setting.work(
        "results_answers", mapping=f"{setting.maps}/{module}.json", rows=module, version=version, size=ROWS
    )
    sides = [run(python, work).get("bundles") or [None] * ROWS for python in _programs(setting)]
    pairs = [
        tuple(normal("results", each) if each else None for each in pair) for pair in zip(*sides, strict=True)
    ]
    return _counted(f"bundles of {title}-like rows, STIX {version}", "results", [(a, b) for a, b in pairs])


def _programs(setting: Settings) -> tuple[str, str]:
    return setting.python, setting.published or ""


def _verdicts(setting: Settings, name: str, patterns: list[str], together: int) -> Agreement:
    size = max(OBSERVATIONS, 40 * together)
    work = {"size": size, "answers": True, "patterns": patterns, "together": together}
    ours = run(setting.python, setting.work("ours", what="matching", **work))
    theirs = run(setting.python, setting.work("match", here=True, **work))
    pairs = [
        pair
        for mine, other in zip(ours.get("verdicts", []), theirs.get("verdicts", []), strict=True)
        for pair in zip(mine, other, strict=True)
    ]
    return _counted(f"verdicts of the matcher, {name}", "verdict", pairs)


def _counted(name: str, kind: str, pairs: list[tuple[Any, Any]]) -> Agreement:
    different = [(mine, other) for mine, other in pairs if mine != other or mine is None]
    unknown = [(mine, other) for mine, other in different if not _is_documented(kind, mine, other)]
    example = "" if not unknown else _example(*unknown[0])
    return Agreement(name, len(pairs) - len(different), len(different) - len(unknown), len(pairs), example)


def _is_documented(kind: str, mine: Any, other: Any) -> bool:
    if kind != "results" or mine is None or other is None:
        return False
    return entry_of({"kind": kind, "data": "", "options": {}}, other, mine, only_in_21=False) is not None


def _example(mine: Any, other: Any) -> str:
    """Where two answers part."""
    one, two = (json.dumps(each, sort_keys=True) for each in (mine, other))
    at = next((place for place, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), 0)
    begin = max(0, at - 40)
    return f"ours …{one[begin : at + 80]}… published …{two[begin : at + 80]}…"
