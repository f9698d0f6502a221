"""Classic trees have the published shapes, operand orders and values, and are new for every call."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings

from stix_shifter_utils.errors import UnsupportedComparatorError
from stix_shifter_utils.pattern import Comparator, comparisons, parse_pattern
from stix_shifter_utils.pattern.classic import (
    BaseComparisonExpression,
    BaseObservationExpression,
    CombinedComparisonExpression,
    CombinedObservationExpression,
    ComparisonComparators,
    ComparisonExpression,
    ComparisonExpressionOperators,
    ObservationExpression,
    ObservationOperators,
    Pattern,
    SetValue,
    StartStopQualifier,
    classic_tree,
)
from stix_shifter_utils.testing.patterns import patterns

DAY = "START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00.5Z'"
WRITTEN = "STARTt'2020-01-01T00:00:00Z'STOPt'2020-01-02T00:00:00.5Z'"


def shape(node: Any) -> str:
    """The tree as text: the classes' abbreviations, the last letter of each path."""
    match node:
        case Pattern():
            return f"Pattern({shape(node.expression)})"
        case ObservationExpression():
            return f"[{shape(node.comparison_expression)}]"
        case ComparisonExpression():
            return node.object_path[-1]
        case CombinedComparisonExpression():
            return f"CCmp({shape(node.expr1)} {node.operator.name} {shape(node.expr2)})"
        case CombinedObservationExpression():
            return f"CObs({shape(node.expr1)} {node.operator.name} {shape(node.expr2)})"
        case StartStopQualifier():
            return f"SSQ({shape(node.observation_expression)})"
        case _:
            raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a:b = 1]", "Pattern([b])"),
        ("[a:b = 1 AND a:c = 2 AND a:d = 3]", "Pattern([CCmp(d And CCmp(c And b))])"),
        ("[a:b = 1 OR a:c = 2 AND a:d = 3]", "Pattern([CCmp(CCmp(d And c) Or b)])"),
        ("[(a:b = 1 OR a:c = 2) AND a:d = 3]", "Pattern([CCmp(d And CCmp(c Or b))])"),
        ("[a:b = 1] OR [a:c = 1] OR [a:d = 1]", "Pattern(CObs(CObs([b] Or [c]) Or [d]))"),
        ("[a:b = 1] OR [a:c = 1] AND [a:d = 1]", "Pattern(CObs([b] Or CObs([c] And [d])))"),
        ("[a:b = 1] FOLLOWEDBY [a:c = 1]", "Pattern(CObs([b] FollowedBy [c]))"),
        (f"[a:b = 1] OR [a:c = 1] {DAY}", "Pattern(CObs([b] Or SSQ([c])))"),
        (f"([a:b = 1] OR [a:c = 1]) {DAY}", "Pattern(SSQ(CObs([b] Or [c])))"),
        (f"[a:b = 1] {DAY} OR [a:c = 1] {DAY}", "Pattern(CObs(SSQ([b]) Or SSQ([c])))"),
        ("[a:b = 1] WITHIN 5 SECONDS REPEATS 5 TIMES", "Pattern([b])"),
        (f"([a:b = 1] REPEATS 2 TIMES {DAY} WITHIN 5 SECONDS) {DAY}", "Pattern(SSQ([b]))"),
    ],
)
def test_trees_have_the_published_shapes(text: str, expected: str) -> None:
    assert shape(classic_tree(parse_pattern(text))) == expected


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("'text'", "text"),
        (r"'C:\\x'", r"C:\x"),
        (r"'it\'s'", r"it\'s"),
        (r"'\''", r"\'"),
        ("1", 1),
        ("-3", -3),
        ("1.5", 1.5),
        ("true", True),
        ("t'2020-01-01T00:00:00Z'", datetime(2020, 1, 1, tzinfo=timezone.utc)),
        ("h'AABB'", "h'aabb'"),
        ("b'QUJD'", "b'QUJD'"),
    ],
)
def test_values_are_the_published_ones(literal: str, value: object) -> None:
    comparison = only(f"[a:b = {literal}]")
    assert comparison.value == value
    assert type(comparison.value) is type(value)


def only(text: str) -> ComparisonExpression:
    expression = classic_tree(parse_pattern(text)).expression
    assert isinstance(expression, ObservationExpression)
    assert isinstance(expression.comparison_expression, ComparisonExpression)
    return expression.comparison_expression


