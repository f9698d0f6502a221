"""What is said of comparisons that a source cannot be asked, in the words that classic clients know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stix_shifter_utils.pattern import Comparator

if TYPE_CHECKING:
    from collections.abc import Iterable

CLASSIC_NAMES: Final = {
    Comparator.EQUAL: "Equal",
    Comparator.NOT_EQUAL: "NotEqual",
    Comparator.GREATER_THAN: "GreaterThan",
    Comparator.LESS_THAN: "LessThan",
    Comparator.GREATER_THAN_OR_EQUAL: "GreaterThanOrEqual",
    Comparator.LESS_THAN_OR_EQUAL: "LessThanOrEqual",
    Comparator.IN: "In",
    Comparator.LIKE: "Like",
    Comparator.MATCHES: "Matches",
    Comparator.ISSUPERSET: "IsSuperSet",
    Comparator.ISSUBSET: "IsSubSet",
    Comparator.EXISTS: "Exists",
}
"""Comparators as operators.json (`ComparisonComparators.Equal`) and the classic messages call them."""


def unmapped_message(attributes: Iterable[str], comparators: Iterable[Comparator]) -> str:
    """The classic text for a pattern of which nothing is left, or that must not be cut."""
    paths = list(dict.fromkeys(attributes))
    names = [CLASSIC_NAMES[comparator] for comparator in dict.fromkeys(comparators)]
    operators = f"Operators: [{', '.join(names)}]"
    if paths and names:
        what = f"objects and properties: {paths} and {operators}"
    else:
        what = f"objects and properties: {paths}" if paths else operators
    return f"Unable to map the following STIX {what} to data source fields"
