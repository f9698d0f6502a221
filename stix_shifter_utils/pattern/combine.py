"""Which of many observations take part in a match: the observation operators, over candidates already judged.

`offers` answers exactly and in about linear time as long as no observation could be wanted in two seats at
once. Where one could, its answer may hold too many: then a few splits, in which each observation is allowed
one seat only, confirm most of them, again in linear time, and `bindings` searches a binding for each of the
rest.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.pattern.arrangement import TICKS_PER_MICROSECOND, Arrangement, Join, Part, written_out
from stix_shifter_utils.pattern.bindings import OutOfStepsError, Search, Steps, layouts
from stix_shifter_utils.pattern.instants import EPOCH
from stix_shifter_utils.pattern.offers import NEVER, OUT_OF_REACH, Candidate, kept, takers
from stix_shifter_utils.pattern.window import TimeWindow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stix_shifter_utils.pattern.observed import Observed, Span

MOST_SEATS: Final = 64
"""Plans that write out to more seats than this are not searched."""
SEARCH_STEPS: Final = 3_000_000
"""Candidates that the searches of one match may look at, some seconds' worth, ..."""
STEPS_EACH: Final = 50
"""... and as many more for each observation that may take part."""
_SPLITS: Final = 3
_MANY: Final = 1 << 50
"""More than anybody stands for."""


Seating = Sequence[Sequence[Candidate]]
"""Candidates for each part of a plan, by first instant; empty for parts that are no seats."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Who takes part, in ascending order, and who of them may sit where by time alone (for `bindings`).

    Without `exact` some of them may not: the search was given up, nobody was left out.
    """

    who: Sequence[int]
    exact: bool = True
    sure: Seating = ()


def candidate(observed: Observed, who: int, window: TimeWindow, *, timed: bool) -> Candidate | None:
    """An observation as a candidate, or `None` when it was not seen inside the window.

    Raises ResultsTranslationError when times matter and the observation has none.
    """
    if not timed and window == TimeWindow.ALL:
        return Candidate(0, 0, who, observed.number_observed)
    first, last = visible(observed.span(), window)
    return Candidate(first, last, who, observed.number_observed) if first <= last else None


def visible(span: Span, window: TimeWindow) -> tuple[int, int]:
    """The part of a span inside a window, in ticks; the first exceeds the last where there is none."""
    low, high = limits(window)
    return max(TICKS_PER_MICROSECOND * span.first, low), min(TICKS_PER_MICROSECOND * span.last, high)


def limits(window: TimeWindow) -> tuple[int, int]:
    """The first and the last instant of a window, in ticks."""
    start, stop = window.start, window.stop
    return (
        NEVER if start is None else TICKS_PER_MICROSECOND * _microseconds(start),
        OUT_OF_REACH if stop is None else TICKS_PER_MICROSECOND * _microseconds(stop) - 1,
    )


def _microseconds(moment: datetime) -> int:
    since = moment.replace(tzinfo=None) - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def settle(arrangement: Arrangement, by_leaf: Sequence[Sequence[Candidate]]) -> Settled:
    """Who takes part in some match. `by_leaf` holds each leaf's candidates."""
    ordered = list(map(_ordered, by_leaf))
    sure = takers(arrangement.parts, _seating(arrangement.parts, ordered))
    total = 1 + max((each.who for listed in ordered for each in listed), default=-1)
    possible = _marked(sure, total)
    if not any(possible) or not _shared(arrangement, ordered, total):
        return Settled(_set(possible), sure=sure)
    if _too_few(arrangement, sure, total):
        return Settled(())
    written = written_out(arrangement, [bool(seat) for seat in sure], MOST_SEATS)
    if written is None:
        return Settled(_set(possible), exact=False, sure=sure)
    return _settle_shared(written, sure, possible)


def _ordered(listed: Sequence[Candidate]) -> Sequence[Candidate]:
    """By first instant; what is no list comes so."""
    return sorted(listed) if isinstance(listed, list) else listed


def _marked(seating: Seating, total: int) -> bytearray:
    """A 1 for everybody who sits somewhere."""
    mask = bytearray(total)
    for seat in seating:
        for each in seat:
            mask[each.who] = 1
    return mask


def _set(mask: bytearray) -> Sequence[int]:
    """Where a mask has a 1."""
    return array("I", itertools.compress(range(len(mask)), mask))


def bindings(
    arrangement: Arrangement, by_leaf: Sequence[Sequence[Candidate]], sure: Seating = ()
) -> Iterator[list[int]]:
    """Every binding, as the places of its observations in the order of the pattern's seats.

    `sure` is that of a Settled; without it, it is found out again.

    Ends early where the search runs out of steps, and has none for a pattern of more than `MOST_SEATS` seats.
    """
    if not sure:
        sure = takers(arrangement.parts, _seating(arrangement.parts, list(map(_ordered, by_leaf))))
    written = written_out(arrangement, [bool(seat) for seat in sure], MOST_SEATS)
    if written is None or not written.parts:
        return
    seating = [sure[part.origin] for part in written.parts]
    try:
        for layout in layouts(written.parts):
            search = Search(layout, written.parts, seating, Steps(SEARCH_STEPS))
            if not search.is_hopeless():
                yield from ([each.who for each in binding] for binding in search.bindings())
    except OutOfStepsError:
        return


def _seating(parts: Sequence[Part], by_leaf: Sequence[Sequence[Candidate]]) -> Seating:
    return [by_leaf[part.leaf] if part.join is Join.SEAT else [] for part in parts]


