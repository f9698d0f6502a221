"""Which native fields of a mapping the rows of a source fill; nested ones by their whole path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Path = tuple[str, ...]
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def filled_shares(mapping: Mapping[str, Any], rows: Sequence[Any]) -> dict[str, float]:
    """By mapped field (`source.ip`) the share of rows that fill it; 0 for all where there is no row."""
    paths = list(_paths(mapping, ()))
    counts = Counter(path for row in rows for path in paths if _is_filled(row, path))
    return {".".join(path): counts[path] / len(rows) if rows else 0.0 for path in paths}


def _paths(node: Mapping[str, Any], above: Path) -> Iterator[Path]:
    for name, below in node.items():
        path = (*above, str(name))
        if isinstance(below, Mapping) and not isinstance(below.get("key"), str):
            yield from _paths(below, path)
        else:
            yield path


def _is_filled(value: Any, path: Path) -> bool:
    """Whether there is a value at a path, whose steps may also be one name with dots."""
    if isinstance(value, list):
        return any(_is_filled(one, path) for one in value)
    if not path:
        return value not in _EMPTY
    if not isinstance(value, Mapping):
        return False
    return any(
        _is_filled(value[name], path[size:])
        for size in range(len(path), 0, -1)
        if (name := ".".join(path[:size])) in value
    )
