"""Observations as flat rows, for tables, CSV and data frames: one row each, a column per object path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Object = dict[str, Any]
FIRST_COLUMNS = ("source", "id", "first_observed", "last_observed", "number_observed")
_NOT_SHOWN = frozenset({"type", "id", "spec_version", "created", "modified", "created_by_ref", "object_refs"})


def table_rows(groups: Iterable[list[Object]], sources: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """`sources` names each identity. References stand as what they refer to: `network-traffic:src_ref.value`.

    Several values of one path are a list, each value once.
    """
    for group in groups:
        observed = group[0]
        row: dict[str, Any] = {
            "source": sources.get(str(observed.get("created_by_ref")), ""),
            **{name: observed.get(name) for name in FIRST_COLUMNS[1:]},
        }
        by_id = {item["id"]: item for item in group[1:]}
        found: dict[str, list[Any]] = {}
        for item in group[1:]:
            for path, value in _values(item, by_id, ()):
                values = found.setdefault(f"{item['type']}:{path}", [])
                if value not in values:
                    values.append(value)
        yield row | {
            path: values[0] if len(values) == 1 else values for path, values in sorted(found.items())
        }


def _values(value: Any, by_id: Mapping[str, Object], above: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            if above or name not in _NOT_SHOWN:
                yield from _values(part, by_id, (*above, name))
    elif isinstance(value, list):
        for part in value:
            yield from _values(part, by_id, above)
    elif above[-1].endswith(("_ref", "_refs")):
        target = by_id.get(value, {})
        shown = next((name for name in ("value", "name", "path", "key") if name in target), None)
        if shown:
            yield ".".join((*above, shown)), target[shown]
    else:
        yield ".".join(above), value


def columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The columns of some rows: the fixed ones, then the paths in alphabetical order."""
    paths = {name for row in rows for name in row}
    return [*FIRST_COLUMNS, *sorted(paths.difference(FIRST_COLUMNS))]
