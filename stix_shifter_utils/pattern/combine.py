"""Which of many observations take part in a match: the observation operators, over candidates already judged.

`offers` answers exactly and in about linear time as long as no observation could be wanted in two seats at
once. Where one could, its answer may hold too many: then a few splits, in which each observation is allowed
one seat only, confirm most of them, again in linear time, and `bindings` searches a binding for each of the
rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.pattern.arrangement import TICKS_PER_MICROSECOND, Arrangement, Join, Part, written_out
from stix_shifter_utils.pattern.bindings import OutOfStepsError, Search, Steps, layouts
from stix_shifter_utils.pattern.instants import EPOCH
from stix_shifter_utils.pattern.offers import Candidate, takers
from stix_shifter_utils.pattern.window import TimeWindow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from stix_shifter_utils.pattern.observed import Observed, Span

MOST_SEATS: Final = 64
"""Plans that write out to more seats than this are not searched."""
SEARCH_STEPS: Final = 3_000_000
"""Candidates that the searches of one match may look at, some seconds' worth, ..."""
STEPS_EACH: Final = 50
"""... and as many more for each observation that may take part."""
_SPLITS: Final = 3


@dataclass(frozen=True, slots=True)
class Settled:
    """Who takes part. Without `exact` some of them may not: the search was given up, nobody was left out."""

    who: frozenset[int]
    exact: bool = True


Seating = list[list[Candidate]]
"""Candidates for each part of a plan, by first instant; empty for parts that are no seats."""


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
    first, last = TICKS_PER_MICROSECOND * span.first, TICKS_PER_MICROSECOND * span.last
    if window.start is not None:
        first = max(first, TICKS_PER_MICROSECOND * _microseconds(window.start))
    if window.stop is not None:
        last = min(last, TICKS_PER_MICROSECOND * _microseconds(window.stop) - 1)
    return first, last


def _microseconds(moment: datetime) -> int:
    since = moment.replace(tzinfo=None) - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def settle(arrangement: Arrangement, by_leaf: Sequence[Sequence[Candidate]]) -> Settled:
    """Who takes part in some match. `by_leaf` holds each leaf's candidates."""
    ordered = [sorted(each) for each in by_leaf]
    sure = takers(arrangement.parts, _seating(arrangement.parts, ordered))
    possible = frozenset(each.who for seat in sure for each in seat)
    if not possible or not _shared(arrangement, ordered):
        return Settled(possible)
    if _too_few(arrangement, sure):
        return Settled(frozenset())
    written = written_out(arrangement, [bool(seat) for seat in sure], MOST_SEATS)
    if written is None:
        return Settled(possible, exact=False)
    return _settle_shared(written, sure, possible)


def bindings(arrangement: Arrangement, by_leaf: Sequence[Sequence[Candidate]]) -> Iterator[list[int]]:
    """Every binding, as the places of its observations in the order of the pattern's seats.

    Ends early where the search runs out of steps, and has none for a pattern of more than `MOST_SEATS` seats.
    """
    sure = takers(arrangement.parts, _seating(arrangement.parts, [sorted(each) for each in by_leaf]))
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
    return [list(by_leaf[part.leaf]) if part.join is Join.SEAT else [] for part in parts]


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


def _shared(arrangement: Arrangement, by_leaf: Sequence[Sequence[Candidate]]) -> bool:
    """Whether some observation fits into several seats and does not stand for enough to fill them all."""
    wanted = _wanted(arrangement)
    if sum(seats for seats, _ in wanted.values()) == 1:
        return False
    claims: dict[int, tuple[int, int]] = {}
    for leaf, listed in enumerate(by_leaf):
        own_seats, own_held = wanted[leaf]
        for each in listed:
            seats, held = claims.get(each.who, (0, 0))
            seats, held = seats + own_seats, held + own_held
            if seats > 1 and each.number < held:
                return True
            claims[each.who] = (seats, held)
    return False


def _too_few(arrangement: Arrangement, sure: Seating) -> bool:
    """Whether there are fewer observations in all than the smallest match has."""
    least: list[int] = []
    for part in arrangement.parts:
        below = [least[place] for place in part.below]
        smallest = min(below, default=1) if part.join in {Join.SEAT, Join.ANY} else sum(below)
        least.append(smallest * part.times)
    numbers = {each.who: each.number for seat in sure for each in seat}
    return sum(numbers.values()) < least[-1]


def _settle_shared(written: Arrangement, sure: Seating, possible: frozenset[int]) -> Settled:
    seating = [sure[part.origin] for part in written.parts]
    confirmed: set[int] = set()
    for turn in range(_SPLITS):
        split = takers(written.parts, _split(written.parts, seating, turn))
        confirmed.update(each.who for seat in split for each in seat)
        if len(confirmed) == len(possible):
            return Settled(possible)
    try:
        _search(written.parts, seating, possible, confirmed)
    except OutOfStepsError:
        return Settled(possible, exact=False)
    return Settled(frozenset(confirmed))


def _split(parts: Sequence[Part], seating: Seating, turn: int) -> Seating:
    """The seating with each observation in one seat only, in turn, so that nothing can be wanted twice."""
    choices: dict[int, list[int]] = {}
    ranked = sorted({(each.first, each.who) for seat in seating for each in seat})
    rank = {who: place for place, (_, who) in enumerate(ranked)}
    for place, seat in enumerate(seating):
        for each in seat:
            choices.setdefault(each.who, []).extend([place] * min(parts[place].times, MOST_SEATS))
    # The shift by leaf brings different neighbours into seats of the same copy at each turn.
    chosen = {
        who: places[(rank[who] + turn * (1 + parts[places[0]].leaf)) % len(places)]
        for who, places in choices.items()
    }
    return [[each for each in seat if chosen[each.who] == place] for place, seat in enumerate(seating)]


def _search(parts: Sequence[Part], seating: Seating, possible: frozenset[int], confirmed: set[int]) -> None:
    """Add to `confirmed` whoever of the others sits in some binding."""
    steps = Steps(SEARCH_STEPS + STEPS_EACH * len(possible))
    searches = [Search(layout, parts, seating, steps) for layout in layouts(parts)]
    searches = [search for search in searches if not search.is_hopeless()]
    places = [{each.who: number for number, each in enumerate(seat)} for seat in seating]
    for who in sorted(possible):
        if who not in confirmed:
            confirmed.update(_binding_with(who, searches, places))


def _binding_with(who: int, searches: Sequence[Search], places: Sequence[dict[int, int]]) -> list[int]:
    for search in searches:
        for seat in search.layout.seats:
            number = places[seat].get(who)
            if number is not None:
                for binding in search.with_candidate(seat, number):
                    return [each.who for each in binding]
    return []
