"""Explicit bindings: which observation sits in which seat, no observation in more seats than it stands for.

A search with backtracking over a plan's *layouts* (one for each way to choose between OR's operands). Every
rule between two seats has the form first(one) <= last(other) + slack, so a choice narrows the others to
ranges of time, and the seat with the fewest left is filled next. Steps are counted and bounded; whoever
runs out of them says so.
"""

from __future__ import annotations

import itertools
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.pattern.arrangement import Join, Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stix_shifter_utils.pattern.offers import Candidate

MOST_LAYOUTS: Final = 1024
_FAR: Final = 1 << 90


class OutOfStepsError(Exception):
    """The search was stopped before it knew the answer. Never leaves this package."""


@dataclass(slots=True)
class Steps:
    """How many candidates may still be looked at."""

    left: int

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OutOfStepsError


@dataclass(frozen=True, slots=True)
class Layout:
    """Seats (places in the plan) that are filled together, and the slack between them.

    `slack[one, other]` bounds first(one) - last(other). `twins` are clones of one part that may be swapped:
    for each pair of neighbours all seats of the one and all seats of the other.
    """

    seats: tuple[int, ...]
    slack: Mapping[tuple[int, int], int]
    twins: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = ()


def layouts(parts: Sequence[Part]) -> list[Layout]:
    """Every way to choose between OR's operands, at most `MOST_LAYOUTS` of them, each as a layout.

    The plan has no COPIES left. Raises OutOfStepsError when there are more.
    """
    made: list[list[Layout]] = []
    for place, part in enumerate(parts):
        below = [made[each] for each in part.below]
        if part.join is Join.SEAT:
            ways = [Layout((place,), {})]
        elif part.join is Join.ANY:
            ways = [way for each in below for way in each]
        elif part.join is Join.WITHIN:
            ways = [_within(way, part.width) for way in below[0]]
        else:
            choices = itertools.islice(_choices(below, part), MOST_LAYOUTS + 1)
            ways = [_joined(chosen, parts, place) for chosen in choices]
        if len(ways) > MOST_LAYOUTS:
            raise OutOfStepsError
        made.append(ways)
    return made[-1]


def _choices(below: list[list[Layout]], part: Part) -> Iterator[tuple[Layout, ...]]:
    if not part.clones:
        return itertools.product(*below)
    # Clones are interchangeable: how often each way is chosen matters, not by which clone.
    picks = itertools.combinations_with_replacement(range(len(below[0])), len(below))
    return (tuple(ways[pick] for ways, pick in zip(below, chosen, strict=True)) for chosen in picks)


def _within(way: Layout, width: int) -> Layout:
    slack = dict(way.slack)
    for one, other in itertools.product(way.seats, way.seats):
        slack[one, other] = min(width - 1, slack.get((one, other), _FAR))
    return Layout(way.seats, slack, way.twins)


def _joined(chosen: tuple[Layout, ...], parts: Sequence[Part], place: int) -> Layout:
    part = parts[place]
    slack: dict[tuple[int, int], int] = {}
    for way in chosen:
        slack.update(way.slack)
    if part.join is Join.THEN:
        slack.update(dict.fromkeys(itertools.product(chosen[0].seats, chosen[1].seats), 0))
    twins = [pair for way in chosen for pair in way.twins]
    if part.clones:
        shapes = [[parts[seat].origin for seat in way.seats] for way in chosen]
        pairs = itertools.pairwise(zip(chosen, shapes, strict=True))
        twins += [(one.seats, other.seats) for (one, shape), (other, same) in pairs if shape == same]
    return Layout(tuple(seat for way in chosen for seat in way.seats), slack, tuple(twins))


class _Seat:
    """A seat while it is being filled: its candidates by first instant, and the range still open."""

    __slots__ = ("candidates", "ceiling", "firsts", "floor", "free", "longest", "next", "rules", "single")

    def __init__(self, candidates: Sequence[Candidate], times: int) -> None:
        self.candidates = candidates
        self.firsts = array("q", (each.first for each in candidates))
        self.longest = max((each.last - each.first for each in candidates), default=0)
        self.free = times
        self.single = times == 1
        self.floor, self.ceiling = -_FAR, _FAR
        self.next = 0
        self.rules: list[tuple[int, int | None, int | None]] = []

    def open_range(self) -> tuple[int, int]:
        """Places of candidates that may still fit: begin by the ceiling, may end at or after the floor."""
        start = 0 if self.floor == -_FAR else bisect_left(self.firsts, self.floor - self.longest)
        stop = len(self.firsts) if self.ceiling == _FAR else bisect_right(self.firsts, self.ceiling)
        return max(start, self.next), stop


@dataclass(slots=True)
class _Frame:
    """A seat whose next observation is being chosen, and what to restore before another one is tried."""

    seat: int
    options: Iterator[int]
    chosen: int = -1
    saved: tuple[tuple[int, int], ...] = ()


