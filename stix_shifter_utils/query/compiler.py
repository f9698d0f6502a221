"""From a pattern to a plan: observations, windows, limit, whole queries, and splitting of long ones.

What happens inside the brackets of an observation is the walk's work, what one comparison becomes the
judging's.
"""

from __future__ import annotations

import json
import math
from abc import abstractmethod
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, ClassVar, TypeVar

from stix_shifter_utils.errors import UnmappedError
from stix_shifter_utils.mapping import FieldBinding
from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    ComparisonAnd,
    ComparisonExpression,
    ComparisonOr,
    ObservationAnd,
    ObservationFollowedBy,
    ObservationOr,
    Pattern,
    Qualified,
    Repeats,
    TimeWindow,
    Within,
    children,
    comparisons,
    observations,
)
from stix_shifter_utils.query.answers import Scope
from stix_shifter_utils.query.capabilities import Capabilities
from stix_shifter_utils.query.dividing import divide
from stix_shifter_utils.query.judging import Writer
from stix_shifter_utils.query.model import Body, Case, NativeQuery, Policy, QueryPlan, Verdict
from stix_shifter_utils.query.options import CompilerOptions
from stix_shifter_utils.query.unmapped import unmapped_message
from stix_shifter_utils.query.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stix_shifter_utils.mapping import DialectMapping

F = TypeVar("F")
Unit = tuple[ComparisonExpression, TimeWindow]
"""What is inside the brackets of one observation, and its window."""


