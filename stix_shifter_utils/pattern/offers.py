"""Who can sit where, by time alone: exact and linear while no observation is wanted in two seats at once.

A choice of observations for a part of the plan matters to the rest by two numbers only: `start`, the latest
first instant among them, and `end`, the earliest last instant. FOLLOWEDBY asks start(left) <= end(right),
WITHIN asks start - end < width, and a choice with a smaller start and a larger end fits wherever another
one does. So each part has an *offer*, the best end for every start, and each part has a *need*, the end
that it must reach for a given start so that the rest of the plan can be filled. Offers are made upward,
needs downward; an observation takes part exactly when its own times reach its seat's need.

That two seats may not hold the same observation is not looked at here; `bindings` is for that. Times are
integers (ticks, see `arrangement`). Lists run over `starts`, all first instants in ascending order.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from stix_shifter_utils.pattern.arrangement import Join, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

NEVER: Final = -(1 << 90)
"""No choice at all: an offer below every need."""
ANYTHING: Final = -(1 << 80)
"""A need that every choice reaches."""
OUT_OF_REACH: Final = 1 << 90
"""A need that no choice reaches."""


class Candidate(NamedTuple):
    """An observation that may sit in a seat: first and last instant, who it is, how many it stands for."""

    first: int
    last: int
    who: int
    number: int


Row = list[int]


def takers(parts: Sequence[Part], candidates: Sequence[Sequence[Candidate]]) -> list[list[Candidate]]:
    """For each part that is a seat, those of its candidates that take part in some match.

    `candidates` holds a list for each part, by first instant; lists of parts that are no seats are not read.
    """
    starts = sorted(
        {
            each.first
            for part, listed in zip(parts, candidates, strict=True)
            if part.leaf >= 0
            for each in listed
        }
    )
    if not starts:
        return [[] for _ in parts]
    offers: list[Row] = []
    for part, listed in zip(parts, candidates, strict=True):
        offers.append(_offer(part, [offers[place] for place in part.below], listed, starts))
    needs: list[Row] = [[]] * len(parts)
    needs[-1] = [ANYTHING] * len(starts)
    for place in range(len(parts) - 1, -1, -1):
        _hand_down(place, parts, offers, needs, starts)
    return [
        _reaching(_joint(needs[place], offers[place]), candidates[place], starts)
        if part.join is Join.SEAT
        else []
        for place, part in enumerate(parts)
    ]


def _reaching(need: Row, candidates: Sequence[Candidate], starts: Row) -> list[Candidate]:
    return [each for each in candidates if each.last >= need[bisect_left(starts, each.first)]]


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
    return list(map(min if part.join is Join.ALL else max, *below))


def _seat_offer(times: int, candidates: Sequence[Candidate], starts: Row) -> Row:
    """The `times`-th latest end among the candidates that begin by a start, each counted by its number."""
    offer: Row = []
    ends: list[tuple[int, int]] = []
    seen = place = 0
    for start in starts:
        while place < len(candidates) and candidates[place].first <= start:
            heapq.heappush(ends, (candidates[place].last, candidates[place].number))
            seen += candidates[place].number
            place += 1
            while seen - ends[0][1] >= times:
                seen -= heapq.heappop(ends)[1]
        offer.append(ends[0][0] if seen >= times else NEVER)
    return offer


def _offer_within(offer: Row, width: int, starts: Row) -> Row:
    kept: Row = []
    best = NEVER
    for start, end in zip(starts, offer, strict=True):
        if end > NEVER and start - end < width:
            best = end
        kept.append(best)
    return kept


def _offer_then(left: Row, right: Row, starts: Row) -> Row:
    joined: Row = []
    for start, end in zip(starts, right, strict=True):
        latest = bisect_right(starts, min(start, end)) - 1
        joined.append(min(end, left[latest]) if latest >= 0 else NEVER)
    return joined


# --- downward -------------------------------------------------------------------------------------


def _hand_down(place: int, parts: Sequence[Part], offers: list[Row], needs: list[Row], starts: Row) -> None:
    part, need = parts[place], needs[place]
    if part.join is Join.WITHIN:
        needs[part.below[0]] = [
            max(end, start - part.width + 1) for start, end in zip(starts, need, strict=True)
        ]
    elif part.join is Join.THEN:
        left, right = part.below
        needs[left] = _need_before(need, offers[right], starts)
        needs[right] = _need_after(need, offers[left], starts)
    elif part.join is not Join.SEAT:
        below = need if part.join is Join.ANY else _joint(need, offers[place])
        for each in part.below:
            needs[each] = below


def _joint(need: Row, offer: Row) -> Row:
    """The need of one among several wanted together: that of the earliest start which they can fill."""
    handed: Row = [OUT_OF_REACH] * len(need)
    best = OUT_OF_REACH
    for place in range(len(need) - 1, -1, -1):
        if offer[place] >= need[place]:
            best = need[place]
        handed[place] = best
    return handed


def _need_before(need: Row, right: Row, starts: Row) -> Row:
    """Of the left side of THEN: the right side must end at or after its start, and fill the rest."""
    possible = _joint(need, right)
    return [
        possible[reached]
        if (reached := max(place, bisect_left(right, start))) < len(starts)
        else OUT_OF_REACH
        for place, start in enumerate(starts)
    ]


def _need_after(need: Row, left: Row, starts: Row) -> Row:
    """Of the right side of THEN: it must end at or after a start at which the left side fills the rest."""
    handed: Row = [OUT_OF_REACH] * len(need)
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
