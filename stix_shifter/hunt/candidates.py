"""The observations that satisfy a part of the pattern, in columns: 60 bytes for each, whatever they hold.

What they hold waits in `kept_groups.py`. Who is a candidate, and what comes of all together, is `check.py`'s
matter.
"""

from __future__ import annotations

import threading
from array import array
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from stix_shifter.hunt.kept_groups import InFile, KeptGroups
from stix_shifter.hunt.renaming import renamed
from stix_shifter_utils.pattern.listed import Times
from stix_shifter_utils.stix import own_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stix_shifter_utils.pattern import Observed

Group = list[dict[str, Any]]
_PREFIX: Final = "observed-data--"
_ID_BYTES: Final = 16
_MOST: Final = 2**62


class Candidates:
    """Grows by the thread of one source, until somebody takes it; later additions count no more."""

    def __init__(self, store: KeptGroups) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._open = True
        self._sets: dict[tuple[int, ...], int] = {}
        self._clear()

    def _clear(self) -> None:
        self._ids = bytearray()
        self._odd_ids: dict[int, str] = {}
        self._first, self._last, self._number = array("q"), array("q"), array("q")
        self._places, self._source = array("I"), array("I")
        self._start, self._length = array("q"), array("I")
        self._here: dict[int, Group] = {}

    def __len__(self) -> int:
        return len(self._first)

    def add(self, source: int, group: Group, observed: Observed, places: tuple[int, ...]) -> None:
        """One more: it satisfies the expressions at `places`. Nobody may change the group any more."""
        span = observed.span()
        with self._lock:
            if not self._open:
                return
            number = len(self)
            self._first.append(span.first)
            self._last.append(span.last)
            self._number.append(min(observed.number_observed, _MOST))
            self._places.append(self._sets.setdefault(places, len(self._sets)))
            self._source.append(source)
            self._ids += bytes(_ID_BYTES)
            self._start.append(0)
            self._length.append(0)
            self._keep(number, group)

    def _keep(self, number: int, group: Group) -> None:
        name = str(group[0]["id"])
        self._odd_ids.pop(number, None)
        packed = _packed(name)
        if packed is None:
            self._odd_ids[number] = name
        else:
            self._ids[number * _ID_BYTES : (number + 1) * _ID_BYTES] = packed
        place = self._store.put(group)
        if isinstance(place, InFile):
            self._start[number], self._length[number] = place
            self._here.pop(number, None)
        else:
            self._here[number] = place

    def id(self, number: int) -> str:
        """The id of an observed-data."""
        odd = self._odd_ids.get(number)
        if odd is not None:
            return odd
        text = self._key(number).hex()
        return f"{_PREFIX}{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _key(self, number: int) -> bytes:
        return bytes(self._ids[number * _ID_BYTES : (number + 1) * _ID_BYTES])

    def source(self, number: int) -> int:
        return self._source[number]

    def group(self, number: int) -> Group:
        """The observed-data and its objects; do not change them."""
        here = self._here.get(number)
        return self._store.get(InFile(self._start[number], self._length[number])) if here is None else here

    def satisfied(self) -> list[tuple[int, ...]]:
        """The different sets of places; `places` tells which of them is whose."""
        return list(self._sets)

    def places(self, number: int) -> int:
        return self._places[number]

    def take(self, other: Candidates) -> None:
        """Move all of another one here; it is closed."""
        with other._lock:
            other._open = False
            if not len(self) and not self._sets:
                self.__dict__.update({**other.__dict__, "_lock": self._lock, "_open": self._open})
            else:
                self._extend(other)
            other._sets = {}
            other._clear()

    def _extend(self, other: Candidates) -> None:
        before = len(self)
        numbers = [self._sets.setdefault(places, len(self._sets)) for places in other.satisfied()]
        self._places.extend(numbers[each] for each in other._places)
        for name in ("_ids", "_first", "_last", "_number", "_source", "_start", "_length"):
            getattr(self, name).extend(getattr(other, name))
        self._odd_ids |= {before + number: name for number, name in other._odd_ids.items()}
        self._here |= {before + number: group for number, group in other._here.items()}

    def rename_doubles(self) -> None:
        """Give each observed-data an id of its own: two sources may hand out one id."""
        starts = sorted(self._start_of_id(number) for number in range(len(self)))
        doubled = {one for one, other in pairwise(starts) if one == other}
        del starts
        owner: dict[str, int] = {}
        for number in range(len(self)) if doubled else ():
            name = self.id(number) if self._start_of_id(number) in doubled else ""
            if name and owner.setdefault(name, self.source(number)) != self.source(number):
                group = self.group(number)
                new = own_id("observed-data", str(group[0].get("created_by_ref")), name.encode(), "")
                self._keep(number, renamed(group, {name: new}))

    def _start_of_id(self, number: int) -> int:
        odd = self._odd_ids.get(number)
        if odd is not None:
            return hash(odd)
        at = number * _ID_BYTES
        return int.from_bytes(self._ids[at : at + 8], "big")

    def in_time(self) -> array[int]:
        """Everybody's number by first instant, and then by id."""
        firsts = self._first
        order = array("I", sorted(range(len(self)), key=firsts.__getitem__))
        begin = 0
        for end in range(1, len(order) + 1):
            if end == len(order) or firsts[order[end]] != firsts[order[begin]]:
                if end - begin > 1:
                    order[begin:end] = array("I", sorted(order[begin:end], key=self.id))
                begin = end
        return order

    def times(self, order: Sequence[int]) -> Times:
        """When they were observed, in an order."""
        return Times(
            *(
                array("q", map(column.__getitem__, order))
                for column in (self._first, self._last, self._number)
            )
        )


def joined(parts: Iterable[Candidates], store: KeptGroups) -> Candidates:
    """All candidates of some sources, moved out of their own columns."""
    made = Candidates(store)
    for part in parts:
        made.take(part)
    return made


def _packed(name: str) -> bytes | None:
    """The bytes of an id's UUID, where the id can be made of them again."""
    text = name.removeprefix(_PREFIX)
    try:
        packed = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return None
    made = packed.hex()
    whole = f"{_PREFIX}{made[:8]}-{made[8:12]}-{made[12:16]}-{made[16:20]}-{made[20:]}"
    return packed if len(packed) == _ID_BYTES and whole == name else None