class QueryCompiler(Writer[F]):
    """A family of query languages. Immutable after it is made; `compile` may be called from many threads.

    A family says how conditions are written (`Writer`), how a window is, and how a condition becomes a
    whole query; a connector overrides less.
    """

    dialect: ClassVar[str] = ""
    """The language's name, for messages."""

    time_field: ClassVar[str | None] = None
    """The field that windows restrict, in place of the mapping's."""

    def __init__(
        self,
        mapping: DialectMapping,
        options: CompilerOptions | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        self.options = options or CompilerOptions()
        super().__init__(mapping, capabilities or Capabilities(), self.matching_case(mapping, self.options))

    @staticmethod
    def matching_case(mapping: DialectMapping, options: CompilerOptions) -> Case:
        """How rows are compared when they are checked here; `source` follows the fields' kinds."""
        if options.case != "source":
            return options.case
        return "ignore" if mapping.fields.is_caseless else "exact"

    # What a family has to say, beside how conditions are written.

    @abstractmethod
    def in_window(self, window: TimeWindow) -> tuple[F | Scope, bool]:
        """The condition that a row lies in a window, and whether it is just that."""

    @abstractmethod
    def nothing(self) -> F | None:
        """A condition that no row satisfies; None when the language has no words for it."""

    @abstractmethod
    def finish(self, condition: F | None, window: TimeWindow, limit: int | None) -> Body:
        """The whole query; `condition` includes the window, `None` asks for every row."""

    def time_bindings(self) -> tuple[list[FieldBinding], bool]:
        """The fields that say when a row was observed, and whether these are all that results show."""
        index = self.mapping.index
        shown = [*index.time_bindings("first_observed"), *index.time_bindings("last_observed")]
        named = self.time_field or index.fields.time
        by_name = {binding.field: binding for binding in shown}
        if named is None:
            return list(by_name.values()), len(index.time_bindings("first_observed")) <= 1
        own = by_name.get(named) or FieldBinding(named, tuple(named.split(".")), index.fields.kind(named))
        return [own], set(by_name) <= {named}

    def pieces(self, body: Body) -> int:
        """Into how many queries a query has to be divided, to be as small as the source wants it."""
        most = self.capabilities.max_length
        length = len(body if isinstance(body, str) else json.dumps(body)) if most else 0
        return math.ceil(length / most) if most else 1

    # Compiling.

    def compile(self, pattern: Pattern, *, now: datetime, policy: Policy = "prune") -> QueryPlan:
        """The plan for a pattern. `now` (aware) is the end of the window of observations that state none.

        Each comparison is visited once; 100,000 of them take a few seconds.

        Raises UnmappedError under the policy `refuse`, UnsupportedFeatureError for a comparison that nobody
        can judge (ISSUBSET of something that is no address).
        """
        units = self._units(pattern, now)
        walk = Walk(self, policy)
        parts = self._parts(units, walk)
        trusted: tuple[Comparison, ...] = ()
        if policy == "widen":
            trusted, distrusted = self._trust(pattern, units, walk)
            if distrusted:
                walk = Walk(self, policy, distrusted)
                parts = self._parts(units, walk)
        stated = list(comparisons(pattern))
        removed = [] if policy == "widen" else [each for each in stated if _is_removed(walk, each)]
        attributes, comparators = _what_is_unmapped(walk, removed) if removed else ((), ())
        if policy == "refuse" and removed:
            raise UnmappedError(unmapped_message(attributes, comparators))
        queries = self._queries(units, parts, walk)
        return QueryPlan(
            dialect=self.mapping.dialect,
            queries=tuple(queries),
            verdicts=tuple([walk.verdict(each) for each in stated]),
            unmapped_attributes=attributes,
            unmapped_comparators=comparators,
            combination_local=_combines(pattern),
            window=_span([window for _, window in units]),
            window_exact=all(self.in_window(window)[1] for _, window in parts),
            case=self.case,
            trusted=trusted,
        )

    def _units(self, pattern: Pattern, now: datetime) -> list[Unit]:
        default = self.default_window(now)
        return [
            (observation.expression, default if window is TimeWindow.ALL else window)
            for observation, window in observations(pattern)
        ]

    def default_window(self, now: datetime) -> TimeWindow:
        """The window of an observation that states none; it begins and ends at whole milliseconds."""
        minutes = self.options.time_range_min
        if minutes is None:
            return TimeWindow.ALL
        utc = now.astimezone(timezone.utc)
        stop = utc.replace(microsecond=utc.microsecond // 1000 * 1000)
        return TimeWindow(stop - timedelta(minutes=minutes), stop)

    @staticmethod
    def _parts(units: Sequence[Unit], walk: Walk[F]) -> list[tuple[F | Scope, TimeWindow]]:
        """The conditions of the observations: those that share a window are one OR."""
        if len(units) == 1:
            expression, window = units[0]
            return [(walk.any_of(_flat([expression])), window)]
        by_window: dict[TimeWindow, list[ComparisonExpression]] = {}
        for expression, window in units:
            by_window.setdefault(window, []).append(expression)
        return [(walk.any_of(_flat(same)), window) for window, same in by_window.items()]

    # Who may be believed.

    def _trust(
        self, pattern: Pattern, units: Sequence[Unit], walk: Walk[F]
    ) -> tuple[tuple[Comparison, ...], frozenset[int]]:
        """Comparisons whose values do not come back: those that a row's coming proves, and the others."""
        blind = [each for each in comparisons(pattern) if self._is_blind(walk, each)]
        if not blind:
            return (), frozenset()
        if len(units) == 1:
            whole = units[0][0]
            if all(walk.answers[id(each)].verdict is Verdict.EXACT for each in comparisons(whole)):
                return tuple(blind), frozenset()
            needed = {id(whole)} | {id(each) for each in children(whole) if isinstance(whole, ComparisonAnd)}
            proven = tuple(each for each in blind if id(each) in needed)
            return proven, frozenset(id(each) for each in blind if id(each) not in needed)
        return (), frozenset(map(id, blind))

    @staticmethod
    def _is_blind(walk: Walk[F], comparison: Comparison) -> bool:
        answer = walk.answers[id(comparison)]
        return answer.blind and answer.verdict is Verdict.EXACT

    # Whole queries.

    def _queries(
        self, units: Sequence[Unit], parts: Sequence[tuple[F | Scope, TimeWindow]], walk: Walk[F]
    ) -> list[NativeQuery]:
        body = self._body(parts, walk)
        if body is None:
            return []
        window = _span([window for _, window in units])
        number = self.pieces(body)
        pieces = divide(units, number) if number > 1 else None
        if pieces is None:
            return [NativeQuery(body, self.mapping.dialect, window, self.options.result_limit)]
        found: list[NativeQuery] = []
        for piece in pieces:
            again = Walk(self, walk.policy, walk.distrusted)
            found += self._queries(piece, self._parts(piece, again), again)
        return found

    def _body(self, parts: Sequence[tuple[F | Scope, TimeWindow]], walk: Walk[F]) -> Body | None:
        """One query: an OR of what is asked for in each window."""
        whole = walk.either([self._windowed(part, window) for part, window in parts])
        span = _span([window for _, window in parts])
        if whole is Scope.ALL:
            return self.finish(None, span, self.options.result_limit)
        if whole is Scope.NOTHING and not walk.checked:
            nothing = self.nothing()
            return None if nothing is None else self.finish(nothing, span, self.options.result_limit)
        return None if isinstance(whole, Scope) else self.finish(whole, span, self.options.result_limit)

    def _windowed(self, part: F | Scope, window: TimeWindow) -> F | Scope:
        if part is Scope.REMOVED or part is Scope.NOTHING:
            return part
        if window.is_empty:
            return Scope.NOTHING
        inside, _ = self.in_window(window)
        kept = [each for each in (part, inside) if not isinstance(each, Scope)]
        return self.all_of(kept) if kept else Scope.ALL


def _flat(expressions: Sequence[ComparisonExpression]) -> Iterator[ComparisonExpression]:
    """The operands of the OR of some expressions."""
    for expression in expressions:
        if isinstance(expression, ComparisonOr):
            yield from expression.operands
        else:
            yield expression


def _what_is_unmapped(
    walk: Walk[F], removed: Sequence[Comparison]
) -> tuple[tuple[str, ...], tuple[Comparator, ...]]:
    """The paths without a field, and the comparators that mapped fields cannot be asked with, each once."""
    mapped = [each for each in removed if walk.answers[id(each)].is_mapped]
    others = [each for each in removed if not walk.answers[id(each)].is_mapped]
    paths = dict.fromkeys(str(each.path) for each in others)
    return tuple(paths), tuple(dict.fromkeys(each.comparator for each in mapped))


def _is_removed(walk: Walk[F], comparison: Comparison) -> bool:
    answer = walk.answers[id(comparison)]
    return answer.part is None or answer.verdict is Verdict.LOCAL


def _combines(pattern: Pattern) -> bool:
    """Whether observations have to be combined after they came back."""
    stack = [pattern.expression]
    while stack:
        node = stack.pop()
        if isinstance(node, (ObservationAnd, ObservationFollowedBy)):
            return True
        if isinstance(node, Qualified):
            if isinstance(node.qualifier, (Within, Repeats)):
                return True
            stack.append(node.expression)
        elif isinstance(node, ObservationOr):
            stack.extend(node.operands)
    return False


def _span(windows: Sequence[TimeWindow]) -> TimeWindow:
    """The smallest window that holds all of these."""
    if len(windows) == 1:
        return windows[0]
    starts = [window.start for window in windows]
    stops = [window.stop for window in windows]
    return TimeWindow(
        None if None in starts else min((each for each in starts if each), default=None),
        None if None in stops else max((each for each in stops if each), default=None),
    )