def test_sets_are_set_values() -> None:
    value = only(r"[a:b IN ('a', 2, 'it\'s')]").value
    assert isinstance(value, SetValue)
    assert value.values == ["a", 2, r"it\'s"]
    assert list(value.element_iterator()) == ["a", "2", r"it\'s"]
    assert str(value) == r"('a', 2, 'it\'s')"
    assert str(only("[a:b IN ()]").value) == "()"
    assert not value.is_open
    with pytest.raises(RuntimeError):
        value.append(1)
    grown = SetValue()
    grown.append("a")
    grown.close()
    assert grown.values == ["a"]


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("=", "Equal"),
        ("!=", "NotEqual"),
        (">", "GreaterThan"),
        ("<", "LessThan"),
        (">=", "GreaterThanOrEqual"),
        ("<=", "LessThanOrEqual"),
        ("LIKE", "Like"),
        ("MATCHES", "Matches"),
        ("ISSUPERSET", "IsSuperSet"),
        ("ISSUBSET", "IsSubSet"),
        ("IN", "In"),
    ],
)
def test_comparators_are_named_as_in_operators_json(spelling: str, name: str) -> None:
    literal = "('10.0.0.0/8')" if spelling == "IN" else "'10.0.0.0/8'"
    for negation in ("", "NOT "):
        comparison = only(f"[a:b {negation}{spelling} {literal}]")
        assert str(comparison.comparator) == f"ComparisonComparators.{name}"
        assert repr(comparison.comparator) == name
        assert comparison.negated is bool(negation)


def test_enumerations_have_the_published_members() -> None:
    assert [member.value for member in ComparisonComparators] == list(range(11))
    assert [str(member) for member in ComparisonExpressionOperators] == [
        "ComparisonExpressionOperators.And",
        "ComparisonExpressionOperators.Or",
    ]
    assert [str(member) for member in ObservationOperators] == [
        "ObservationOperators.And",
        "ObservationOperators.Or",
        "ObservationOperators.FollowedBy",
    ]


def test_qualifiers_are_told_by_their_attributes_and_split_at_quotes() -> None:
    qualifier = classic_tree(parse_pattern(f"[a:b = 1] {DAY}")).expression
    assert isinstance(qualifier, StartStopQualifier)
    assert not isinstance(qualifier, BaseObservationExpression)
    assert qualifier.qualifier == WRITTEN
    assert qualifier.qualifier.split("'")[1::2] == [qualifier.start_iso, qualifier.stop_iso]
    assert (qualifier.start, qualifier.start_iso) == ("t'2020-01-01T00:00:00Z'", "2020-01-01T00:00:00Z")
    assert (qualifier.stop, qualifier.stop_iso) == ("t'2020-01-02T00:00:00.5Z'", "2020-01-02T00:00:00.5Z")
    quoted = DAY.replace("t'", "'")
    assert classic_tree(parse_pattern(f"[a:b = 1] {quoted}")).expression.qualifier == WRITTEN  # type: ignore[union-attr]


def test_of_two_windows_straight_around_one_another_the_common_one_is_left() -> None:
    outer = "START t'2020-01-01T12:00:00Z' STOP t'2020-01-09T00:00:00Z'"
    qualifier = classic_tree(parse_pattern(f"([a:b = 1] {DAY}) {outer}")).expression
    assert isinstance(qualifier, StartStopQualifier)
    assert (qualifier.start_iso, qualifier.stop_iso) == ("2020-01-01T12:00:00Z", "2020-01-02T00:00:00.5Z")


def test_paths_are_canonical_unless_the_caller_spells_them() -> None:
    pattern = parse_pattern("[file:hashes.sha256 = 'x' AND network-traffic:protocols[*] = 'tcp']")
    assert classic_paths(classic_tree(pattern)) == ["network-traffic:protocols[*]", "file:hashes.'SHA-256'"]
    spelled = classic_tree(pattern, path_text=lambda comparison: f"own:{comparison.offset}")
    assert classic_paths(spelled) == ["own:30", "own:1"]


def classic_paths(node: Any) -> list[str]:
    """All object paths, `expr1` first, without recursion."""
    stack, paths = [node], []
    while stack:
        top = stack.pop()
        if isinstance(top, ComparisonExpression):
            paths.append(top.object_path)
        elif hasattr(top, "expr1"):
            stack += [top.expr2, top.expr1]
        else:
            stack.append(next(value for name, value in vars(top).items() if name.endswith("expression")))
    return paths


def test_every_call_makes_new_objects_that_may_be_written_to() -> None:
    pattern = parse_pattern("[a:b = 1]")
    one, other = classic_tree(pattern), classic_tree(pattern)
    comparison = one.expression.comparison_expression  # type: ignore[union-attr]  # a plain observation
    assert comparison is not other.expression.comparison_expression  # type: ignore[union-attr]  # as above
    comparison.value, comparison.object_path, comparison.negated = "new", "x:y", True
    assert other.expression.comparison_expression.value == 1  # type: ignore[union-attr]  # as above
    assert next(pattern.comparisons()).value == 1


def depth(node: Any) -> int:
    """Levels of `expr1` and `expr2`, found by the recursion of a connector."""
    return 1 + max(depth(node.expr1), depth(node.expr2)) if hasattr(node, "expr1") else 0


