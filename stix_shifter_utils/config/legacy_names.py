"""Parameters under the names that earlier releases gave them (`previous` in a configuration file).

A value moves to its present name unless that name is used too; the old name goes away either way.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.config.files import Document, copied
from stix_shifter_utils.config.locate import module_folder
from stix_shifter_utils.config.schema import Move, Path, Schema, schema_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_ABSENT = object()


def modernize(module: str, params: Mapping[str, Any]) -> Document:
    """A copy of `{"connection": ..., "configuration": ...}` with every parameter under its present name."""
    return modernized(schema_of(module_folder(module)), params)


def modernized(schema: Schema, params: Mapping[str, Any], start_point: str | None = None) -> Document:
    """A copy of the parameters below `start_point` (None: all) with every one under its present name."""
    result: Document = copied(dict(params))
    for old, new in _moves_below(schema.moves, start_point):
        value = _take(result, old)
        if value is not _ABSENT and not _has(result, new):
            _put(result, new, value)
    return result


@lru_cache(maxsize=512)
def _moves_below(moves: tuple[Move, ...], start_point: str | None) -> tuple[Move, ...]:
    """Moves as seen from a section. There, an old name from elsewhere counts by its last part."""
    if not start_point:
        return moves
    start = tuple(start_point.split("."))
    depth = len(start)
    return tuple(
        (old[depth:] if old[:depth] == start else old[-1:], new[depth:])
        for old, new in moves
        if new[:depth] == start
    )


def _has(params: Document, path: Path) -> bool:
    here: Any = params
    for part in path:
        if not isinstance(here, dict) or part not in here:
            return False
        here = here[part]
    return True


def _take(params: Document, path: Path) -> Any:
    here: Any = params
    for part in path[:-1]:
        here = here.get(part) if isinstance(here, dict) else None
    return here.pop(path[-1], _ABSENT) if isinstance(here, dict) else _ABSENT


def _put(params: Document, path: Path, value: Any) -> None:
    here = params
    for part in path[:-1]:
        inner = here.setdefault(part, {})
        if not isinstance(inner, dict):  # wrong, and reported as such by validation
            return
        here = inner
    here[path[-1]] = value
