"""Very many observations in columns, settled together: some tens of bytes for each of them.

`Matcher.settle` holds an object for each observation, which is faster while they are few. What is computed
is the same work of `combine`.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, overload

from stix_shifter_utils.pattern.arrangement import Arrangement, arrange
from stix_shifter_utils.pattern.combine import Seating, bindings, limits, settle
from stix_shifter_utils.pattern.offers import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stix_shifter_utils.pattern.nodes import Pattern
    from stix_shifter_utils.pattern.window import TimeWindow


class Times(NamedTuple):
    """Observations by column, ordered by `first`: instants in microseconds, how many each stands for."""

    first: array[int]
    last: array[int]
    number: array[int]


class Listed(Sequence[Candidate]):
    """The candidates of a seat, by first instant; each is made when it is looked at."""

    __slots__ = ("_high", "_low", "_times", "_who")

    def __init__(self, times: Times, who: array[int], low: int, high: int) -> None:
        self._times, self._who, self._low, self._high = times, who, low, high

    @classmethod
    def inside(cls, times: Times, who: Iterable[int], window: TimeWindow) -> Listed:
        """Those of some observations that were seen inside a window."""
        made = cls(times, array("I", who), *limits(window))
        return made.kept([each.first <= each.last for each in made])

    def __len__(self) -> int:
        return len(self._who)

    def __iter__(self) -> Iterator[Candidate]:
        return map(self._made, self._who)

    @overload
    def __getitem__(self, place: int) -> Candidate: ...
    @overload
    def __getitem__(self, place: slice) -> Listed: ...
    def __getitem__(self, place: int | slice) -> Candidate | Listed:
        if isinstance(place, slice):
            return Listed(self._times, self._who[place], self._low, self._high)
        return self._made(self._who[place])

    def _made(self, who: int) -> Candidate:
        first, last, number = self._times
        return Candidate(max(2 * first[who], self._low), min(2 * last[who], self._high), who, number[who])

    def kept(self, wanted: Iterable[bool]) -> Listed:
        """Those for which `wanted` says so, one after the other."""
        return Listed(self._times, array("I", itertools.compress(self._who, wanted)), self._low, self._high)


@dataclass(frozen=True, slots=True)
class Settlement:
    """Who takes part in some match, in ascending order. `exact`: see MatchResult."""

    who: Sequence[int]
    exact: bool = True
    _arrangement: Arrangement | None = field(default=None, repr=False)
    _by_leaf: tuple[Listed, ...] = field(default=(), repr=False)
    _sure: Seating = field(default=(), repr=False)

    def bindings(self, limit: int = 1000) -> Iterator[tuple[int, ...]]:
        """At most `limit` matches, each as observations in the order of the pattern's expressions."""
        if self._arrangement is None:
            found: Iterator[tuple[int, ...]] = ((who,) for who in self.who)
        else:
            found = map(tuple, bindings(self._arrangement, self._by_leaf, self._sure))
        return itertools.islice(found, limit)


def settle_times(pattern: Pattern, times: Times, satisfied: Callable[[int], Sequence[int]]) -> Settlement:
    """Combine observations that were judged before; `satisfied` tells the places that one satisfies."""
    arrangement, count = arrange(pattern.expression), len(times.first)
    if arrangement.is_single:
        return Settlement(array("I", (who for who in range(count) if satisfied(who))))
    by_leaf = tuple(
        Listed.inside(times, (who for who in range(count) if number in satisfied(who)), leaf.window)
        for number, leaf in enumerate(arrangement.leaves)
    )
    settled = settle(arrangement, by_leaf)
    return Settlement(settled.who, settled.exact, arrangement, by_leaf, settled.sure)
