"""A pattern's observation operators as a flat plan of seats, and how these stand to one another in time.

A seat is taken by one or more different observations that satisfy the same observation expression inside
the same window. `combine` finds out who may sit where; here nothing is judged.

What is simplified on the way, without changing the meaning:
START-STOP is pushed down to the seats, whose observations must lie in all windows above them;
`[a] OR [b]` in one window is one seat that either takes; REPEATS is a seat for several, and goes through AND;
WITHIN around one observation is always true.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.pattern.nodes import (
    ComparisonExpression,
    Node,
    Observation,
    ObservationAnd,
    ObservationExpression,
    ObservationFollowedBy,
    ObservationOr,
    Qualified,
    Repeats,
    Within,
)
from stix_shifter_utils.pattern.plan import observations
from stix_shifter_utils.pattern.rewrite import comparison_or, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.pattern.window import TimeWindow

TICKS_PER_MICROSECOND: Final = 2
"""Instants and widths are integers in half microseconds, so that the last instant before STOP can be said."""

_PARTS_A_SEAT: Final = (
    16  # a plan may have so many times more parts than seats; more is nesting for its own sake
)
_MOST_SECONDS: Final = 4 * 10**11  # longer than the calendar, and in ticks still a number of 64 bits


class Join(enum.Enum):
    """What a part of the plan asks of the parts below it."""

    SEAT = "seat"
    ALL = "all"
    ANY = "any"
    THEN = "then"
    """Two parts: no observation of the first lies wholly behind any of the second."""
    WITHIN = "within"
    COPIES = "copies"
    """The one part below it, `times` times over, by different observations."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A comparison expression to judge observations by, and the window that they must touch."""

    expression: ComparisonExpression
    window: TimeWindow


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of a plan; `below` are places in the plan, all before this one.

    `times` is for SEAT and COPIES, `leaf` for SEAT, `width` for WITHIN: in ticks, rounded up, exclusive.
    `origin` is the place that a copied part had in the plan it was copied from.
    """

    join: Join
    below: tuple[int, ...] = ()
    leaf: int = -1
    times: int = 1
    width: int = 0
    origin: int = -1
    clones: bool = False
    """Whether the parts below are copies of one another, so that swapping them changes nothing."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The plan, operands before operators, the whole last; and its leaves."""

    parts: tuple[Part, ...]
    leaves: tuple[Leaf, ...]

    @property
    def is_timed(self) -> bool:
        """Whether it matters when something was observed, apart from the seats' windows."""
        return any(part.join in {Join.THEN, Join.WITHIN} for part in self.parts)

    @property
    def is_single(self) -> bool:
        """Whether one observation alone satisfies the pattern."""
        return len(self.parts) == 1 and self.parts[0].times == 1


@dataclass(frozen=True, slots=True)
class _Draft:
    join: Join
    below: tuple[_Draft, ...] = ()
    leaf: Leaf | None = None
    times: int = 1
    width: int = 0


_NOTHING: Final = _Draft(Join.ALL)


def arrange(expression: ObservationExpression) -> Arrangement:
    """The plan of an observation expression. Depth is no limit: nothing recurses."""
    windows = (window for _, window in observations(expression))

    def combine(node: Node, below: tuple[_Draft, ...]) -> _Draft:
        if isinstance(node, Observation):
            return _Draft(Join.SEAT, leaf=Leaf(node.expression, next(windows)))
        if isinstance(node, ObservationAnd):
            return _Draft(Join.ALL, below)
        if isinstance(node, ObservationOr):
            return _any_of(below)
        if isinstance(node, ObservationFollowedBy):
            draft = below[0]
            for following in below[1:]:
                draft = _Draft(Join.THEN, (draft, following))
            return draft
        if isinstance(node, Qualified):
            return _qualified(node, below[0])
        return _NOTHING  # comparisons: the observation above takes them whole

    return _numbered(fold(expression, combine))


