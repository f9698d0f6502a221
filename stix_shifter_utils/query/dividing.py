"""Dividing what is too long for one query into several whose results together are the same.

Only ORs, and lists of values, are divided; rows that satisfy several parts come back more than once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    ComparisonExpression,
    ComparisonOr,
    comparison_and,
    comparison_or,
    comparisons,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.pattern import TimeWindow

T = TypeVar("T")


def divide(
    units: Sequence[tuple[ComparisonExpression, TimeWindow]], number: int
) -> list[list[tuple[ComparisonExpression, TimeWindow]]] | None:
    """Units in about `number` groups of like size; None when nothing can be divided.

    A single unit is divided at its OR, at a list of values, or at the largest such operand of its AND.
    """
    number = max(number, 2)
    if len(units) > 1:
        return [list(group) for group in _groups(units, number)]
    expression, window = units[0]
    parts = divide_expression(expression, number)
    return None if parts is None else [[(part, window)] for part in parts]


def divide_expression(expression: ComparisonExpression, number: int) -> list[ComparisonExpression] | None:
    """Expressions whose OR is this one; None when it has no OR and no list of values to divide."""
    if isinstance(expression, ComparisonOr):
        return [comparison_or(group) for group in _groups(expression.operands, number)]
    if isinstance(expression, Comparison):
        return _divide_list(expression, number)
    sizes = sorted(((_size(each), place) for place, each in enumerate(expression.operands)), reverse=True)
    for _, place in sizes:
        parts = divide_expression(expression.operands[place], number)
        if parts is not None:
            before, behind = expression.operands[:place], expression.operands[place + 1 :]
            return [comparison_and((*before, part, *behind)) for part in parts]
    return None


def _divide_list(comparison: Comparison, number: int) -> list[ComparisonExpression] | None:
    values = comparison.value
    if comparison.comparator is not Comparator.IN or comparison.negated or not isinstance(values, tuple):
        return None
    if len(values) < 2:  # noqa: PLR2004  nothing to divide
        return None
    return [
        Comparison(comparison.path, Comparator.IN, tuple(group), offset=comparison.offset)
        for group in _groups(values, number)
    ]


def _size(expression: ComparisonExpression) -> int:
    return sum(len(each.value) if isinstance(each.value, tuple) else 1 for each in comparisons(expression))


def _groups(items: Sequence[T], number: int) -> list[Sequence[T]]:
    number = min(number, len(items))
    return [items[len(items) * at // number : len(items) * (at + 1) // number] for at in range(number)]
