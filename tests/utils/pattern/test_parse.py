"""What a pattern's text means, what is refused and where, and the limits of both readers."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

import pytest

from stix_shifter_utils.errors import ConfigurationError, PatternSyntaxError, QualifierError
from stix_shifter_utils.pattern import (
    Binary,
    Comparator,
    Comparison,
    ComparisonAnd,
    ComparisonOr,
    Hex,
    Observation,
    ObservationAnd,
    ObservationFollowedBy,
    ObservationOr,
    Pattern,
    Qualified,
    Repeats,
    StartStop,
    Timestamp,
    Within,
    parse_path,
    parse_pattern,
    print_pattern,
)
from stix_shifter_utils.pattern.build import MAX_PARENTHESES
from stix_shifter_utils.pattern.parse import MAX_REFUSED_TOKENS
from stix_shifter_utils.pattern.read import read_pattern

Parser = Literal["auto", "antlr"]
ROOT = Path(__file__).parents[3]
both_parsers = pytest.mark.parametrize("parser", ["auto", "antlr"])


def only(text: str, parser: Parser = "auto") -> Comparison:
    """The single comparison of a pattern."""
    (comparison,) = parse_pattern(text, parser=parser).comparisons()
    return comparison


VALUES = {
    "'text'": "text",
    "''": "",
    r"'it\'s a \\ here'": r"it's a \ here",
    r"'ends in \''": "ends in '",
    r"'\\\''": "\\'",
    r"'\\n'": r"\n",
    "'two\nlines // no /* comment */'": "two\nlines // no /* comment */",
    "'ünï 🙂'": "ünï 🙂",
    "0": 0,
    "-0": 0,
    "+5": 5,
    "-17": -17,
    "9" * 600: int("9" * 600),
    "1.5": 1.5,
    "-.25": -0.25,
    "+3.0": 3.0,
    "00.5": 0.5,
    "true": True,
    "false": False,
    "h''": Hex(b""),
    "h'00fF'": Hex(b"\x00\xff"),
    "b'AAEC'": Binary(b"\x00\x01\x02"),
    "b'+/8='": Binary(b"\xfb\xff"),
    "t'2020-02-29T23:59:59Z'": Timestamp("", datetime(2020, 2, 29, 23, 59, 59, tzinfo=timezone.utc)),
    "t'2020-01-01T00:00:00.1230Z'": Timestamp(
        "", datetime(2020, 1, 1, microsecond=123000, tzinfo=timezone.utc), "123"
    ),
    "t'2020-01-01T00:00:00.1234567Z'": Timestamp(
        "", datetime(2020, 1, 1, microsecond=123456, tzinfo=timezone.utc), "1234567"
    ),
    "t'2016-12-31T23:59:60Z'": Timestamp("", datetime(2017, 1, 1, tzinfo=timezone.utc)),
}


@both_parsers
@pytest.mark.parametrize("text", VALUES, ids=lambda text: text[:40])
def test_literals_have_their_values_and_kinds(text: str, parser: Parser) -> None:
    value = only(f"[a:b = {text}]", parser).value
    assert value == VALUES[text]
    assert type(value) is type(VALUES[text])
    assert only(f"[a:b IN ({text}, {text})]", parser).value == (VALUES[text], VALUES[text])


@both_parsers
@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize(
    ("spelling", "comparator", "value"),
    [
        ("= 1", Comparator.EQUAL, 1),
        ("== 1", Comparator.EQUAL, 1),
        ("!= 'a'", Comparator.NOT_EQUAL, "a"),
        ("<> 'a'", Comparator.NOT_EQUAL, "a"),
        ("> 1", Comparator.GREATER_THAN, 1),
        ("< 1.5", Comparator.LESS_THAN, 1.5),
        (">= h'00'", Comparator.GREATER_THAN_OR_EQUAL, Hex(b"\0")),
        ("<= 'a'", Comparator.LESS_THAN_OR_EQUAL, "a"),
        ("IN ()", Comparator.IN, ()),
        ("IN (1, 'a', true)", Comparator.IN, (1, "a", True)),
        ("LIKE 'a%'", Comparator.LIKE, "a%"),
        ("MATCHES '^a'", Comparator.MATCHES, "^a"),
        ("ISSUBSET '10.0.0.0/8'", Comparator.ISSUBSET, "10.0.0.0/8"),
        ("ISSUPERSET '10.0.0.1'", Comparator.ISSUPERSET, "10.0.0.1"),
    ],
)
def test_every_comparator_reads_with_and_without_not(
    spelling: str, comparator: Comparator, value: Any, negated: bool, parser: Parser
) -> None:
    text = f"[a:b {'NOT ' if negated else ''}{spelling}]"
    assert only(text, parser) == Comparison(parse_path("a:b"), comparator, value, negated)


@both_parsers
def test_exists_stands_before_its_path(parser: Parser) -> None:
    assert only("[EXISTS a:b.c]", parser) == Comparison(parse_path("a:b.c"), Comparator.EXISTS, None)
    assert only("[NOT EXISTS a:b]", parser) == Comparison(
        parse_path("a:b"), Comparator.EXISTS, None, negated=True
    )


@both_parsers
def test_exists_is_a_name_in_the_grammar_of_stix_2_0(parser: Parser) -> None:
    assert only("[EXISTS:b = 1]", parser).path.object_type == "EXISTS"
    assert only("[a : EXISTS.'x' = 1]", parser).path.steps == ("EXISTS", "x")
    for mixed in ("[EXISTS:b = 1 AND EXISTS a:b]", "[NOT EXISTS a:b OR a:EXISTS = 1]"):
        with pytest.raises(PatternSyntaxError):
            parse_pattern(mixed, parser=parser)


@both_parsers
@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("[ file : name='x' ]", "[file:name = 'x']"),
        ("[file\n:\n'name'\t= 'x']", "[file:name = 'x']"),
        ("[/* a // b */ a:b = 1 // to the end ]\n]", "[a:b = 1]"),
        ("/**/[a:b/***/=/* * / */1]//", "[a:b = 1]"),
        ("\ufeff[a:b = 1]".removeprefix("\ufeff"), "[a:b = 1]"),
        ("[a:b\u00a0=\u3000\u20281]", "[a:b = 1]"),
        ("[a:b=1AND a:c='x'AND a:d IN(1)OR a:e=2]", "[a:b = 1 AND a:c = 'x' AND a:d IN (1) OR a:e = 2]"),
        ("[a:b [ * ] . c = 1]", "[a:b[*].c = 1]"),
        ("[a:b[ +1 ][-2] = 1]", "[a:b[1][-2] = 1]"),
        ("[a:'b'.'c d' = 1]", "[a:b.'c d' = 1]"),
        ("[((a:b = 1))]", "[a:b = 1]"),
        ("(([a:b = 1]))", "[a:b = 1]"),
        ("[a:b = 1 AND (a:c = 2 AND a:d = 3)]", "[a:b = 1 AND a:c = 2 AND a:d = 3]"),
        ("[a:b = 1 OR (a:c = 2 AND a:d = 3)]", "[a:b = 1 OR a:c = 2 AND a:d = 3]"),
        ("[a:b = 1] AND ([a:c = 2] AND [a:d = 3])", "[a:b = 1] AND [a:c = 2] AND [a:d = 3]"),
        (
            "([a:b = 1] FOLLOWEDBY [a:c = 2]) FOLLOWEDBY [a:d = 3]",
            "[a:b = 1] FOLLOWEDBY [a:c = 2] FOLLOWEDBY [a:d = 3]",
        ),
        ("([a:b = 1] WITHIN 5 SECONDS) REPEATS 2 TIMES", "[a:b = 1] WITHIN 5 SECONDS REPEATS 2 TIMES"),
        ("[file:hashes.sha256 = 'x']", "[file:hashes.'SHA-256' = 'x']"),
        (
            "[a:b = 1] START '2020-01-01T00:00:00Z' STOP '2020-01-02T00:00:00.5Z'",
            "[a:b = 1] START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00.5Z'",
        ),
    ],
)
def test_spellings_of_one_pattern_give_one_tree(text: str, same_as: str, parser: Parser) -> None:
    assert parse_pattern(text, parser=parser) == parse_pattern(same_as, parser=parser)
    assert print_pattern(parse_pattern(text, parser=parser)) == same_as


@both_parsers
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[a:b = 1]", "[a:b = 1.0]"),
        ("[a:b = 1]", "[a:b = true]"),
        ("[a:b = 1]", "[a:b = '1']"),
        ("[a:b IN (0)]", "[a:b IN (false)]"),
        ("[a:b = 1]", "[a:b NOT = 1]"),
        ("[a:b = h'00']", "[a:b = b'AA==']"),
        ("[a:b = 1 OR a:c = 2]", "[a:b = 1 AND a:c = 2]"),
        ("[(a:b = 1 OR a:c = 2) AND a:d = 3]", "[a:b = 1 OR a:c = 2 AND a:d = 3]"),
        ("[a:b = 1 OR a:c = 2]", "[a:b = 1] OR [a:c = 2]"),
        (
            "[a:b = 1] FOLLOWEDBY ([a:c = 2] FOLLOWEDBY [a:d = 3])",
            "[a:b = 1] FOLLOWEDBY [a:c = 2] FOLLOWEDBY [a:d = 3]",
        ),
        ("[a:b = 1] OR [a:c = 2] WITHIN 5 SECONDS", "([a:b = 1] OR [a:c = 2]) WITHIN 5 SECONDS"),
        ("[a:b = 1] WITHIN 5 SECONDS REPEATS 2 TIMES", "[a:b = 1] REPEATS 2 TIMES WITHIN 5 SECONDS"),
        ("[a:b[0] = 1]", "[a:b[*] = 1]"),
        ("[a:b.'0' = 1]", "[a:b[0] = 1]"),
    ],
)
def test_different_patterns_give_different_trees(one: str, other: str, parser: Parser) -> None:
    assert parse_pattern(one, parser=parser) != parse_pattern(other, parser=parser)


@both_parsers
def test_and_binds_before_or_before_followedby(parser: Parser) -> None:
    def single(name: str) -> Comparison:
        return Comparison(parse_path(f"a:{name}"), Comparator.EQUAL, 1)

    inside = parse_pattern("[a:b = 1 OR a:c = 1 AND a:d = 1]", parser=parser)
    assert inside == Pattern(
        Observation(ComparisonOr((single("b"), ComparisonAnd((single("c"), single("d"))))))
    )
    b, c, d, e = (Observation(single(name)) for name in "bcde")
    outside = parse_pattern("[a:b=1] FOLLOWEDBY [a:c=1] OR [a:d=1] AND [a:e=1]", parser=parser)
    assert outside == Pattern(ObservationFollowedBy((b, ObservationOr((c, ObservationAnd((d, e)))))))


@both_parsers
def test_qualifiers_nest_in_the_order_they_are_written(parser: Parser) -> None:
    window = "START t'2020-01-01T00:00:00Z' STOP t'2020-01-01T00:00:01Z'"
    text = f"[a:b=1] REPEATS 2 TIMES WITHIN 1.5 SECONDS {window}"
    outer = parse_pattern(text, parser=parser).expression
    assert isinstance(outer, Qualified)
    assert isinstance(outer.qualifier, StartStop)
    middle = outer.expression
    assert isinstance(middle, Qualified)
    assert middle.qualifier == Within(1.5)
    assert isinstance(middle.expression, Qualified)
    assert middle.expression.qualifier == Repeats(2)


@both_parsers
def test_comparisons_know_where_their_path_stands(parser: Parser) -> None:
    text = "[a:b = 'ü🙂' AND EXISTS c:d OR e : f > 5]"
    offsets = [comparison.offset for comparison in parse_pattern(text, parser=parser).comparisons()]
    assert offsets == [text.index("a:b"), text.index("c:d"), text.index("e : f")]


REFUSED = [
    ("", 1, 0, "found the end of the pattern, expected '(' or '['"),
    ("a:b = 1", 1, 0, "found 'a', expected '(' or '['"),
    ("[]", 1, 1, "found ']', expected a comparison"),
    ("[a:b = 'x'", 1, 10, "found the end of the pattern, expected AND, OR or ']'"),
    ("[a:b = 1 and a:c = 2]", 1, 9, "found 'and' (the keyword is AND), expected AND, OR or ']'"),
    ("[a:b = True]", 1, 7, "found 'True' (the keyword is true), expected a value"),
    ("[a:b foo]", 1, 5, "found 'foo', expected a comparison operator, '.' or '['"),
    (
        "[a:b like 'x']",
        1,
        5,
        "found 'like' (the keyword is LIKE), expected a comparison operator, '.' or '['",
    ),
    ("[a = 1]", 1, 3, "found '=', expected ':'"),
    ("[a-b:c-d = 1]", 1, 5, "found 'c-d', expected a property name"),
    ("[a:b.AND = 1]", 1, 5, "found 'AND', expected a property name"),
    ("[a:b[x] = 1]", 1, 5, "found 'x', expected an index or '*'"),
    ("[NOT a:b = 1]", 1, 5, "found 'a', expected EXISTS"),
    ("[a:b = ]", 1, 7, "found ']', expected a value"),
    ("[a:b > true]", 1, 7, "found 'true', expected a string, number, timestamp, hex or binary value"),
    ("[a:b LIKE 5]", 1, 10, "found '5', expected a string in single quotes"),
    ("[a:b IN 5]", 1, 8, "found '5', expected '('"),
    ("[a:b IN (1,)]", 1, 11, "found ')', expected a value"),
    ("[a:b IN (1 2)]", 1, 11, "found '2', expected ',' or ')'"),
    ("[a:b = 01]", 1, 8, "found '1', expected AND, OR or ']'"),
    (
        r"[a:b = 'C:\x']",
        1,
        7,
        r"found a string with a single backslash (write \\ for each), expected a value",
    ),
    ("[a:b = 'x]", 1, 7, "found a string without its closing quote, expected a value"),
    ('[a:b = "x"]', 1, 7, "found '\"', expected a value"),
    (
        "[a:b = t'2020-13-01T00:00:00Z']",
        1,
        7,
        "found \"t'2020-13-01T00:00:00Z'\", expected a month from 01 to 12",
    ),
    (
        "[a:b = t'2019-02-29T00:00:00Z']",
        1,
        7,
        "found \"t'2019-02-29T00:00:00Z'\", expected a day from 01 to 28",
    ),
    (
        "[a:b = t'2020-01-01T24:00:00Z']",
        1,
        7,
        "found \"t'2020-01-01T24:00:00Z'\", expected an hour from 00 to 23",
    ),
    (
        "[a:b = t'0000-01-01T00:00:00Z']",
        1,
        7,
        "found \"t'0000-01-01T00:00:00Z'\", expected a year from 0001 to 9999",
    ),
    (
        "[a:b = t'9999-12-31T23:59:60Z']",
        1,
        7,
        "found \"t'9999-12-31T23:59:60Z'\", expected a moment before the year 10000",
    ),
    (
        "[a:b = t'2020-01-01']",
        1,
        7,
        "found \"t'2020-01-01'\", expected a timestamp such as t'2024-01-31T23:59:59.5Z'",
    ),
    (
        "[a:b = h'abc']",
        1,
        7,
        "found \"h'abc'\", expected an even number of hexadecimal digits, as in h'0aff'",
    ),
    ("[a:b = b'AAE']", 1, 7, "found \"b'AAE'\", expected base64 with padding, as in b'AAEC' or b'AA=='"),
    ("[a:b = b'']", 1, 7, "found \"b''\", expected base64 with padding, as in b'AAEC' or b'AA=='"),
    (f"[a:b = {'9' * 601}]", 1, 7, f"found '{'9' * 40}…', expected an integer of at most 600 digits"),
    (f"[a:b = {'9' * 400}.0]", 1, 7, f"found '{'9' * 40}…', expected a number below 1.8e308"),
    (
        f"[a:b[{'9' * 601}] = 1]",
        1,
        1,
        "found 'a', expected a path whose index is an integer of at most 600 digits",
    ),
    ("[a:b = 1]\n  OR\n  xyz", 3, 2, "found 'xyz', expected '(' or '['"),
    (
        "[a:b = 1] xyz",
        1,
        10,
        "found 'xyz', expected AND, FOLLOWEDBY, OR, a qualifier or the end of the pattern",
    ),
    ("([a:b = 1]", 1, 10, "found the end of the pattern, expected AND, FOLLOWEDBY, OR, a qualifier or ')'"),
    ("[(a:b = 1]", 1, 9, "found ']', expected AND, OR or ')'"),
    ("[a:b = 1] WITHIN SECONDS", 1, 17, "found 'SECONDS', expected a positive number"),
    ("[a:b = 1] WITHIN 5", 1, 18, "found the end of the pattern, expected SECONDS"),
    ("[a:b = 1] REPEATS 1.5 TIMES", 1, 18, "found '1.5', expected a positive whole number"),
    (
        "[a:b = 1] START '2020' STOP '2021'",
        1,
        16,
        "found \"'2020'\", expected a timestamp such as t'2024-01-31T23:59:59.5Z'",
    ),
    ("[a:b = 1] START t'2020-01-01T00:00:00Z'", 1, 39, "found the end of the pattern, expected STOP"),
]


@both_parsers
@pytest.mark.parametrize(("text", "line", "column", "words"), REFUSED, ids=[row[0][:30] for row in REFUSED])
def test_refusals_say_where_what_was_found_and_what_was_expected(
    text: str, line: int, column: int, words: str, parser: Parser
) -> None:
    with pytest.raises(PatternSyntaxError) as refused:
        parse_pattern(text, parser=parser)
    assert str(refused.value) == f"line {line}:{column}: {words}"
    assert (refused.value.line, refused.value.column) == (line, column)
    assert refused.value.__context__ is None or refused.value.__suppress_context__


@pytest.mark.parametrize(("text", "line", "column", "words"), REFUSED, ids=[row[0][:30] for row in REFUSED])
def test_the_compact_reader_refuses_with_the_same_words(
    text: str, line: int, column: int, words: str
) -> None:
    with pytest.raises(PatternSyntaxError) as refused:
        read_pattern(text)
    assert str(refused.value) == f"line {line}:{column}: {words}"


@both_parsers
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[a:b=1] WITHIN 1 SECONDS WITHIN 2 SECONDS",
            "line 1:25: a second WITHIN on one observation expression; remove one",
        ),
        (
            "([a:b=1] OR [a:c=1] REPEATS 2 TIMES WITHIN 1 SECONDS REPEATS 3 TIMES)",
            "line 1:53: a second REPEATS on one observation expression; remove one",
        ),
        (
            "[a:b=1] START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'\n"
            "START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'",
            "line 2:0: a second START-STOP on one observation expression; remove one",
        ),
        (
            "[a:b=1] START t'2020-01-02T00:00:00Z' STOP t'2020-01-01T00:00:00Z'",
            "line 1:8: STOP 2020-01-01T00:00:00Z is not after START 2020-01-02T00:00:00Z",
        ),
        (
            "[a:b=1] START '2020-01-01T00:00:00Z' STOP t'2020-01-01T00:00:00.0Z'",
            "line 1:8: STOP 2020-01-01T00:00:00.0Z is not after START 2020-01-01T00:00:00Z",
        ),
        ("[a:b=1] WITHIN 0 SECONDS", "line 1:8: WITHIN needs more than 0 SECONDS"),
        ("[a:b=1] WITHIN 0.0 SECONDS", "line 1:8: WITHIN needs more than 0 SECONDS"),
        ("[a:b=1] REPEATS 0 TIMES", "line 1:8: REPEATS needs 1 TIMES or more"),
    ],
)
def test_qualifiers_that_the_specification_forbids_are_refused(
    text: str, message: str, parser: Parser
) -> None:
    with pytest.raises(QualifierError) as refused:
        parse_pattern(text, parser=parser)
    assert str(refused.value) == message


@both_parsers
def test_windows_a_fraction_of_a_microsecond_long_are_windows(parser: Parser) -> None:
    parse_pattern(
        "[a:b=1] START t'2020-01-01T00:00:00.0000001Z' STOP t'2020-01-01T00:00:00.0000002Z'", parser=parser
    )


@both_parsers
def test_a_group_may_have_two_qualifiers_of_one_kind_as_the_oasis_validator_allows(parser: Parser) -> None:
    text = "([a:b = 1] WITHIN 5 SECONDS REPEATS 2 TIMES) WITHIN 9 SECONDS"
    assert print_pattern(parse_pattern(text, parser=parser)) == text
    for group in ("([a:b = 1])", "([a:b = 1] OR [a:c = 2])", "(" * 90 + "[a:b = 1]" + ")" * 90):
        doubled = parse_pattern(f"{group} WITHIN 5 SECONDS WITHIN 6 SECONDS", parser=parser)
        assert doubled == parse_pattern(f"({group} WITHIN 5 SECONDS) WITHIN 6 SECONDS", parser=parser)


NESTED = {
    "inside brackets": ("[", "(", "a:b = 1", ")", "]"),
    "around brackets": ("", "(", "[a:b = 1]", ")", ""),
    "alternating": ("[", "(a:b = 1 AND (a:b = 1 OR ", "a:b = 1", "))", "]"),
    "alternating on the left": ("[", "((", "a:b = 1", ") OR a:b = 1) AND a:b = 1", "]"),
    "qualified": ("", "(", "[a:b = 1]", " WITHIN 5 SECONDS)", ""),
    "observations": ("", "([a:b = 1] FOLLOWEDBY ([a:b = 1] OR ", "[a:b = 1]", "))", ""),
}


def nested(shape: str, parentheses: int) -> str:
    before, opening, core, closing, after = NESTED[shape]
    times, rest = divmod(parentheses, opening.count("("))
    return f"{before}{'(' * rest}{opening * times}{core}{closing * times}{')' * rest}{after}"


def from_deep_down(levels: int, text: str, parser: Parser) -> Pattern:
    return from_deep_down(levels - 1, text, parser) if levels else parse_pattern(text, parser=parser)


@both_parsers
@pytest.mark.parametrize("shape", NESTED)
def test_three_hundred_levels_are_read_by_both_also_from_deep_down_the_stack(
    shape: str, parser: Parser
) -> None:
    assert sys.getrecursionlimit() == 1000
    text = nested(shape, MAX_PARENTHESES)
    pattern = from_deep_down(150, text, parser)
    assert print_pattern(pattern).count("a:b") == text.count("a:b")
    assert parse_pattern(print_pattern(pattern), parser=parser) == pattern


@both_parsers
@pytest.mark.parametrize("shape", NESTED)
@pytest.mark.parametrize("more", [1, 2, 5000])
def test_one_level_more_is_refused_at_its_place_by_both(shape: str, more: int, parser: Parser) -> None:
    text = nested(shape, MAX_PARENTHESES + more)
    place = [place for place, character in enumerate(text) if character == "("][MAX_PARENTHESES]
    with pytest.raises(PatternSyntaxError, match="expected at most 300 levels of nesting") as refused:
        parse_pattern(text, parser=parser)
    assert refused.value.column == place


@both_parsers
@pytest.mark.parametrize(
    "broken", ["[a:b = 1 OR " + "(" * 299, "(" * 250 + "[a:b = 1]", "[" + "(" * 250 + "a:b = 1]"]
)
def test_deep_groups_that_never_close_are_refused(broken: str, parser: Parser) -> None:
    with pytest.raises(PatternSyntaxError):
        parse_pattern(broken, parser=parser)


@both_parsers
def test_more_than_320_operators_inside_one_another_are_refused_at_the_deepest_comparison(
    parser: Parser,
) -> None:
    text = "[" + "a:b = 1 OR a:c = 2 AND (" * 200 + "a:d = 3" + ")" * 200 + "]"
    with pytest.raises(PatternSyntaxError, match="expected at most 320 operators and qualifiers") as refused:
        parse_pattern(text, parser=parser)
    assert text[refused.value.column :].startswith("a:")
    parse_pattern(text.replace("a:b = 1 OR ", "", 90), parser=parser)


def test_a_hundred_thousand_comparisons_are_read_at_the_default_recursion_limit() -> None:
    assert sys.getrecursionlimit() == 1000
    tests = [f"a:b{number % 50} = 'v{number}'" for number in range(100_000)]
    flat = parse_pattern(f"[{' OR '.join(tests)}]")
    assert [comparison.value for comparison in flat.comparisons()] == [
        f"v{number}" for number in range(100_000)
    ]
    assert parse_pattern(print_pattern(flat)) == flat
    mixed = parse_pattern(" OR ".join(f"[{one} AND ({one} OR {one})]" for one in tests[:33_334]))
    assert sum(1 for _ in mixed.comparisons()) == 100_002


@both_parsers
@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("[a:b = 1 xyz " + "/*a" * 6000, 9),
        ("[a:b = 1] " + "/* " * 9000, 10),
        ("[a:b = " + r"'\x" * 6000, 7),
        ("[a:b = 1 " + "'" * 9001, 9),
        ("[a:b = 1]" + " " * 90_000 + "x", 90_009),
        ("[a:b = 1]" + "//\n" * 30_000 + "x", 0),
        ("[a:b = 1]" + "/**/" * 20_000 + "^", 80_009),
        ("[" + "a" * 90_000 + " = 1]", 90_002),
        ("[a" + ":b" * 9000 + "]", 4),
        ("[a:b" + ".c" * 9000 + ".]", 18_005),
        ("[a:b = " + "ü" * 9000 + "]", 7),
    ],
)
def test_texts_that_could_take_antlr_hours_are_refused_at_their_first_fault(
    text: str, column: int, parser: Parser
) -> None:
    with pytest.raises(PatternSyntaxError) as refused:
        parse_pattern(text, parser=parser)
    assert refused.value.column == column


def test_long_refused_texts_are_refused_by_the_reader_itself() -> None:
    code = f"""
