"""Walking, folding and rewriting trees; windows of observations."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings

from stix_shifter_utils.pattern import (
    Comparison,
    ComparisonExpression,
    Node,
    Pattern,
    TimeWindow,
    comparison_and,
    comparison_or,
    comparisons,
    fold,
    map_comparisons,
    observations,
    parse_path,
    parse_pattern,
    print_node,
    print_pattern,
)
from stix_shifter_utils.testing.patterns import patterns

START = datetime(2020, 1, 1, tzinfo=timezone.utc)


def day(number: int) -> datetime:
    return START + timedelta(days=number - 1)


def without_x(comparison: Comparison) -> ComparisonExpression | None:
    return None if comparison.path.steps[0] == "x" else comparison


@pytest.mark.parametrize(
    ("text", "kept", "classic"),
    [
        ("[a:b = 1]", "[a:b = 1]", "[a:b = 1]"),
        ("[a:x = 1]", None, None),
        ("[a:b = 1 OR a:x = 1]", "[a:b = 1]", "[a:b = 1]"),
        ("[a:x = 1 OR a:b = 1 OR a:c = 1]", "[a:b = 1 OR a:c = 1]", "[a:b = 1 OR a:c = 1]"),
        ("[a:b = 1 AND a:x = 1]", "[a:b = 1]", None),
        ("[a:b = 1 AND (a:c = 1 OR a:x = 1)]", "[a:b = 1 AND a:c = 1]", "[a:b = 1 AND a:c = 1]"),
        ("[a:b = 1 AND a:x = 1 OR a:c = 1]", "[a:b = 1 OR a:c = 1]", "[a:c = 1]"),
        (
            "[a:b = 1 OR (a:x = 1 OR a:x = 2 AND a:c = 1) AND a:d = 1]",
            "[a:b = 1 OR a:c = 1 AND a:d = 1]",
            "[a:b = 1]",
        ),
        ("[a:b = 1] OR [a:x = 1]", "[a:b = 1]", "[a:b = 1]"),
        ("[a:x = 1] AND [a:b = 1] FOLLOWEDBY [a:x = 1]", "[a:b = 1]", "[a:b = 1]"),
        (
            "([a:b = 1] OR [a:x = 1]) WITHIN 5 SECONDS",
            "[a:b = 1] WITHIN 5 SECONDS",
            "[a:b = 1] WITHIN 5 SECONDS",
        ),
        ("[a:x = 1] WITHIN 5 SECONDS OR [a:b = 1]", "[a:b = 1]", "[a:b = 1]"),
        (
            "[a:b = 1 AND (a:c = 1 OR a:x = 1 AND a:x = 2) AND a:d = 1]",
            "[a:b = 1 AND a:c = 1 AND a:d = 1]",
            "[a:b = 1 AND a:c = 1 AND a:d = 1]",
        ),
    ],
)
def test_removed_comparisons_leave_the_rest(text: str, kept: str | None, classic: str | None) -> None:
    for expected, takes_all in ((kept, False), (classic, True)):
        rewritten = map_comparisons(parse_pattern(text), without_x, and_takes_all=takes_all)
        assert (rewritten and print_pattern(rewritten)) == expected
        assert rewritten == (None if expected is None else parse_pattern(expected))


def test_a_comparison_may_become_a_whole_expression_which_joins_its_surroundings() -> None:
    pattern = parse_pattern("[a:b = 1 AND a:c = 2 OR a:d = 3]")
    doubled = map_comparisons(pattern, lambda one: comparison_or([one, one]))
    assert doubled is not None
    assert print_pattern(doubled) == ("[(a:b = 1 OR a:b = 1) AND (a:c = 2 OR a:c = 2) OR a:d = 3 OR a:d = 3]")


def test_what_does_not_change_stays_the_same_object() -> None:
    pattern = parse_pattern("[a:b = 1 OR a:c = 2] AND [a:d = 3 OR a:x = 4]")
    assert map_comparisons(pattern, lambda one: one) is pattern
    pruned = map_comparisons(pattern, without_x)
    assert pruned is not None
    assert pruned.expression.operands[0] is pattern.expression.operands[0]  # type: ignore[union-attr]  # two ANDs
    assert print_pattern(pattern) == "[a:b = 1 OR a:c = 2] AND [a:d = 3 OR a:x = 4]"


def test_joining_nothing_is_an_error_and_joining_one_is_itself() -> None:
    (one,) = parse_pattern("[a:b = 1]").comparisons()
    assert comparison_and([one]) is one
    with pytest.raises(ValueError, match="at least one operand"):
        comparison_and([])


def test_fold_meets_every_node_once_after_its_operands() -> None:
    met: list[str] = []

    def combine(node: Node, results: tuple[int, ...]) -> int:
        met.append(print_node(node))
        return 1 + sum(results)

    assert fold(parse_pattern("[a:b = 1 OR a:c = 2] WITHIN 5 SECONDS"), combine) == 6
    assert met == [
        "a:b = 1",
        "a:c = 2",
        "a:b = 1 OR a:c = 2",
        "[a:b = 1 OR a:c = 2]",
        "[a:b = 1 OR a:c = 2] WITHIN 5 SECONDS",
        "[a:b = 1 OR a:c = 2] WITHIN 5 SECONDS",
    ]


def test_deep_trees_are_walked_folded_and_rewritten_from_deep_down_the_stack() -> None:
    text = "[" + "(a:b = 1 AND (a:x = 2 OR " * 150 + "a:c = 1" + "))" * 150 + "]"
    pattern = parse_pattern(text)

    def work(levels: int) -> None:
        if levels:
            work(levels - 1)
            return
        assert len(list(comparisons(pattern))) == 301
        pruned = map_comparisons(pattern, without_x)
        assert pruned == parse_pattern("[" + "a:b = 1 AND " * 150 + "a:c = 1]")
        assert len(list(observations(pattern))) == 1

    work(150)


@settings(max_examples=100, deadline=None)
@given(patterns())
def test_rewriting_by_equal_comparisons_gives_an_equal_tree(pattern: Pattern) -> None:
    copied = map_comparisons(
        pattern, lambda one: Comparison(one.path, one.comparator, one.value, one.negated)
    )
    assert copied == pattern
    assert copied is not pattern


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("[a:b = 1] OR [a:c = 2]", [TimeWindow.ALL, TimeWindow.ALL]),
        (
            "[a:b = 1] START t'2020-01-01T00:00:00Z' STOP t'2020-01-03T00:00:00Z' OR [a:c = 2]",
            [TimeWindow(day(1), day(3)), TimeWindow.ALL],
        ),
        (
            "([a:b = 1] AND [a:c = 2] REPEATS 2 TIMES) "
            "START t'2020-01-01T00:00:00Z' STOP t'2020-01-03T00:00:00Z' WITHIN 5 SECONDS",
            [TimeWindow(day(1), day(3))] * 2,
        ),
        (
            "([a:b = 1] START t'2020-01-02T00:00:00Z' STOP t'2020-01-05T00:00:00Z' FOLLOWEDBY [a:c = 2]) "
            "START t'2020-01-01T00:00:00Z' STOP t'2020-01-03T00:00:00Z'",
            [TimeWindow(day(2), day(3)), TimeWindow(day(1), day(3))],
        ),
    ],
)
def test_each_observation_has_the_window_of_all_start_stop_above_it(
    text: str, windows: list[TimeWindow]
) -> None:
    found = list(observations(parse_pattern(text)))
    assert [window for _, window in found] == windows
    assert [str(next(comparisons(one)).path) for one, _ in found] == ["a:b", "a:c"]


def test_windows_without_a_common_instant_are_empty() -> None:
    text = (
        "([a:b = 1] START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z') "
        "START t'2020-01-02T00:00:00Z' STOP t'2020-01-03T00:00:00Z'"
    )
    ((_, window),) = observations(parse_pattern(text))
    assert window.is_empty
    assert not TimeWindow(day(1), day(2)).is_empty
    assert not TimeWindow.ALL.is_empty


def test_a_window_holds_its_start_and_not_its_stop() -> None:
    window = TimeWindow(day(1), day(2))
    assert window.contains(day(1))
    assert not window.contains(day(2))
    assert not window.contains(day(1) - timedelta(microseconds=1))
    assert TimeWindow(None, day(2)).contains(day(1))
    assert TimeWindow.ALL.contains(day(1))
    assert window.intersect(TimeWindow.ALL) == window
    assert TimeWindow(day(1), None).intersect(TimeWindow(None, day(4))) == TimeWindow(day(1), day(4))


def test_a_fold_result_may_be_anything() -> None:
    paths = fold(parse_pattern("[a:b = 1 AND a:c = 2]"), _paths)
    assert paths == {parse_path("a:b"), parse_path("a:c")}


def _paths(node: Node, results: tuple[set[object], ...]) -> set[object]:
    return {node.path} if isinstance(node, Comparison) else set().union(*results)
