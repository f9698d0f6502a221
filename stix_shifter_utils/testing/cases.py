"""Translation cases as data: `tests/cases/*.json` of a connector, read, checked, and compared with results.

The format is `schemas/cases.schema.json`. A new case is a line there, not a function.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.schemas import load_schema

if TYPE_CHECKING:
    from pathlib import Path

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `source` names its place, for a test's title; `content` is the JSON object."""

    source: str
    content: Object = field(repr=False)

    @property
    def is_translation(self) -> bool:
        """True for a pattern, False for rows."""
        return "pattern" in self.content

    @property
    def options(self) -> dict[str, Any]:
        """The options of the connection, a copy."""
        return dict(self.content.get("options") or {})

    def queries(self) -> list[Any] | None:
        """The native queries that must come out; None when the case does not say."""
        if "query" in self.content:
            return [self.content["query"]]
        return self.content.get("queries")


def read_cases(folder: Path) -> list[Case]:
    """All cases of a folder, by file and position. Raises ValueError naming the place of a mistake."""
    return [case for path in sorted(folder.glob("*.json")) for case in _cases_of(path)]


def _cases_of(path: Path) -> Iterator[Case]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        message = f"{path.name} is not JSON: {error}"
        raise ValueError(message) from error
    problem = best_match(Draft202012Validator(load_schema("cases")).iter_errors(content))
    if problem is not None:
        message = f"{path.name} at {problem.json_path}: {problem.message}"
        raise ValueError(message)
    for number, case in enumerate(content):
        yield Case(f"{path.stem}[{number}] {case.get('name') or case.get('pattern', 'rows')}", case)


class Found:
    """The objects of a bundle, 2.0 or 2.1, with what their references lead to."""

    def __init__(self, bundle: Object) -> None:
        self.objects: list[tuple[Object, Mapping[str, Object]]] = []
        by_id = {each["id"]: each for each in bundle["objects"]}
        for each in bundle["objects"]:
            inner = each.get("objects")
            self.objects.append((each, by_id))
            if isinstance(inner, dict):
                self.objects += [(one, inner) for one in inner.values()]

    def has(self, wanted: Object) -> bool:
        """Whether some object has all these properties."""
        return any(_fits(wanted, each, scope) for each, scope in self.objects)

    def types(self) -> set[str]:
        """The types of all objects."""
        return {each["type"] for each, _ in self.objects}

    def alike(self, type_name: str) -> list[Object]:
        """The objects of one type, for a message."""
        return [each for each, _ in self.objects if each["type"] == type_name]


def _fits(wanted: Any, found: Any, scope: Mapping[str, Object]) -> bool:
    if isinstance(wanted, Mapping):
        if isinstance(found, str):  # a reference, and what it leads to
            found = scope.get(found)
        return isinstance(found, Mapping) and all(
            key in found and _fits(value, found[key], scope) for key, value in wanted.items()
        )
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return isinstance(found, list) and len(found) == len(wanted) and _all_fit(wanted, found, scope)
    return type(wanted) is type(found) and bool(wanted == found)


def _all_fit(wanted: Sequence[Any], found: Iterable[Any], scope: Mapping[str, Object]) -> bool:
    return all(_fits(one, other, scope) for one, other in zip(wanted, found, strict=True))
