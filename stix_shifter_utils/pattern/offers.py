"""Who can sit where, by time alone: exact and linear while no observation is wanted in two seats at once.

A choice of observations for a part of the plan matters to the rest by two numbers only: `start`, the latest
first instant among them, and `end`, the earliest last instant. FOLLOWEDBY asks start(left) <= end(right),
WITHIN asks start - end < width, and a choice with a smaller start and a larger end fits wherever another
one does. So each part has an *offer*, the best end for every start, and each part has a *need*, the end
that it must reach for a given start so that the rest of the plan can be filled. Offers are made upward,
needs downward; an observation takes part exactly when its own times reach its seat's need.

That two seats may not hold the same observation is not looked at here; `bindings` is for that. Times are
integers (ticks, see `arrangement`). Rows run over `starts`, all first instants in ascending order.
"""

from __future__ import annotations

import heapq
import itertools
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from stix_shifter_utils.pattern.arrangement import Join, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

NEVER: Final = -(1 << 62)
"""No choice at all: an offer below every need."""
ANYTHING: Final = -(1 << 61)
"""A need that every choice reaches."""
OUT_OF_REACH: Final = 1 << 62
"""A need that no choice reaches."""


class Candidate(NamedTuple):
    """An observation that may sit in a seat: first and last instant, who it is, how many it stands for."""

    first: int
    last: int
    who: int
    number: int


Row: TypeAlias = "array[int]"


def takers(parts: Sequence[Part], candidates: Sequence[Sequence[Candidate]]) -> list[Sequence[Candidate]]:
    """For each part that is a seat, those of its candidates that take part in some match.

    `candidates` holds a sequence for each part, by first instant; those of parts that are no seats are not
    read.
    """
    starts = _starts([listed for part, listed in zip(parts, candidates, strict=True) if part.leaf >= 0])
    if not starts:
        return [[] for _ in parts]
    offers: list[Row] = []
    for part, listed in zip(parts, candidates, strict=True):
        offers.append(_offer(part, [offers[place] for place in part.below], listed, starts))
    nothing = _row([])
    needs: list[Row] = [nothing] * len(parts)
    needs[-1] = _row([ANYTHING]) * len(starts)
    taking: list[Sequence[Candidate]] = [[]] * len(parts)
    for place in range(len(parts) - 1, -1, -1):
        part = parts[place]
        if part.join is Join.SEAT:
            taking[place] = _reaching(_joint(needs[place], offers[place]), candidates[place], starts)
        else:
            _hand_down(place, parts, offers, needs, starts)
        needs[place] = offers[place] = nothing  # nobody asks again, and they are long
    return taking


def kept(candidates: Sequence[Candidate], wanted: Iterable[bool]) -> Sequence[Candidate]:
    """Those candidates for which `wanted` says so, one after the other."""
    own: Callable[[Iterable[bool]], Sequence[Candidate]] | None = getattr(candidates, "kept", None)
    return list(itertools.compress(candidates, wanted)) if own is None else own(wanted)


def _reaching(need: Row, candidates: Sequence[Candidate], starts: Row) -> Sequence[Candidate]:
    return kept(candidates, (each.last >= need[bisect_left(starts, each.first)] for each in candidates))


def _row(values: Iterable[int]) -> Row:
    return array("q", values)


def _starts(seats: Sequence[Sequence[Candidate]]) -> Row:
    """All first instants of some seats, each once; seats may share their candidates."""
    different = {id(listed): listed for listed in seats}.values()
    merged = heapq.merge(*((each.first for each in listed) for listed in different))
    return _row(first for first, _ in itertools.groupby(merged))


# --- upward ---------------------------------------------------------------------------------------


def _offer(part: Part, below: list[Row], candidates: Sequence[Candidate], starts: Row) -> Row:
    if part.join is Join.SEAT:
        return _seat_offer(part.times, candidates, starts)
    if part.join is Join.WITHIN:
        return _offer_within(below[0], part.width, starts)
    if part.join is Join.THEN:
        return _offer_then(below[0], below[1], starts)
    if len(below) == 1:
        return below[0]
    return _row(map(min if part.join is Join.ALL else max, *below))


def _seat_offer(times: int, candidates: Sequence[Candidate], starts: Row) -> Row:
    """The `times`-th latest end among the candidates that begin by a start, each counted by its number."""
    offer = _row([])
    ends: list[tuple[int, int]] = []
    seen = 0
    waiting = iter(candidates)
    following = next(waiting, None)
    for start in starts:
        while following is not None and following.first <= start:
            heapq.heappush(ends, (following.last, following.number))
            seen += following.number
            following = next(waiting, None)
            while seen - ends[0][1] >= times:
                seen -= heapq.heappop(ends)[1]
        offer.append(ends[0][0] if seen >= times else NEVER)
    return offer


def _offer_within(offer: Row, width: int, starts: Row) -> Row:
    kept = _row([])
    best = NEVER
    for start, end in zip(starts, offer, strict=True):
        if end > NEVER and start - end < width:
            best = end
        kept.append(best)
    return kept


def _offer_then(left: Row, right: Row, starts: Row) -> Row:
    joined = _row([])
    for start, end in zip(starts, right, strict=True):
        latest = bisect_right(starts, min(start, end)) - 1
        joined.append(min(end, left[latest]) if latest >= 0 else NEVER)
    return joined


# --- downward -------------------------------------------------------------------------------------


def _hand_down(place: int, parts: Sequence[Part], offers: list[Row], needs: list[Row], starts: Row) -> None:
    part, need = parts[place], needs[place]
    if part.join is Join.WITHIN:
        needs[part.below[0]] = _row(
            max(end, start - part.width + 1) for start, end in zip(starts, need, strict=True)
        )
    elif part.join is Join.THEN:
        left, right = part.below
        needs[left] = _need_before(need, offers[right], starts)
        needs[right] = _need_after(need, offers[left], starts)
    else:
        below = need if part.join is Join.ANY else _joint(need, offers[place])
        for each in part.below:
            needs[each] = below


def _joint(need: Row, offer: Row) -> Row:
    """The need of one among several wanted together: that of the earliest start which they can fill."""
    handed = _row([OUT_OF_REACH]) * len(need)
    best = OUT_OF_REACH
    for place in range(len(need) - 1, -1, -1):
        if offer[place] >= need[place]:
            best = need[place]
        handed[place] = best
    return handed


def _need_before(need: Row, right: Row, starts: Row) -> Row:
    """Of the left side of THEN: the right side must end at or after its start, and fill the rest."""
    possible = _joint(need, right)
    return _row(
        possible[reached]
        if (reached := max(place, bisect_left(right, start))) < len(starts)
        else OUT_OF_REACH
        for place, start in enumerate(starts)
    )


def _need_after(need: Row, left: Row, starts: Row) -> Row:
    """Of the right side of THEN: it must end at or after a start at which the left side fills the rest."""
    handed = _row([OUT_OF_REACH]) * len(need)
    later = OUT_OF_REACH
    for place in range(len(need) - 1, -1, -1):
        earliest = bisect_left(left, need[place])
        if earliest <= place:
            handed[place] = min(later, max(starts[earliest], need[place]))
        else:
            handed[place] = later
        if left[place] >= need[place]:
            later = max(starts[place], need[place])
    return handed
