"""The one walk over a pattern: groups, the rule for what cannot be asked, folding of `=` under OR, verdicts.

A walk is made for one compilation and remembers what was decided for each comparison. What a comparison
becomes is its family's answer; how observations, windows and limits make whole queries is `compiler`'s
work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    ComparisonAnd,
    ComparisonExpression,
)
from stix_shifter_utils.query.answers import Answer, Scope
from stix_shifter_utils.query.model import ComparisonVerdict, Policy, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol

    from stix_shifter_utils.pattern import ObjectPath
    from stix_shifter_utils.query.capabilities import Capabilities

    G = TypeVar("G")

    class Family(Protocol[G]):
        """What the walk asks of a family of languages; `checked` says that rows will be judged here."""

        @property
        def capabilities(self) -> Capabilities: ...

        def judge(self, comparison: Comparison, *, checked: bool) -> Answer[G]: ...

        def judge_any(
            self, comparisons: Sequence[Comparison], *, checked: bool
        ) -> tuple[list[G | Scope], list[Answer[G]]]: ...

        def all_of(self, parts: Sequence[G]) -> G: ...

        def any_of(self, parts: Sequence[G]) -> G: ...


F = TypeVar("F")


class Walk(Generic[F]):
    """One pattern, one policy. `distrusted` are comparisons (by `id`) that nobody could judge."""

    def __init__(self, family: Family[F], policy: Policy, distrusted: frozenset[int] = frozenset()) -> None:
        self.family, self.policy, self.distrusted = family, policy, distrusted
        self.checked = policy == "widen"
        self.answers: dict[int, Answer[F]] = {}

    def any_of(self, operands: Iterable[ComparisonExpression]) -> F | Scope:
        """The native condition of an OR of expressions. Nothing recurses, whatever the pattern's nesting."""
        stack: list[_Level[F]] = [_Level(operands, is_or=True)]
        while True:
            level = stack[-1]
            inner = self._go_on(level)
            if inner is not None:
                stack.append(inner)
                continue
            part = self._close(level)
            stack.pop()
            if not stack:
                return part
            stack[-1].parts.append(part)

    def _go_on(self, level: _Level[F]) -> _Level[F] | None:
        """Take the operands of a level up to one that has operands itself, which is returned."""
        for operand in level.operands:
            if not isinstance(operand, Comparison):
                return _Level(operand.operands, is_or=not isinstance(operand, ComparisonAnd))
            if level.is_or and is_foldable(operand):
                same = level.folded.get(operand.path)
                if same is None:
                    level.folded[operand.path] = same = []
                same.append(operand)
            elif self._is_long(operand):
                level.parts.append(self.either(list(self.any_value([operand]))))
            else:
                level.parts.append(self.settle(operand, self.answer(operand)))
        return None

    def _close(self, level: _Level[F]) -> F | Scope:
        for same in level.folded.values():
            level.parts.extend(self.any_value(same))
        if len(level.parts) == 1:
            return level.parts[0]
        return self.either(level.parts) if level.is_or else self.both(level.parts)

    def any_value(self, comparisons: list[Comparison]) -> Iterable[F | Scope]:
        """`=` and IN of one path under one OR, as few lists of values."""
        if self.distrusted or (len(comparisons) == 1 and not self._is_long(comparisons[0])):
            return [self.settle(each, self.answer(each)) for each in comparisons]
        parts, answers = self.family.judge_any(comparisons, checked=self.checked)
        kept: list[F | Scope] = list(parts)
        known = self.answers
        for comparison, answer in zip(comparisons, answers, strict=True):
            known[id(comparison)] = answer
            if answer.part is not Scope.REMOVED:  # else it is in one of the parts already
                kept.append(self.settle(comparison, answer))
        return kept

    def _is_long(self, comparison: Comparison) -> bool:
        """Whether a list has more values than the source takes in one."""
        most = self.family.capabilities.max_values
        return (
            most is not None
            and isinstance(comparison.value, tuple)
            and len(comparison.value) > most
            and is_foldable(comparison)
        )

    def answer(self, comparison: Comparison) -> Answer[F]:
        answer = self.family.judge(comparison, checked=self.checked)
        self.answers[id(comparison)] = answer
        return answer

    def settle(self, comparison: Comparison, answer: Answer[F]) -> F | Scope:
        """What a comparison contributes under the policy."""
        if self.checked:
            if answer.verdict is Verdict.UNSEARCHABLE or id(comparison) in self.distrusted:
                return Scope.NOTHING
            return Scope.ALL if answer.part is None else answer.part
        if answer.part is None or answer.verdict is Verdict.LOCAL:
            return Scope.REMOVED
        return answer.part

    def both(self, parts: list[F | Scope]) -> F | Scope:
        """AND. A removed part takes the rest along."""
        if Scope.REMOVED in parts:
            return Scope.REMOVED
        if Scope.NOTHING in parts:
            return Scope.NOTHING
        kept = [part for part in parts if not isinstance(part, Scope)]
        return self.family.all_of(kept) if kept else Scope.ALL

    def either(self, parts: list[F | Scope]) -> F | Scope:
        """OR. A removed part leaves the rest."""
        if Scope.ALL in parts:
            return Scope.ALL
        kept = [part for part in parts if not isinstance(part, Scope)]
        if kept:
            return self.family.any_of(kept)
        return Scope.NOTHING if Scope.NOTHING in parts else Scope.REMOVED

    def verdict(self, comparison: Comparison) -> ComparisonVerdict:
        """What was decided for a comparison of the walked expression."""
        answer = self.answers[id(comparison)]
        if id(comparison) in self.distrusted:
            reason = "its values do not come back, and rows are asked for by other parts of the pattern too"
            return ComparisonVerdict(comparison, Verdict.UNSEARCHABLE, reason)
        return ComparisonVerdict(comparison, answer.verdict, answer.reason)


class _Level(Generic[F]):
    """One AND or OR on the way: the operands still to come, and what became of those before."""

    __slots__ = ("folded", "is_or", "operands", "parts")

    def __init__(self, operands: Iterable[ComparisonExpression], *, is_or: bool) -> None:
        self.operands = iter(operands)
        self.is_or = is_or
        self.parts: list[F | Scope] = []
        self.folded: dict[ObjectPath, list[Comparison]] = {}


def is_foldable(comparison: Comparison) -> bool:
    """Whether a comparison says that a value is one of some literals."""
    comparator = comparison.comparator
    return (comparator is Comparator.EQUAL or comparator is Comparator.IN) and not comparison.negated
