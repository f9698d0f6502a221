"""One observation: an observed-data object with the objects it holds, STIX 2.0 or 2.1, ready to be judged.

What a pattern makes of it is the work of `judge` and `match`. The caller's dictionaries are read, never
changed.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from stix_shifter_utils.errors import ResultsTranslationError
from stix_shifter_utils.pattern.instants import Instant, aware, microseconds, read_instant

Json = dict[str, Any]


class Span(NamedTuple):
    """When something was seen: first and last instant, in microseconds since 1970, first <= last."""

    first: int
    last: int


class Observed:
    """One observed-data with the objects that it embeds (2.0) or references (2.1).

    `roots` are these objects. With 2.1 only what `object_refs` lists belongs to the observation (§9.7.4).
    An entry that is no JSON object is passed over. Nobody may change the objects while they are judged.
    """

    # Some attributes are set by use only: most observations are judged once, and making them costs as much.
    __slots__ = ("_span", "by_type", "lookup", "raw", "roots")

    by_type: Mapping[str, list[Json]]
    """The objects of each type."""
    lookup: Mapping[str, Any]
    """The objects by the names that references use: keys in 2.0, ids in 2.1."""
    _span: Span

    def __init__(self, raw: Json, roots: Collection[Any], lookup: Mapping[str, Any] | None = None) -> None:
        self.raw = raw
        self.roots = roots
        if lookup is not None:
            self.lookup = lookup

    def __getattr__(self, name: str) -> Any:
        """What is made when it is first asked for."""
        if name == "by_type":
            self.by_type = self._sorted()
            return self.by_type
        if name == "lookup":
            self.lookup = {root["id"]: root for root in self.roots}
            return self.lookup
        msg = f"an observation has no {name}"
        raise AttributeError(msg, name=name, obj=self)

    def __repr__(self) -> str:
        return f"<Observed {self.id or 'without id'}: {len(self.roots)} objects>"

    @property
    def id(self) -> str:
        """The observed-data's id; empty when it has none."""
        found = self.raw.get("id")
        return found if isinstance(found, str) else ""

    @property
    def number_observed(self) -> int:
        """How many observations this one stands for; 1 where the property is no positive integer."""
        number = self.raw.get("number_observed")
        return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else 1

    @property
    def first(self) -> datetime | None:
        """`first_observed`, aware and in UTC; `None` when it is missing or no timestamp."""
        instant = read_instant(self.raw.get("first_observed"))
        return aware(instant) if instant else None

    @property
    def last(self) -> datetime | None:
        """`last_observed`, as `first`."""
        instant = read_instant(self.raw.get("last_observed"))
        return aware(instant) if instant else None

    @property
    def embedded(self) -> bool:
        """Whether the objects stand inside the observed-data, as in STIX 2.0."""
        return not self.raw.get("object_refs")

    def _sorted(self) -> dict[str, list[Json]]:
        index: dict[str, list[Json]] = {}
        for root in self.roots:
            kind = root.get("type") if isinstance(root, dict) else None
            if isinstance(kind, str):
                index.setdefault(kind, []).append(root)
        return index

    def span(self) -> Span:
        """When this was observed; one of the two times may be missing, and their order does not matter.

        Raises ResultsTranslationError when there is no usable time at all: then no qualifier can be judged.
        """
        try:
            return self._span
        except AttributeError:
            times = [self._instant(name) for name in ("first_observed", "last_observed")]
            known = sorted(microseconds(instant) for instant in times if instant is not None)
            if not known:
                msg = f"{self.id or 'an observed-data'} has neither first_observed nor last_observed; add one"
                raise ResultsTranslationError(msg) from None
            self._span = Span(known[0], known[-1])
            return self._span

    def _instant(self, name: str) -> Instant | None:
        value = self.raw.get(name)
        if value is None:
            return None
        instant = read_instant(value)
        if instant is None:
            msg = f"{name} of {self.id or 'an observed-data'} is not a timestamp such as 2024-01-31T23:59:59Z"
            raise ResultsTranslationError(msg)
        return instant


def observed_from_objects(objects: Iterable[Mapping[str, Any]]) -> Iterator[Observed]:
    """The observations among the objects of a bundle, in their order; other objects only serve references.

    An id that comes twice is one observation: the version with the later `modified` counts, at the place of
    the first. All objects are read before the first observation comes out, since references may point
    anywhere.

    Raises ResultsTranslationError for an item that is no JSON object, or an observed-data with unusable
    contents.
    """
    by_id: dict[str, Json] = {}
    observed: dict[object, Json] = {}
    for place, item in enumerate(objects):
        known = item if item.__class__ is dict else _copied(item, place)
        name = known.get("id")
        if known.get("type") == "observed-data":
            key = name if name.__class__ is str else place
            if key in observed and _modified(known) < _modified(observed[key]):
                continue
            observed[key] = known
        elif name.__class__ is str:
            by_id[name] = known
    return map(observed_of, observed.values(), itertools.repeat(by_id))


def _copied(item: object, place: int) -> Json:
    if isinstance(item, Mapping):
        return dict(item)
    msg = f"object {place} of the bundle is a {type(item).__name__}, not a JSON object"
    raise ResultsTranslationError(msg)


def observed_of(raw: Json, objects: Mapping[str, Json]) -> Observed:
    """One observation; `objects` are the ones that 2.1 references may name, by id.

    Raises ResultsTranslationError when `object_refs` or `objects` has the wrong shape.
    """
    refs = raw.get("object_refs")
    if refs:
        if not isinstance(refs, (list, tuple)):
            msg = f"object_refs of {raw.get('id') or 'an observed-data'} is no list"
            raise ResultsTranslationError(msg)
        try:
            return Observed(raw, [root for root in map(objects.get, refs) if root is not None])
        except TypeError:  # a list that holds something else than names
            names = [ref for ref in refs if isinstance(ref, str)]
            return Observed(raw, [objects[name] for name in names if name in objects])
    embedded = raw.get("objects")
    if embedded.__class__ is dict:
        return Observed(raw, embedded.values(), embedded)
    if embedded is None:
        return Observed(raw, (), {})
    msg = f"objects of {raw.get('id') or 'an observed-data'} is no JSON object"
    raise ResultsTranslationError(msg)


def _modified(raw: Json) -> Instant:
    return read_instant(raw.get("modified")) or _NEVER


_NEVER: Instant = (datetime.min, "")  # noqa: DTZ901  instants carry no zone
