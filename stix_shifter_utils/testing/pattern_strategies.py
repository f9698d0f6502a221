"""Hypothesis strategies for patterns and their parts: any legal tree, in the shape that parsing gives.

Patterns about given rows are `patterns.generate_patterns`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hypothesis import strategies as st

from stix_shifter_utils.pattern import (
    ANY,
    Binary,
    Comparator,
    Comparison,
    ComparisonExpression,
    Hex,
    Literal,
    ObjectPath,
    Observation,
    ObservationExpression,
    Pattern,
    Qualified,
    Qualifier,
    Repeats,
    Scalar,
    StartStop,
    Timestamp,
    Within,
    comparison_and,
    comparison_or,
    followed_by,
    observation_and,
    observation_or,
)
from stix_shifter_utils.pattern.literals import read_timestamp
from stix_shifter_utils.pattern.paths import path_of

_HASHES: Final = ("MD5", "SHA-256", "sha1", "hashes", "SSDEEP", "file_header_hashes")
_NAMES: Final = ("b", "value", "_", "src_ref", "x_9", "X", "name", "a-b", "it's", "\\", "a.b", "[0]", "", "0")
_WORDS: Final = ("true", "false", "AND", "NOT", "IN", "EXISTS", "LAST", "START")
_TEXTUAL: Final = (Comparator.LIKE, Comparator.MATCHES, Comparator.ISSUBSET, Comparator.ISSUPERSET)
_EQUALITY: Final = (Comparator.EQUAL, Comparator.NOT_EQUAL)
_ORDER: Final = (
    Comparator.GREATER_THAN,
    Comparator.LESS_THAN,
    Comparator.GREATER_THAN_OR_EQUAL,
    Comparator.LESS_THAN_OR_EQUAL,
)


def object_paths() -> st.SearchStrategy[ObjectPath]:
    """Paths of any names, keys that need quotes, keywords, hashes, indexes and `[*]`."""
    types = st.sampled_from(("a", "file", "x-y", "_", "ipv4-addr", "x509-certificate", "t", "h"))
    names = st.one_of(st.sampled_from((*_NAMES, *_HASHES, *_WORDS)), st.text(max_size=6))
    steps = st.one_of(names, names, st.integers(-3, 30), st.just(ANY))
    return st.builds(
        lambda kind, first, rest: path_of(kind, [first, *rest]), types, names, st.lists(steps, max_size=4)
    )


def timestamps() -> st.SearchStrategy[Timestamp]:
    """Timestamps of the years that Python knows, with a fraction of any length or none."""
    moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 58))  # noqa: DTZ001  made UTC below
    fractions = st.sampled_from(("", ".0", ".5", ".120", ".000001", ".9999999", ".123456789"))
    return st.builds(
        lambda moment, fraction: read_timestamp(f"t'{moment.isoformat(timespec='seconds')}{fraction}Z'"),
        moments,
        fractions,
    )


def ordered_literals() -> st.SearchStrategy[Scalar]:
    """Literals of every kind that `<` takes: all but booleans."""
    return st.one_of(
        st.text(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        timestamps(),
        st.builds(Hex, st.binary(max_size=8)),
        st.builds(Binary, st.binary(min_size=1, max_size=8)),
    )


def literals() -> st.SearchStrategy[Scalar]:
    """Literals of every kind, one at a time."""
    return st.one_of(ordered_literals(), st.booleans())


def comparison_tests() -> st.SearchStrategy[Comparison]:
    """Single comparisons, each comparator with values that it takes."""

    def of(
        comparators: tuple[Comparator, ...], values: st.SearchStrategy[Literal]
    ) -> st.SearchStrategy[Comparison]:
        return st.builds(Comparison, object_paths(), st.sampled_from(comparators), values, st.booleans())

    sets: st.SearchStrategy[Literal] = st.lists(literals(), max_size=4).map(tuple)
    return st.one_of(
        of(_EQUALITY, literals()),
        of(_ORDER, ordered_literals()),
        of(_TEXTUAL, st.text()),
        of((Comparator.IN,), sets),
        of((Comparator.EXISTS,), st.none()),
    )


def comparison_expressions(max_leaves: int = 6) -> st.SearchStrategy[ComparisonExpression]:
    """What stands inside brackets, nested at will."""

    def joined(parts: st.SearchStrategy[ComparisonExpression]) -> st.SearchStrategy[ComparisonExpression]:
        operands = st.lists(parts, min_size=2, max_size=4)
        return st.one_of(operands.map(comparison_and), operands.map(comparison_or))

    leaves: st.SearchStrategy[ComparisonExpression] = comparison_tests()
    return st.recursive(leaves, joined, max_leaves=max_leaves)


def qualifiers() -> st.SearchStrategy[Qualifier]:
    """START-STOP, WITHIN and REPEATS that the specification allows."""
    spans = st.one_of(st.integers(1), st.floats(1e-9, 1e12))
    pairs = st.tuples(timestamps(), timestamps()).map(lambda pair: tuple(sorted(pair, key=_instant)))
    windows = pairs.filter(lambda pair: _instant(pair[0]) < _instant(pair[1]))
    return st.one_of(
        st.builds(Within, spans),
        st.builds(Repeats, st.integers(1, 10**9)),
        windows.map(lambda pair: StartStop(*pair)),
    )


def _instant(timestamp: Timestamp) -> tuple[datetime, str]:
    return timestamp.moment, timestamp.digits


def observation_expressions(max_leaves: int = 4) -> st.SearchStrategy[ObservationExpression]:
    """Observation expressions, nested and qualified at will."""

    def joined(parts: st.SearchStrategy[ObservationExpression]) -> st.SearchStrategy[ObservationExpression]:
        operands = st.lists(parts, min_size=2, max_size=3)
        return st.one_of(
            operands.map(observation_and),
            operands.map(observation_or),
            operands.map(followed_by),
            st.builds(Qualified, parts, qualifiers()),
        )

    leaves: st.SearchStrategy[ObservationExpression] = st.builds(Observation, comparison_expressions())
    return st.recursive(leaves, joined, max_leaves=max_leaves)


def patterns() -> st.SearchStrategy[Pattern]:
    """Whole patterns."""
    return st.builds(Pattern, observation_expressions())