def _qualified(node: Qualified, draft: _Draft) -> _Draft:
    if isinstance(node.qualifier, Repeats):
        return _repeated(draft, node.qualifier.times)
    if isinstance(node.qualifier, Within):
        if draft.join is Join.SEAT and draft.times == 1:
            return draft
        seconds = min(node.qualifier.seconds, _MOST_SECONDS)
        return _Draft(
            Join.WITHIN, (draft,), width=TICKS_PER_MICROSECOND * max(1, math.ceil(seconds * 1_000_000))
        )
    return draft


def _repeated(draft: _Draft, times: int) -> _Draft:
    """REPEATS is short for AND (§9.5.1), so it reaches through AND; order and WITHIN bind each copy."""
    if times == 1:
        return draft
    if draft.join in {Join.SEAT, Join.COPIES}:
        return replace(draft, times=draft.times * times)
    if draft.join is Join.ALL and all(part.join is Join.SEAT for part in draft.below):
        return replace(draft, below=tuple(_repeated(part, times) for part in draft.below))
    return _Draft(Join.COPIES, (draft,), times=times)


def _any_of(drafts: Sequence[_Draft]) -> _Draft:
    seats: dict[TimeWindow, list[Leaf]] = {}
    others: list[_Draft] = []
    for draft in drafts:
        if draft.leaf is not None and draft.times == 1:
            seats.setdefault(draft.leaf.window, []).append(draft.leaf)
        else:
            others.append(draft)
    joined = [
        _Draft(Join.SEAT, leaf=Leaf(comparison_or(leaf.expression for leaf in leaves), window))
        for window, leaves in seats.items()
    ]
    below = (*joined, *others)
    return below[0] if len(below) == 1 else _Draft(Join.ANY, below)


def _numbered(draft: _Draft) -> Arrangement:
    """The drafts in a row, each after those below it; equal leaves become one."""
    leaves: dict[Leaf, int] = {}
    parts: list[Part] = []
    done: list[int] = []
    stack: list[tuple[_Draft, bool]] = [(draft, False)]
    while stack:
        top, ready = stack.pop()
        if top.below and not ready:
            stack.append((top, True))
            stack.extend((each, False) for each in reversed(top.below))
            continue
        first = len(done) - len(top.below)
        below = tuple(done[first:])
        del done[first:]
        leaf = leaves.setdefault(top.leaf, len(leaves)) if top.leaf is not None else -1
        done.append(len(parts))
        parts.append(Part(top.join, below, leaf, top.times, top.width, origin=len(parts)))
    return Arrangement(tuple(parts), tuple(leaves))


def written_out(arrangement: Arrangement, filled: Sequence[bool], most_seats: int) -> Arrangement | None:
    """The plan with COPIES written out as ALL of clones, without the operands of ANY that cannot be filled.

    `filled` says of each seat (by its place in the plan) whether anybody can sit there. `None` when the plan
    would have more than `most_seats` seats.
    """
    plans: list[list[Part]] = []  # for each part, the plan that ends with it; empty when it cannot be filled
    for place, part in enumerate(arrangement.parts):
        below = [plans[each] for each in part.below]
        if part.join is Join.ANY:
            below = [plan for plan in below if plan]
        if not (filled[place] if part.join is Join.SEAT else below and all(below)):
            plans.append([])
            continue
        if part.join is Join.COPIES:
            if part.times > most_seats:
                return None
            below *= part.times
        plan = below[0] if part.join is Join.ANY and len(below) == 1 else _joined(part, below)
        if (
            len(plan) > _PARTS_A_SEAT * most_seats
            or sum(each.join is Join.SEAT for each in plan) > most_seats
        ):
            return None
        plans.append(plan)
    return replace(arrangement, parts=tuple(plans[-1]))


def _joined(part: Part, below: Sequence[list[Part]]) -> list[Part]:
    plan: list[Part] = []
    tops: list[int] = []
    for sub in below:
        shift = len(plan)
        plan.extend(replace(each, below=tuple(place + shift for place in each.below)) for each in sub)
        tops.append(len(plan) - 1)
    if part.join is Join.COPIES:
        plan.append(Part(Join.ALL, tuple(tops), origin=part.origin, clones=True))
    else:
        plan.append(replace(part, below=tuple(tops)))
    return plan