def _wanted(arrangement: Arrangement) -> dict[int, tuple[int, int]]:
    """For each leaf how many seats it has, copies counted, and how many observations they hold in all."""
    copies = [1] * len(arrangement.parts)
    wanted: dict[int, tuple[int, int]] = {}
    for place in range(len(arrangement.parts) - 1, -1, -1):
        part = arrangement.parts[place]
        for each in part.below:
            copies[each] = copies[place] * (part.times if part.join is Join.COPIES else 1)
        if part.join is Join.SEAT:
            seats, held = wanted.get(part.leaf, (0, 0))
            wanted[part.leaf] = (seats + copies[place], held + copies[place] * part.times)
    return wanted


def _shared(arrangement: Arrangement, by_leaf: Sequence[Sequence[Candidate]], total: int) -> bool:
    """Whether some observation fits into several seats and does not stand for enough to fill them all."""
    wanted = _wanted(arrangement)
    if sum(seats for seats, _ in wanted.values()) == 1:
        return False
    seats, held = array("q", bytes(8 * total)), array("q", bytes(8 * total))
    for leaf, listed in enumerate(by_leaf):
        own_seats, own_held = (min(number, _MANY) for number in wanted[leaf])
        for each in listed:
            seats[each.who] += own_seats
            held[each.who] += own_held
            if seats[each.who] > 1 and each.number < held[each.who]:
                return True
    return False


def _too_few(arrangement: Arrangement, sure: Seating, total: int) -> bool:
    """Whether there are fewer observations in all than the smallest match has."""
    least: list[int] = []
    for part in arrangement.parts:
        below = [least[place] for place in part.below]
        smallest = min(below, default=1) if part.join in {Join.SEAT, Join.ANY} else sum(below)
        least.append(smallest * part.times)
    there, seen = 0, bytearray(total)
    for each in itertools.chain.from_iterable(sure):
        there += 0 if seen[each.who] else each.number
        seen[each.who] = 1
        if there >= least[-1]:
            return False
    return True


def _settle_shared(written: Arrangement, sure: Seating, possible: bytearray) -> Settled:
    seating = [sure[part.origin] for part in written.parts]
    confirmed = bytearray(len(possible))
    for turn in range(_SPLITS):
        for seat in takers(written.parts, _split(written.parts, seating, turn, len(possible))):
            for each in seat:
                confirmed[each.who] = 1
        if confirmed == possible:
            return Settled(_set(possible), sure=sure)
    try:
        _search(written.parts, seating, possible, confirmed)
    except OutOfStepsError:
        return Settled(_set(possible), exact=False, sure=sure)
    return Settled(_set(confirmed), sure=sure)


def _split(parts: Sequence[Part], seating: Seating, turn: int, total: int) -> Seating:
    """The seating with each observation in one seat only, in turn, so that nothing can be wanted twice."""
    choices, leaf, rank = (array("i", [0]) * total for _ in range(3))
    for place in range(len(seating) - 1, -1, -1):
        for each in seating[place]:
            choices[each.who] += min(parts[place].times, MOST_SEATS)
            leaf[each.who] = parts[place].leaf  # at last that of the first seat
    for number, who in enumerate(_in_time(seating, total)):
        rank[who] = number
    # The shift by leaf brings different neighbours into seats of the same copy at each turn.
    for who in range(total):
        if choices[who]:
            choices[who] = (rank[who] + turn * (1 + leaf[who])) % choices[who]
    return [_chosen(parts[place], seat, choices) for place, seat in enumerate(seating)]


def _chosen(part: Part, seat: Sequence[Candidate], left: array[int]) -> Sequence[Candidate]:
    """Those of a seat whose turn it is; `left` counts down to the seat of each."""
    mine, times = bytearray(len(seat)), min(part.times, MOST_SEATS)
    for number, each in enumerate(seat):
        mine[number] = 0 <= left[each.who] < times
        left[each.who] -= times
    return kept(seat, map(bool, mine))


def _in_time(seating: Seating, total: int) -> Sequence[int]:
    """Everybody who has a seat, by the last of the first instants that they have there."""
    firsts, has_seat = array("q", [NEVER]) * total, bytearray(total)
    for each in itertools.chain.from_iterable(seating):
        firsts[each.who], has_seat[each.who] = max(firsts[each.who], each.first), 1
    there = _set(has_seat)
    in_time = all(firsts[one] <= firsts[other] for one, other in itertools.pairwise(there))
    return there if in_time else sorted(there, key=firsts.__getitem__)


def _search(parts: Sequence[Part], seating: Seating, possible: bytearray, confirmed: bytearray) -> None:
    """Add to `confirmed` whoever of the others sits in some binding."""
    steps = Steps(SEARCH_STEPS + STEPS_EACH * sum(possible))
    searches = [Search(layout, parts, seating, steps) for layout in layouts(parts)]
    searches = [search for search in searches if not search.is_hopeless()]
    places = [
        {each.who: number for number, each in enumerate(seat) if not confirmed[each.who]} for seat in seating
    ]
    for who in range(len(possible)):
        if possible[who] and not confirmed[who]:
            for other in _binding_with(who, searches, places):
                confirmed[other] = 1


def _binding_with(who: int, searches: Sequence[Search], places: Sequence[dict[int, int]]) -> list[int]:
    for search in searches:
        for seat in search.layout.seats:
            number = places[seat].get(who)
            if number is not None:
                for binding in search.with_candidate(seat, number):
                    return [each.who for each in binding]
    return []