import sys
from stix_shifter_utils.errors import PatternSyntaxError
from stix_shifter_utils.pattern import parse_pattern
long = "[" + " OR ".join(["a:b = 1"] * {MAX_REFUSED_TOKENS // 6 + 1}) + " or a:b = 1]"
try:
    parse_pattern(long)
except PatternSyntaxError as error:
    assert error.column == long.index(" or ") + 1, error
    assert str(error).endswith("found 'or' (the keyword is OR), expected AND, OR or ']'"), error
else:
    raise AssertionError
try:
    parse_pattern("[a:b = '" + "x" * 100_001)
except PatternSyntaxError as error:
    assert error.column == 7
else:
    raise AssertionError
assert not any(name.startswith("antlr4") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=ROOT)


def test_a_pattern_is_read_without_loading_antlr_and_refused_without_a_word_on_standard_error() -> None:
    code = """
import sys
from stix_shifter_utils.errors import PatternSyntaxError
from stix_shifter_utils.pattern import parse_pattern
parse_pattern("[a:b = 1]")
assert not any(name.split(".")[0] in {"antlr4", "stix2", "stix2patterns"} for name in sys.modules)
for broken in ("[a:b = 1", "[a:b = 'x", "[a:b = `]", "a", "[a:b IN (1,]", "(((", "[a:b = 1] START"):
    for parser in ("auto", "antlr"):
        try:
            parse_pattern(broken, parser=parser)
        except PatternSyntaxError:
            pass
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_what_is_no_text_and_no_parser_is_refused() -> None:
    with pytest.raises(PatternSyntaxError, match="found NoneType, expected a pattern as text"):
        parse_pattern(None)  # type: ignore[arg-type]  # what careless callers hand in
    with pytest.raises(ConfigurationError, match="option parser is 'fast', expected 'auto' or 'antlr'"):
        parse_pattern("[a:b = 1]", parser="fast")  # type: ignore[arg-type]  # as above