class Search:
    """All ways to fill one layout."""

    def __init__(
        self, layout: Layout, parts: Sequence[Part], takers: Sequence[Sequence[Candidate]], steps: Steps
    ) -> None:
        self.layout, self.steps = layout, steps
        self.seats = [_Seat(takers[place], parts[place].times) for place in layout.seats]
        self.used: dict[int, int] = {}
        at = {place: number for number, place in enumerate(layout.seats)}
        for one, seat in zip(layout.seats, self.seats, strict=True):
            for other in layout.seats:
                after, before = layout.slack.get((one, other)), layout.slack.get((other, one))
                if after is not None or before is not None:
                    seat.rules.append((at[other], after, before))
        self.twins = [
            (tuple(at[place] for place in one), tuple(at[place] for place in other))
            for one, other in layout.twins
        ]
        self.twins = [pair for pair in self.twins if self.seats[pair[0][0]].single]

    def is_hopeless(self) -> bool:
        """Whether there are too few observations, before any is tried."""
        wanted = sum(seat.free for seat in self.seats)
        numbers: dict[int, int] = {}
        for seat in self.seats:
            there = 0
            for each in seat.candidates:
                there += each.number
                numbers[each.who] = each.number
                if there >= wanted:  # more of this seat make no difference
                    break
            if there < seat.free:
                return True
        return sum(numbers.values()) < wanted

    def with_candidate(self, place: int, candidate: int) -> Iterator[list[Candidate]]:
        """The bindings in which the seat at `place` (of the plan) holds its `candidate`-th candidate."""
        fixed = self.layout.seats.index(place)
        saved = self._take(fixed, candidate)
        twins = self.twins
        self.twins = [pair for pair in twins if fixed not in pair[0] and fixed not in pair[1]]
        self.seats[fixed].next = 0
        try:
            yield from self.bindings([self.seats[fixed].candidates[candidate]])
        finally:
            self.twins = twins
            self._give_back(fixed, candidate, saved)

    def bindings(self, taken: Sequence[Candidate] = ()) -> Iterator[list[Candidate]]:
        """Every way to fill what is free, after those `taken`, without the same set in another order."""
        seat = self._scarcest()
        if seat is None:
            yield list(taken)
            return
        frames = [_Frame(seat, self._options(seat))]
        try:
            while frames:
                frame = frames[-1]
                if frame.chosen >= 0:
                    self._give_back(frame.seat, frame.chosen, frame.saved)
                frame.chosen = next(frame.options, -1)
                if frame.chosen < 0:
                    frames.pop()
                    continue
                frame.saved = self._take(frame.seat, frame.chosen)
                seat = self._scarcest()
                if seat is None:
                    ordered = sorted(frames, key=lambda each: each.seat)  # as in the text, not as searched
                    yield [*taken, *(self.seats[each.seat].candidates[each.chosen] for each in ordered)]
                else:
                    frames.append(_Frame(seat, self._options(seat)))
        finally:
            for frame in reversed(frames):
                if frame.chosen >= 0:
                    self._give_back(frame.seat, frame.chosen, frame.saved)

    def _scarcest(self) -> int | None:
        best, fewest = None, _FAR
        for number, seat in enumerate(self.seats):
            if seat.free:
                start, stop = seat.open_range()
                if stop - start < fewest:
                    best, fewest = number, stop - start
        return best

    def _options(self, number: int) -> Iterator[int]:
        seat = self.seats[number]
        start, stop = seat.open_range()
        for one, other in self.twins:  # twins are taken in the order of their first seats' candidates
            if other[0] == number and not self.seats[one[0]].free:
                start = max(start, self.seats[one[0]].next)
            elif one[0] == number and not self.seats[other[0]].free:
                stop = min(stop, self.seats[other[0]].next + 1)
        floor, used = seat.floor, self.used
        for place in range(start, stop):
            self.steps.take()
            candidate = seat.candidates[place]
            if candidate.last >= floor and used.get(candidate.who, 0) < candidate.number:
                yield place

    def _take(self, number: int, place: int) -> tuple[tuple[int, int], ...]:
        seat = self.seats[number]
        candidate = seat.candidates[place]
        saved = (
            (seat.next, 0),
            *((self.seats[rule[0]].floor, self.seats[rule[0]].ceiling) for rule in seat.rules),
        )
        self.used[candidate.who] = self.used.get(candidate.who, 0) + 1
        seat.free -= 1
        seat.next = place
        for other, after, before in seat.rules:
            target = self.seats[other]
            if after is not None:
                target.floor = max(target.floor, candidate.first - after)
            if before is not None:
                target.ceiling = min(target.ceiling, candidate.last + before)
        return saved

    def _give_back(self, number: int, place: int, saved: tuple[tuple[int, int], ...]) -> None:
        seat = self.seats[number]
        self.used[seat.candidates[place].who] -= 1
        seat.free += 1
        seat.next = saved[0][0]
        for (other, _, _), (floor, ceiling) in zip(seat.rules, saved[1:], strict=True):
            self.seats[other].floor, self.seats[other].ceiling = floor, ceiling
