"""Small helpers that connectors of earlier releases, and copies of the published results engine, import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def dict_merge(dct: Mapping[str, Any], merge_dct: Mapping[str, Any], add_keys: bool = True) -> dict[str, Any]:
    """A deep merge, the second dictionary winning; without `add_keys` only keys of the first are there."""
    result = dict(dct)
    for key, value in merge_dct.items():
        if key not in result and not add_keys:
            continue
        mine = result.get(key)
        if isinstance(mine, Mapping) and isinstance(value, Mapping):
            value = dict_merge(mine, value, add_keys)  # noqa: PLW2901 -- the merged value takes its place
        result[key] = value
    return result


def find(element: str, dd: Any, default: Any = None) -> Any:
    """The value at a dotted path of nested dictionaries; `default` where the path ends early."""
    here = dd
    for key in element.split("."):
        if not isinstance(here, Mapping) or key not in here:
            return default
        here = here[key]
    return here


class StixObjectId:
    """An id that may still change after others have taken it up. `plain_ids` makes texts of them."""

    def __init__(self, object_id: str) -> None:
        self.object_id = object_id

    def update(self, object_id: Any) -> None:
        """Change the id, everywhere where this object stands for it."""
        self.object_id = str(object_id)

    def split(self, *arguments: Any) -> list[str]:
        return self.object_id.split(*arguments)

    def __str__(self) -> str:
        return self.object_id

    __repr__ = __str__
    __json__ = __str__

    def __eq__(self, other: object) -> bool:
        return str(other) == self.object_id if isinstance(other, (str, StixObjectId)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.object_id)

    def __add__(self, other: Any) -> str:
        return self.object_id + str(other)

    def __radd__(self, other: Any) -> str:
        return str(other) + self.object_id


def plain_ids(value: Any) -> Any:
    """The same JSON with every StixObjectId as a text."""
    if isinstance(value, StixObjectId):
        return str(value)
    if isinstance(value, dict):
        return {key if key is None else str(key): plain_ids(item) for key, item in value.items()}
    return [plain_ids(item) for item in value] if isinstance(value, list) else value
