"""Printed patterns read back equal, with as few brackets as the grammar allows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from stix_shifter_utils.pattern import (
    Binary,
    Hex,
    Observation,
    Pattern,
    Qualified,
    Within,
    parse_pattern,
    print_comparison,
    print_expression,
    print_literal,
    print_node,
    print_pattern,
)
from stix_shifter_utils.pattern.antlr import parse_with_antlr
from stix_shifter_utils.testing.patterns import literals, patterns


@settings(max_examples=300, deadline=None)
@given(patterns())
def test_printing_then_parsing_gives_the_same_tree(pattern: Pattern) -> None:
    text = print_pattern(pattern)
    assert parse_pattern(text) == pattern
    assert print_pattern(parse_pattern(text)) == text


@settings(max_examples=60, deadline=None)
@given(patterns())
def test_antlr_reads_printed_patterns_as_the_same_trees(pattern: Pattern) -> None:
    assert parse_with_antlr(print_pattern(pattern)) == pattern


@settings(max_examples=500, deadline=None)
@given(literals())
def test_printing_then_parsing_gives_the_same_literal(value: object) -> None:
    (comparison,) = parse_pattern(f"[a:b = {print_literal(value)}]").comparisons()  # type: ignore[arg-type]  # any
    assert comparison.value == value
    assert type(comparison.value) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "[a:b = 1 AND a:c = 2 OR a:d = 3]",
        "[(a:b = 1 OR a:c = 2) AND a:d = 3]",
        "[a:b = 1 AND (a:c = 2 OR a:d = 3 AND (a:e = 4 OR a:f = 5))]",
        "[NOT EXISTS a:b AND a:c NOT IN ('x', 1, 1.0, true, h'00', b'AA==', t'2020-01-01T00:00:00.10Z')]",
        "[a:b = 1] AND [a:c = 2] OR [a:d = 3] FOLLOWEDBY [a:e = 4]",
        "([a:b = 1] OR [a:c = 2]) AND [a:d = 3]",
        "[a:b = 1] FOLLOWEDBY ([a:c = 2] FOLLOWEDBY [a:d = 3]) FOLLOWEDBY [a:e = 4]",
        "([a:b = 1] OR [a:c = 2]) WITHIN 5 SECONDS",
        "[a:b = 1] WITHIN 5 SECONDS AND [a:c = 2] REPEATS 2 TIMES WITHIN 0.5 SECONDS",
        "([a:b = 1] WITHIN 5 SECONDS) WITHIN 6 SECONDS",
        "(([a:b = 1] WITHIN 5 SECONDS) WITHIN 6 SECONDS REPEATS 2 TIMES) REPEATS 3 TIMES",
        "([a:b = 1] REPEATS 2 TIMES WITHIN 5 SECONDS) REPEATS 3 TIMES WITHIN 7 SECONDS",
        "[a:b = 1] START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'",
    ],
)
def test_texts_without_needless_brackets_print_as_they_are(text: str) -> None:
    assert print_pattern(parse_pattern(text)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0000001, "0.0000001"),
        (1e22, "10000000000000000000000.0"),
        (-2.5, "-2.5"),
        (5.0, "5.0"),
        (True, "true"),
        (-3, "-3"),
        ("it's \\", r"'it\'s \\'"),
        (Hex(b"\x0a\xff"), "h'0aff'"),
        (Binary(b"\x00"), "b'AA=='"),
        ((), "()"),
        ((1, "a"), "(1, 'a')"),
    ],
)
def test_literals_print_in_the_spelling_of_the_grammar(value: object, text: str) -> None:
    assert print_literal(value) == text  # type: ignore[arg-type]  # any kind


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), b"x", Binary(b""), [1], (None,)])
def test_values_that_no_literal_can_say_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="a pattern cannot hold the value"):
        print_literal(value)  # type: ignore[arg-type]  # what must fail


def test_parts_print_as_they_stand_in_the_whole() -> None:
    pattern = parse_pattern("([a:b NOT = 1 OR EXISTS a:c] AND [a:d > 2]) WITHIN 5 SECONDS")
    assert [print_comparison(one) for one in pattern.comparisons()] == [
        "a:b NOT = 1",
        "EXISTS a:c",
        "a:d > 2",
    ]
    assert isinstance(pattern.expression, Qualified)
    assert pattern.expression.qualifier == Within(5)
    first = next(one for one in pattern.expression.expression.operands)  # type: ignore[union-attr]  # an AND
    assert isinstance(first, Observation)
    assert print_expression(first.expression) == "a:b NOT = 1 OR EXISTS a:c"
    assert print_node(first) == "[a:b NOT = 1 OR EXISTS a:c]"
    assert print_pattern(first) == print_node(first)
