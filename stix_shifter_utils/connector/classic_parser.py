"""Reading patterns and taking out what is unmapped, under the names that earlier releases had for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import StixShifterError
from stix_shifter_utils.pattern import parse_pattern
from stix_shifter_utils.pattern.classic import (
    BaseObservationExpression,
    CombinedComparisonExpression,
    CombinedObservationExpression,
    ComparisonExpression,
    ObservationExpression,
    Pattern,
    StartStopQualifier,
    classic_tree,
)

if TYPE_CHECKING:
    from stix_shifter_utils.connector.query_translator import BaseQueryTranslator


class ParserError(ValueError):
    """The text is not a pattern, or says what the classic tree cannot."""


def generate_query(pattern: str) -> Pattern:
    """The classic tree of a pattern, new each time. Raises ParserError."""
    try:
        return classic_tree(parse_pattern(pattern), text=pattern)
    except StixShifterError as error:
        raise ParserError(str(error)) from error


def strip_unmapped_attributes(pattern: Pattern, data_model_mapper: BaseQueryTranslator) -> dict[str, Any]:
    """`{"parsing": tree or None, "unmapped_stix": [...], "unmapped_operator": [...]}`.

    An unmapped comparison goes, and with it the whole AND that it stands in.
    """
    work = _Stripper(data_model_mapper)
    kept = work.observation(pattern.expression)
    return {
        "parsing": None if kept is None else Pattern(kept),
        "unmapped_stix": list(work.attributes),
        "unmapped_operator": list(work.operators),
    }


class _Stripper:
    def __init__(self, mapper: BaseQueryTranslator) -> None:
        self._mapper = mapper
        self.attributes: dict[str, None] = {}
        self.operators: dict[Any, None] = {}

    def observation(self, node: Any) -> Any:
        if isinstance(node, StartStopQualifier):
            inner = self.observation(node.observation_expression)
            return None if inner is None else StartStopQualifier(node.qualifier, inner, node.start, node.stop)
        if isinstance(node, CombinedObservationExpression):
            kept = [one for one in map(self.observation, (node.expr1, node.expr2)) if one is not None]
            if len(kept) < 2:  # noqa: PLR2004 -- both sides are there, or one stands for the whole
                return kept[0] if kept else None
            return CombinedObservationExpression(kept[0], kept[1], node.operator)
        if isinstance(node, ObservationExpression):
            inside = self.comparison(node.comparison_expression)
            return None if inside is None else ObservationExpression(inside)
        return node if isinstance(node, BaseObservationExpression) else None

    def comparison(self, node: Any) -> Any:
        if isinstance(node, ComparisonExpression):
            return node if self._is_mapped(node) else None
        if isinstance(node, CombinedComparisonExpression):
            one, two = self.comparison(node.expr1), self.comparison(node.expr2)
            if one is not None and two is not None:
                return CombinedComparisonExpression(one, two, node.operator)
            return None if node.operator.name == "And" else (one if two is None else two)
        return node

    def _is_mapped(self, comparison: ComparisonExpression) -> bool:
        operator = (self._mapper.map_comparator() or {}).get(str(comparison.comparator))
        kind, _, path = comparison.object_path.partition(":")
        fields = self._mapper.map_field(kind, path)
        if not operator:
            self.operators[comparison.comparator] = None
        if not fields:
            self.attributes[comparison.object_path] = None
        return bool(operator and fields)
