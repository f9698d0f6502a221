"""Checking rows here: which observations satisfy the pattern, one by one, and all sources together.

The judge is the pattern package's matcher; here is only who may be trusted with what.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stix_shifter.hunt.renaming import renamed
from stix_shifter_utils.pattern import Matcher, Observed, observed_of
from stix_shifter_utils.stix import own_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stix_shifter.hunt.kept_groups import KeptGroups, Place
    from stix_shifter.hunt.plan import DialectPlan, Question
    from stix_shifter_utils.pattern import MatchResult

Object = dict[str, Any]
_COMBINED_BY = ("id", "first_observed", "last_observed", "number_observed")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An observation that satisfies parts of the pattern (`places`); `source` counts from 0.

    `observed` has what combining asks for: id, times and number, but no objects. The whole `group` waits
    in a store.
    """

    source: int
    observed: Observed
    places: tuple[int, ...]
    _store: KeptGroups = field(repr=False)
    _place: Place = field(repr=False)

    @classmethod
    def of(cls, source: int, group: list[Object], places: tuple[int, ...], store: KeptGroups) -> Candidate:
        told = {name: group[0][name] for name in _COMBINED_BY if name in group[0]}
        return cls(source, Observed(told, ()), places, store, store.put(group))

    @property
    def id(self) -> str:
        found: str = self.observed.raw["id"]
        return found

    @property
    def group(self) -> list[Object]:
        """The observed-data and its objects; do not change them."""
        return self._store.get(self._place)

    def named(self, new: str) -> Candidate:
        """The same observation under another id."""
        return Candidate.of(self.source, renamed(self.group, {self.id: new}), self.places, self._store)


def observation(group: Sequence[Object]) -> Observed:
    """A group as the matcher reads it."""
    return observed_of(group[0], {item["id"]: item for item in group[1:]})


class DialectCheck:
    """Judges the observations of one dialect of one source by what that dialect has judged itself."""

    def __init__(
        self, source: int, question: Question, plan: DialectPlan, store: KeptGroups, *, same_object: bool
    ) -> None:
        self._source, self._store = source, store
        self._matcher = Matcher(
            question.pattern, same_object=same_object, case=plan.plan.case, trusted=plan.trusted
        )

    def candidates(self, groups: Iterable[list[Object]]) -> list[Candidate]:
        """Those groups that satisfy some observation expression of the pattern."""
        found = []
        for group in groups:
            places = self._matcher.satisfied(observation(group))
            if places:
                found.append(Candidate.of(self._source, group, places, self._store))
        return found


@dataclass(frozen=True, slots=True)
class Settled:
    """What takes part in a match, in time and then by id. `exact`: see MatchResult."""

    matched: tuple[Candidate, ...]
    exact: bool
    _result: MatchResult | None = field(default=None, repr=False)

    def matches(self, limit: int) -> Iterator[tuple[str, ...]]:
        """At most `limit` matches, each as ids of observed-data in the order of the pattern's expressions."""
        if self._result is not None:
            yield from (tuple(each.id for each in match) for match in self._result.bindings(limit))


def settle(question: Question, candidates: Iterable[Candidate]) -> Settled:
    """Settle the observation operators over the candidates of all sources."""
    ordered = sorted(
        _distinct(candidates), key=lambda one: (str(one.observed.raw.get("first_observed")), one.id)
    )
    result = Matcher(question.pattern).settle((one.observed, one.places) for one in ordered)
    taken = {id(observed) for observed in result.observations}
    return Settled(tuple(one for one in ordered if id(one.observed) in taken), result.exact, result)


def _distinct(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """The candidates, each observed-data under an id of its own: two sources may hand out one id."""
    seen: dict[str, int] = {}
    for one in candidates:
        if seen.setdefault(one.id, one.source) == one.source:
            yield one
            continue
        creator = str(one.group[0].get("created_by_ref"))
        yield one.named(own_id("observed-data", creator, one.id.encode(), ""))
