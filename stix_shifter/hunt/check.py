"""Checking rows here: which observations satisfy the pattern, one by one, and all sources together.

The judge is the pattern package's matcher; here is only who may be trusted with what.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.pattern import Matcher, observed_of
from stix_shifter_utils.pattern.listed import settle_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stix_shifter.hunt.candidates import Candidates
    from stix_shifter.hunt.plan import DialectPlan, Question
    from stix_shifter_utils.pattern import Observed
    from stix_shifter_utils.pattern.listed import Settlement

Object = dict[str, Any]


def observation(group: Sequence[Object]) -> Observed:
    """A group as the matcher reads it."""
    return observed_of(group[0], {item["id"]: item for item in group[1:]})


class DialectCheck:
    """Judges the observations of one dialect of one source by what that dialect has judged itself."""

    def __init__(
        self, source: int, question: Question, plan: DialectPlan, found: Candidates, *, same_object: bool
    ) -> None:
        self._source, self._found = source, found
        self._matcher = Matcher(
            question.pattern, same_object=same_object, case=plan.plan.case, trusted=plan.trusted
        )

    def keep(self, groups: Iterable[list[Object]]) -> int:
        """Keep those groups that satisfy some observation expression of the pattern, and say how many."""
        count = 0
        for group in groups:
            observed = observation(group)
            places = self._matcher.satisfied(observed)
            if places:
                self._found.add(self._source, group, observed, places)
                count += 1
        return count


@dataclass(frozen=True, slots=True)
class Settled:
    """What takes part in a match, in time and then by id. `exact`: see MatchResult."""

    exact: bool
    _candidates: Candidates = field(repr=False)
    _order: Sequence[int] = field(repr=False)
    _settlement: Settlement = field(repr=False)

    def __len__(self) -> int:
        return len(self._settlement.who)

    def sources(self) -> Counter[int]:
        """How many observations of each source take part; sources count from 0."""
        return Counter(self._candidates.source(self._order[who]) for who in self._settlement.who)

    def groups(self) -> Iterator[list[Object]]:
        """Each observed-data with its objects; do not change them."""
        for who in self._settlement.who:
            yield self._candidates.group(self._order[who])

    def matches(self, limit: int) -> Iterator[tuple[str, ...]]:
        """At most `limit` matches, each as ids of observed-data in the order of the pattern's expressions."""
        for match in self._settlement.bindings(limit):
            yield tuple(self._candidates.id(self._order[who]) for who in match)


def settle(question: Question, candidates: Candidates) -> Settled:
    """Settle the observation operators over the candidates of all sources."""
    candidates.rename_doubles()
    order = candidates.in_time()
    sets = candidates.satisfied()
    settlement = settle_times(
        question.pattern, candidates.times(order), lambda who: sets[candidates.places(order[who])]
    )
    return Settled(settlement.exact, candidates, order, settlement)
