"""The local matcher: judges observed-data against a pattern, one observation or many together.

The parts behind it: `observed` (what is judged), `judge` and `values` (one observation), `arrangement`,
`offers`, `bindings` and `combine` (many). What a source is asked for, and which of its answers need
judging, is the query package's work. Where this differs from the OASIS matcher, and why, is ADR 0003.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stix_shifter_utils.pattern.arrangement import Arrangement, arrange
from stix_shifter_utils.pattern.combine import bindings, candidate, settle, visible
from stix_shifter_utils.pattern.judge import Judge, Reading, compile_expression
from stix_shifter_utils.pattern.observed import Observed, Span, observed_from_objects, observed_of
from stix_shifter_utils.pattern.values import Case
from stix_shifter_utils.pattern.window import TimeWindow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from stix_shifter_utils.pattern.nodes import Comparison, ComparisonExpression, Pattern
    from stix_shifter_utils.pattern.offers import Candidate

__all__ = [
    "Case",
    "MatchResult",
    "Matcher",
    "Observed",
    "Span",
    "matches_observation",
    "observed_from_objects",
    "observed_of",
]


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Which observations take part in at least one match, in the order they came in.

    `exact` is false when a pattern whose expressions compete for the same observations was too much to search
    (see `combine`): then some of the observations may take part in no match, and none is missing.
    """

    observations: tuple[Observed, ...]
    exact: bool = True
    _arrangement: Arrangement | None = field(default=None, repr=False, compare=False)
    _seen: tuple[Observed, ...] = field(default=(), repr=False, compare=False)
    _by_leaf: tuple[Sequence[Candidate], ...] = field(default=(), repr=False, compare=False)

    @property
    def matched(self) -> bool:
        """Whether the pattern matches at all."""
        return bool(self.observations)

    @property
    def observed(self) -> tuple[str, ...]:
        """The ids of `observations`; empty text for one without id."""
        return tuple(each.id for each in self.observations)

    def bindings(self, limit: int = 1000) -> Iterator[tuple[Observed, ...]]:
        """At most `limit` matches, each as observations in the order of the pattern's expressions.

        Computed as they are asked for. An observation that stands for several may come several times in one.
        """
        if self._arrangement is None:
            found: Iterator[tuple[Observed, ...]] = ((each,) for each in self.observations)
        else:
            numbers = bindings(self._arrangement, self._by_leaf)
            found = (tuple(self._seen[who] for who in binding) for binding in numbers)
        return itertools.islice(found, limit)


class Matcher:
    """A pattern, compiled once, for any number of observations.

    `same_object` asks the reading of §9.5: all comparisons inside brackets start at one and the same
    object. Without it each comparison may be satisfied by any object of the observation, so a flow from a
    to b has the addresses a and b; what holds with `same_object` holds without. `case` is how plain text
    compares; hashes, MAC addresses and domain names always compare without case. `trusted` are comparisons
    that the source has judged exactly: for those alone an absent value is true.

    Raises UnsupportedFeatureError for a regular expression that is not PCRE or a block that is no address.
    Judging raises it for a regular expression that takes too long (`matches.TIME_LIMIT_S`), and
    ResultsTranslationError for an observation without usable times where the pattern asks for times.
    """

    def __init__(
        self,
        pattern: Pattern,
        *,
        same_object: bool = False,
        case: Case = "exact",
        trusted: Collection[Comparison] = (),
    ) -> None:
        self.pattern = pattern
        reading = Reading(same_object, case, frozenset(trusted))
        self._arrangement = arrange(pattern.expression)
        self._judges = [
            _with_window(compile_expression(leaf.expression, reading), leaf.window)
            for leaf in self._arrangement.leaves
        ]

    def candidates(self, observed: Observed) -> bool:
        """Whether this one satisfies any of the pattern's observation expressions inside its window."""
        return any(judge(observed) for judge in self._judges)

    def match(self, observations: Iterable[Observed]) -> MatchResult:
        """Judge many observations together, in one pass; only those that satisfy some expression are kept."""
        if self._arrangement.is_single:
            return MatchResult(tuple(filter(self._judges[0], observations)))
        return self.settle(self._judged(observations))

    def satisfied(self, observed: Observed) -> tuple[int, ...]:
        """The places (from 0) of the observation expressions that this one satisfies inside their windows."""
        return tuple([number for number, judge in enumerate(self._judges) if judge(observed)])

    def _judged(self, observations: Iterable[Observed]) -> Iterator[tuple[Observed, Sequence[int]]]:
        """The observations that satisfy some expression, each with the places of those."""
        if len(self._judges) == 1:
            yield from ((observed, (0,)) for observed in filter(self._judges[0], observations))
            return
        numbered = tuple(enumerate(self._judges))
        for observed in observations:
            places = [number for number, judge in numbered if judge(observed)]
            if places:
                yield observed, places

    def settle(self, judged: Iterable[tuple[Observed, Sequence[int]]]) -> MatchResult:
        """Combine observations that were judged before, each with what it satisfies.

        For observations of several sources, which other matchers of the same pattern may have judged: with
        another case, or other trusted comparisons.
        """
        if self._arrangement.is_single:
            return MatchResult(tuple(observed for observed, places in judged if places))
        seen, by_leaf = self._sorted_out(judged)
        settled = settle(self._arrangement, by_leaf)
        return MatchResult(
            tuple(seen[who] for who in sorted(settled.who)),
            settled.exact,
            self._arrangement,
            tuple(seen),
            tuple(by_leaf),
        )

    def _sorted_out(
        self, judged: Iterable[tuple[Observed, Sequence[int]]]
    ) -> tuple[list[Observed], list[list[Candidate]]]:
        """The observations that satisfy some expression, and each expression's candidates among them."""
        leaves = self._arrangement.leaves
        timed = self._arrangement.is_timed
        seen: list[Observed] = []
        by_leaf: list[list[Candidate]] = [[] for _ in leaves]
        for observed, satisfied in judged:
            if not satisfied:
                continue
            for number in satisfied:
                found = candidate(observed, len(seen), leaves[number].window, timed=timed)
                if found is not None:
                    by_leaf[number].append(found)
            seen.append(observed)
        return seen, by_leaf


def matches_observation(
    expression: ComparisonExpression,
    observed: Observed,
    *,
    same_object: bool = False,
    case: Case = "exact",
    trusted: Collection[Comparison] = (),
) -> bool:
    """Whether one observation satisfies what stands inside brackets. `Matcher` compiles once for many."""
    return compile_expression(expression, Reading(same_object, case, frozenset(trusted)))(observed)


def _with_window(judge: Judge, window: TimeWindow) -> Judge:
    if window == TimeWindow.ALL:
        return judge

    def inside(observed: Observed) -> bool:
        if not judge(observed):
            return False
        first, last = visible(observed.span(), window)
        return first <= last

    return inside
