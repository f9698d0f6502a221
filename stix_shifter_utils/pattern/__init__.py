"""STIX patterns: reading, printing, rewriting and judging them.

What a source makes of one is the query package's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.pattern.nodes import (
    ANY,
    Binary,
    Comparator,
    Comparison,
    ComparisonAnd,
    ComparisonExpression,
    ComparisonOr,
    Hex,
    Literal,
    Node,
    ObjectPath,
    Observation,
    ObservationAnd,
    ObservationExpression,
    ObservationFollowedBy,
    ObservationOr,
    PathStep,
    Pattern,
    Qualified,
    Qualifier,
    Repeats,
    Scalar,
    StartStop,
    Timestamp,
    Within,
    children,
)
from stix_shifter_utils.pattern.parse import parse_pattern
from stix_shifter_utils.pattern.paths import make_path, parse_path
from stix_shifter_utils.pattern.plan import observations
from stix_shifter_utils.pattern.print import (
    print_comparison,
    print_expression,
    print_literal,
    print_node,
    print_path,
    print_pattern,
)
from stix_shifter_utils.pattern.rewrite import (
    comparison_and,
    comparison_or,
    comparisons,
    fold,
    followed_by,
    map_comparisons,
    observation_and,
    observation_or,
)
from stix_shifter_utils.pattern.window import TimeWindow

if TYPE_CHECKING:
    from stix_shifter_utils.pattern.match import (
        Matcher,
        MatchResult,
        Observed,
        matches_observation,
        observed_from_objects,
        observed_of,
    )
    from stix_shifter_utils.pattern.validate import validate_pattern

_MATCHING = frozenset({
    *("MatchResult", "Matcher", "Observed", "matches_observation", "observed_from_objects", "observed_of"),
})  # fmt: skip

__all__ = [
    "ANY",
    "Binary",
    "Comparator",
    "Comparison",
    "ComparisonAnd",
    "ComparisonExpression",
    "ComparisonOr",
    "Hex",
    "Literal",
    "MatchResult",
    "Matcher",
    "Node",
    "ObjectPath",
    "Observation",
    "ObservationAnd",
    "ObservationExpression",
    "ObservationFollowedBy",
    "ObservationOr",
    "Observed",
    "PathStep",
    "Pattern",
    "Qualified",
    "Qualifier",
    "Repeats",
    "Scalar",
    "StartStop",
    "TimeWindow",
    "Timestamp",
    "Within",
    "children",
    "comparison_and",
    "comparison_or",
    "comparisons",
    "fold",
    "followed_by",
    "make_path",
    "map_comparisons",
    "matches_observation",
    "observation_and",
    "observation_or",
    "observations",
    "observed_from_objects",
    "observed_of",
    "parse_path",
    "parse_pattern",
    "print_comparison",
    "print_expression",
    "print_literal",
    "print_node",
    "print_path",
    "print_pattern",
    "validate_pattern",
]


def __getattr__(name: str) -> Any:
    if name in _MATCHING:
        from stix_shifter_utils.pattern import match

        return getattr(match, name)
    if name == "validate_pattern":
        from stix_shifter_utils.pattern.validate import validate_pattern

        return validate_pattern
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
