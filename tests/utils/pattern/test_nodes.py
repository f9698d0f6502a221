"""Equality, hashes, texts, pickles and copies of trees, also of deep ones from deep down the stack."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given, settings

from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    ComparisonAnd,
    ComparisonOr,
    Observation,
    Pattern,
    Timestamp,
    children,
    parse_path,
    parse_pattern,
    print_pattern,
)
from stix_shifter_utils.pattern.nodes import flatten, unflatten
from stix_shifter_utils.testing.patterns import patterns

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
PATH = parse_path("a:b")


def deep(levels: int = 300, core: str = "a:b = 1") -> str:
    return "[" + "(a:b = 1 AND (a:b = 2 OR " * (levels // 2) + core + "))" * (levels // 2) + "]"


def from_deep_down(work: Callable[[], T], levels: int = 150) -> T:
    return from_deep_down(work, levels - 1) if levels else work()


@pytest.mark.parametrize(
    "values", [(1, 1.0, True, "1"), (0, 0.0, False, "0"), ((1,), (1.0,), (True,), (1, 1)), ((), None, "")]
)
def test_literals_of_different_kinds_make_different_comparisons(values: tuple[object, ...]) -> None:
    made = [Comparison(PATH, Comparator.EQUAL, value) for value in values]  # type: ignore[arg-type]  # any kind
    for place, one in enumerate(made):
        assert one == Comparison(PATH, Comparator.EQUAL, values[place])  # type: ignore[arg-type]  # as above
        for other in made[place + 1 :]:
            assert one != other
            assert Observation(one) != Observation(other)
            assert ComparisonOr((one, one)) != ComparisonOr((one, other))
    assert len(set(made)) == len(made)
    assert len({Pattern(Observation(one)) for one in made}) == len(made)


def test_the_place_in_the_text_does_not_count_and_negation_does() -> None:
    assert Comparison(PATH, Comparator.EQUAL, 1, offset=1) == Comparison(PATH, Comparator.EQUAL, 1, offset=5)
    assert hash(Comparison(PATH, Comparator.EQUAL, 1, offset=1)) == hash(
        Comparison(PATH, Comparator.EQUAL, 1)
    )
    assert Comparison(PATH, Comparator.EQUAL, 1) != Comparison(PATH, Comparator.EQUAL, 1, negated=True)


def test_and_differs_from_or_and_a_node_from_anything_else() -> None:
    operands = (Comparison(PATH, Comparator.EQUAL, 1), Comparison(PATH, Comparator.EQUAL, 2))
    assert ComparisonAnd(operands) != ComparisonOr(operands)
    assert ComparisonAnd(operands) != ComparisonAnd(operands[::-1])
    assert ComparisonAnd(operands) != "text"
    assert operands[0] != "text"


def test_timestamps_are_equal_when_they_name_the_same_instant() -> None:
    moment = datetime(2020, 1, 1, tzinfo=timezone.utc)
    assert Timestamp("2020-01-01T00:00:00Z", moment) == Timestamp("2020-01-01T00:00:00.000Z", moment)
    assert Timestamp("", moment, "1") != Timestamp("", moment)
    assert parse_pattern("[a:b = t'2020-01-01T00:00:00.10Z']") == parse_pattern(
        "[a:b = t'2020-01-01T00:00:00.1Z']"
    )


def test_deep_trees_are_compared_hashed_shown_pickled_and_copied_from_deep_down_the_stack() -> None:
    one, same, other = (parse_pattern(text) for text in (deep(), deep(), deep(core="a:b = 1.0")))

    def work() -> None:
        assert one == same
        assert one != other
        assert hash(one) == hash(same)
        assert len({one, same, other}) == 2
        assert repr(one) == f"<Pattern {print_pattern(one)}>"
        assert pickle.loads(pickle.dumps(one)) == one
        assert copy.copy(one) is one
        assert copy.deepcopy(one) is one
        assert str(one) == print_pattern(one)

    from_deep_down(work)


@settings(max_examples=100, deadline=None)
@given(patterns())
def test_flattening_and_pickling_keep_the_tree(pattern: Pattern) -> None:
    assert unflatten(flatten(pattern)) == pattern
    again = pickle.loads(pickle.dumps(pattern))
    assert again == pattern
    assert hash(again) == hash(pattern)
    assert print_pattern(again) == print_pattern(pattern)


def test_children_stand_in_text_order() -> None:
    expression = parse_pattern("[a:b = 1 OR a:c = 2]").expression
    (disjunction,) = children(expression)
    assert [str(comparison.path) for comparison in children(disjunction)] == ["a:b", "a:c"]
    assert children(children(disjunction)[0]) == ()


def test_every_node_shows_its_text() -> None:
    pattern = parse_pattern("[a:b = 1 AND a:c = 'x'] WITHIN 5 SECONDS")
    assert repr(pattern) == "<Pattern [a:b = 1 AND a:c = 'x'] WITHIN 5 SECONDS>"
    assert repr(pattern.expression) == "<Qualified [a:b = 1 AND a:c = 'x'] WITHIN 5 SECONDS>"
    assert str(parse_path("a:'b c'")) == "a:'b c'"


def test_nodes_cannot_be_changed() -> None:
    pattern = parse_pattern("[a:b = 1]")
    with pytest.raises(AttributeError):
        pattern.expression = pattern.expression  # type: ignore[misc]  # what must fail
    with pytest.raises(AttributeError):
        next(pattern.comparisons()).value = 2  # type: ignore[misc]  # as above
