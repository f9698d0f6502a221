"""The values that an observed-data holds at an object path: what patterns for a closed loop are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.pattern.nodes import AnyIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stix_shifter_utils.pattern import ObjectPath, Observed


def seen_values(observed: Observed, paths: Iterable[ObjectPath]) -> dict[str, list[Any]]:
    """Path text -> the plain values there, for the paths that lead to some."""
    found = {str(path): list(_values(observed, path)) for path in paths}
    return {path: values for path, values in found.items() if values}


def _values(observed: Observed, path: ObjectPath) -> Iterator[Any]:
    places: list[Any] = list(observed.by_type.get(path.object_type, ()))
    for step in path.steps:
        places = [inner for place in places for inner in _inside(place, step, observed.lookup)]
    yield from (place for place in places if isinstance(place, (str, int, float)))


def _inside(place: Any, step: object, lookup: Mapping[str, Any]) -> Iterator[Any]:
    if isinstance(place, str):  # a reference
        place = lookup.get(place)
    if isinstance(place, dict) and step in place:
        yield place[step]
    elif isinstance(place, list) and step is AnyIndex.ANY:
        yield from place
    elif isinstance(place, list) and isinstance(step, int) and step < len(place):
        yield place[step]