@pytest.mark.parametrize("operands", [2, 200])
def test_up_to_two_hundred_operands_nest_one_by_one(operands: int) -> None:
    tests = [f"a:b{number} = 1" for number in range(operands)]
    inside = classic_tree(parse_pattern(f"[{' OR '.join(tests)}]"))
    assert depth(inside.expression.comparison_expression) == operands - 1  # type: ignore[union-attr]  # plain
    assert classic_paths(inside) == [f"a:b{number}" for number in reversed(range(operands))]
    outside = classic_tree(parse_pattern(" OR ".join(f"[{test}]" for test in tests)))
    assert depth(outside.expression) == operands - 1
    assert classic_paths(outside) == [f"a:b{number}" for number in range(operands)]


@pytest.mark.parametrize("operands", [201, 1024, 40_000])
def test_more_operands_nest_in_halves_in_the_same_order(operands: int) -> None:
    assert sys.getrecursionlimit() == 1000
    tests = [f"a:b{number} = 1" for number in range(operands)]
    inside = classic_tree(parse_pattern(f"[{' OR '.join(tests)}]"))
    assert depth(inside.expression.comparison_expression) <= 17  # type: ignore[union-attr]  # plain
    assert classic_paths(inside) == [f"a:b{number}" for number in reversed(range(operands))]
    outside = classic_tree(parse_pattern(" FOLLOWEDBY ".join(f"[{test}]" for test in tests)))
    assert depth(outside.expression) <= 17
    assert classic_paths(outside) == [f"a:b{number}" for number in range(operands)]


def test_deep_nesting_is_built_without_recursion() -> None:
    text = "[" + "(a:b = 1 AND (a:b = 2 OR " * 150 + "a:c = 1" + "))" * 150 + "]"
    assert len(classic_paths(classic_tree(parse_pattern(text)))) == 301


def test_exists_cannot_be_said() -> None:
    with pytest.raises(UnsupportedComparatorError, match="cannot compare a:b by EXISTS"):
        classic_tree(parse_pattern("[a:c = 1 AND EXISTS a:b]"))


BAD: Any = None


@pytest.mark.parametrize(
    "make",
    [
        lambda: ObservationExpression(BAD),
        lambda: Pattern(BAD),
        lambda: ComparisonExpression("a:b", 1, BAD),
        lambda: CombinedComparisonExpression(
            BaseComparisonExpression(), BAD, ComparisonExpressionOperators.And
        ),
        lambda: CombinedObservationExpression(BaseObservationExpression(), BaseObservationExpression(), BAD),
        lambda: StartStopQualifier("x", BaseObservationExpression(), BAD, BAD),
    ],
)
def test_constructors_check_types(make: Any) -> None:
    with pytest.raises(RuntimeWarning, match="constructor called with wrong types"):
        make()


@settings(max_examples=100, deadline=None)
@given(patterns())
def test_every_comparison_of_every_pattern_is_in_its_classic_tree(pattern: Any) -> None:
    if any(one.comparator is Comparator.EXISTS for one in comparisons(pattern)):
        return
    assert sorted(classic_paths(classic_tree(pattern))) == sorted(
        str(one.path) for one in comparisons(pattern)
    )


BRACKETS = [
    ("[a:b = 1 AND (a:c = 2 AND a:d = 3)]", "((3 And 2) And 1)"),
    ("[(a:b = 1 AND a:c = 2) AND a:d = 3]", "(3 And (2 And 1))"),
    ("[a:b = 1 OR (a:c = 2 OR (a:d = 3 OR a:e = 4))]", "(((4 Or 3) Or 2) Or 1)"),
    ("[a:b = 1 AND ((a:c = 2 OR a:d = 3) AND a:e = 4)]", "((4 And (3 Or 2)) And 1)"),
    ("[a:b IN (1, 2) OR (a:c = '(' OR a:d = 3)]", "((3 Or () Or (1, 2))"),
    ("[a:b = 1 /* ( */ OR a:c = 2 OR a:d = 3]", "(3 Or (2 Or 1))"),
    ("[a:b = 1] AND ([a:c = 2] AND [a:d = 3])", "(1 And (2 And 3))"),
    ("([a:b = 1] OR [a:c = 2]) OR ([a:d = 3] OR [a:e = 4])", "((1 Or 2) Or (3 Or 4))"),
]


@pytest.mark.parametrize(("text", "expected"), BRACKETS)
def test_the_parentheses_of_the_text_shape_the_tree(text: str, expected: str) -> None:
    def written(node: Any) -> str:
        if isinstance(node, ComparisonExpression):
            return str(node.value)
        if isinstance(node, ObservationExpression):
            return written(node.comparison_expression)
        return f"({written(node.expr1)} {node.operator.name} {written(node.expr2)})"

    assert written(classic_tree(parse_pattern(text), text=text).expression) == expected
