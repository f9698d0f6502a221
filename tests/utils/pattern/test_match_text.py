"""LIKE, MATCHES and addresses by themselves: every pattern, in bounded time."""

from __future__ import annotations

import random
import re

import pytest
import regex  # type: ignore[import-untyped]  # published without type hints

from stix_shifter_utils.errors import UnsupportedFeatureError
from stix_shifter_utils.pattern import matches
from stix_shifter_utils.pattern.addresses import canonical_address, read_block
from stix_shifter_utils.pattern.instants import read_instant
from stix_shifter_utils.pattern.like import compile_like
from stix_shifter_utils.pattern.matches import search_bytes, search_text
from stix_shifter_utils.pattern.pcre import translate


def test_like_equals_a_backtracking_regular_expression_on_generated_pairs() -> None:
    random_ = random.Random("like")
    held = 0
    for _ in range(20_000):
        pattern = "".join(random_.choices("ab\n.%_", k=random_.randint(0, 7)))
        text = "".join(random_.choices("ab\n.", k=random_.randint(0, 8)))
        simple = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
        expected = re.fullmatch(simple, text, re.DOTALL) is not None
        assert compile_like(pattern)(text) is expected, (pattern, text)
        held += expected
    assert held > 1000


def test_like_does_not_backtrack() -> None:
    assert not compile_like("%a_" * 500 + "c")("ab" * 5000)
    assert compile_like("%" * 1000 + "b")("ab" * 5000)


@pytest.mark.parametrize(
    ("expression", "text", "expected"),
    [
        (r"\Qa.b*\E+", "a.b**", True),
        (r"\Qa.b\E", "axb", False),
        (r"x\Q", "x", True),
        (r"[\Qa-c\E]", "b", False),
        (r"\x{48}\x65", "He", True),
        (r"\x{1F600}", "\U0001f600", True),
        (r"\x1", "\x01", True),
        (r"\o{110}", "H", True),
        (r"[\x{61}-\x{63}]", "b", True),
        (r"a\Z", "a\n", True),
        (r"a\z", "a\n", False),
        (r"a\z", "a", True),
        (r"a$", "a\n", True),
        (r"\Aa", "ba", False),
        (r"a\hb", "a\u2003b", True),
        (r"a\Hb", "a b", False),
        (r"[\h]", "\t", True),
        (r"a\Rb", "a\r\nb", True),
        (r"a\Nb", "a\nb", False),
        (r"a\vb", "a\nb", True),
        (r"\V", "\n", False),
        (r"\e", "\x1b", True),
        (r"\cA", "\x01", True),
        (r"(?'n'a)\k'n'", "aa", True),
        (r"(?<n>a)\k{n}", "ab", False),
        (r"(a)\g{1}", "aa", True),
        (r"(a)(b)\g{-1}", "abb", True),
        (r"(a)\g1b", "aab", True),
        (r"(?<n>[ab])\g<n>c", "abc", True),
        (r"(a|b)(?1)c", "abc", True),
        (r"(a|b)(?-1)(?+1)(c)", "abcc", True),
        (r"(?P<n>a)(?P=n)(?P>n)", "aaa", True),
        (r"foo(?i)BAR", "foobar", True),
        (r"foo(?i)BAR", "FOObar", False),
        (r"^(a(?i)b|c)d", "aCd", False),
        (r"(a(?i)b|c)d", "Cd", True),
        (r"(a(?i)b|c)d", "CD", False),
        (r"a|(?i)b", "B", True),
        (r"a|(?i)b", "A", False),
        (r"(?i)a(?-i)B", "AB", True),
        (r"(?i)a(?-i)B", "Ab", False),
        (r"(?i:a)B", "AB", True),
        (r"(?i)(?^:a)", "A", False),
        (r"(?x) a  # a comment with ( and [ " "\n b", "ab", True),
        (r"(?x: a b) c", "ab c", True),
        (r"(?#c(omment)a", "a", True),
        (r"(?xi) A", "a", True),
        (r"a{e}", "a{e}", True),
        (r"(?:foo){e<=1}", "fo", False),
        (r"a{,3}b", "aaab", False),
        (r"{", "{", True),
        (r"a{2}", "aa", True),
        (r"^a{1,2}$", "aaa", False),
        (r"a{2,}", "a", False),
        (r"[a[b]", "[", True),
        (r"[]a]", "]", True),
        (r"[^]a]", "]", False),
        (r"[[:alpha:]]", "a", True),
        (r"[[:^alpha:]]", "a", False),
        (r"[a&&b]", "&", True),
        (r"[a||b]", "|", True),
        (r"[\]x]", "]", True),
        (r"\p{L}\pN", "\u00e97", True),
        (r"\p{^L}", "a", False),
        (r"\PL", "7", True),
        (r"[\p{Lu}]", "a", False),
        (r"(?>a+)b", "aab", True),
        (r"a++a", "aaa", False),
        (r"(?<=a)b", "ab", True),
        (r"(?<!a)b", "ab", False),
        (r"(?=a)a", "a", True),
        (r"(?!a)a", "a", False),
        (r"(a)?(?(1)b|c)", "ab", True),
        (r"(?|(a)|(b))\1", "bb", True),
        (r"(*UTF8)(*UCP)a", "a", True),
        (r"a(*SKIP)(*FAIL)|b", "ab", True),
        (r"a.b", "a\nb", True),
        (r"\d", "\u0663", True),
        (r"", "", True),
        (r"\\", "\\", True),
        (r"\.", "x", False),
        (r"\N{U+41}", "A", True),
        (r"(?n)(a)", "a", True),
        (r"\bfoo\b", "a foo b", True),
    ],
)
def test_matches_reads_pcre(expression: str, text: str, expected: bool) -> None:
    assert search_text(expression, "a:b")(text) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "(",
        ")",
        "a)",
        "[a",
        "(?#",
        "*",
        "a**",
        r"\x{110000}",
        r"\o{9}",
        "a\\",
        r"[\R]",
        "(?Ka)",
        "(?y)",
        "(?<n",
        r"\g{9}",
        r"\k",
        "[z-a]",
        r"\p{Nope}",
        "(?R)?a",
        "(a(?1)?)",
        r"(a\g<1>?)",
        "((?2)?)((?1)?)x",
        "a{9999999999999999999}",
    ],
)
def test_an_expression_that_is_not_pcre_is_refused_by_name(expression: str) -> None:
    with pytest.raises(UnsupportedFeatureError) as caught:
        search_text(expression, "file:name")("aaaa")
    assert repr(expression) in str(caught.value)
    assert "file:name" in str(caught.value)


def test_arbitrary_text_as_expression_is_compiled_or_refused() -> None:
    random_ = random.Random("expressions")
    pieces = [
        *"ab()[]{}|?*+^$.\\-#<>=!:'&,0123",
        r"\Q",
        r"\E",
        "(?",
        "(?i)",
        "(?:",
        r"\x{",
        "[^",
        "[:",
        r"\g",
        r"\k<",
        r"\p{",
        "(?P<",
        "(?(",
        "(*",
        "{1,2}",
    ]
    refused = 0
    for _ in range(3000):
        expression = "".join(random_.choices(pieces, k=random_.randint(1, 9)))
        for search in (search_text, search_bytes):
            try:
                search(expression, "a:b")
            except UnsupportedFeatureError:
                refused += 1
    assert 2000 < refused < 5900


def test_an_expression_made_to_hang_ends_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matches, "TIME_LIMIT_S", 0.05)
    search = search_text("^(a|a)*$", "file:name")
    with pytest.raises(
        UnsupportedFeatureError, match=r"'\^\(a\|a\)\*\$' for file:name takes longer than 0.05 s"
    ):
        search("a" * 60 + "b")
    assert search("aaa"), "others are answered"


def test_only_searches_that_cannot_take_long_go_without_the_clock() -> None:
    assert not translate("^abc.*d+$").explosive
    assert translate("^abc.*d+$").repeats == 2
    assert all(translate(each).explosive for each in ("(a|b)*", "(a+)+", r"(a)\1", "(a){2}", r"(a)(?1)"))


def test_what_pcre_and_regex_spell_alike_is_left_alone() -> None:
    for expression in (r"^a.*[b-d]+(?:x|y)?\w\s\d{2,3}$", r"(?<!\.)(?=x)[^\\/:]+\.exe"):
        assert translate(expression).text.replace("(?:", "(") == expression.replace("(?:", "(")
        assert regex.compile(translate(expression).text)


def test_octets_are_searched_without_unicode() -> None:
    search = search_bytes(r"\xd4\xc3.\w", "a:b_bin")
    assert search is not None
    assert search(b"\xd4\xc3\x0aa")
    assert not search(b"\xd4\xc3\x0a\xe9"), "an octet is no letter"
    assert search_bytes("\u0100", "a:b_bin") is None


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.1/32", "10.0.0.1"),
        ("10.1.2.3/16", "10.1.0.0/16"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("::1/128", "::1"),
        ("fe80::1/64", "fe80::/64"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("host/x", "host/x"),
        ("a:b", "a:b"),
        ("10.0.0.1/33", "10.0.0.1/33"),
        ("10.0.0.1/", "10.0.0.1/"),
        ("1.2.3.4/255.255.255.0", "1.2.3.4/255.255.255.0"),
        ("1.2.3.4/\u0662", "1.2.3.4/\u0662"),
        ("", ""),
    ],
)
def test_an_address_has_one_canonical_spelling(text: str, canonical: str) -> None:
    assert canonical_address(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.1",
        "010.0.0.1",
        "256.0.0.1",
        "1.2.3.4.5",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "::1/129",
        "x",
        "10.0.0.1 ",
        "1/8",
    ],
)
def test_text_that_is_no_address_is_no_block(text: str) -> None:
    assert read_block(text) is None


@pytest.mark.parametrize(
    ("text", "is_instant"),
    [
        ("2024-01-31T12:00:00Z", True),
        ("2024-01-31t12:00:00.123456789z", True),
        ("2024-01-31T12:00:00+02:00", True),
        ("2016-12-31T23:59:60Z", True),
        ("2024-02-30T12:00:00Z", False),
        ("2024-01-31T24:00:00Z", False),
        ("2024-01-31 12:00:00Z", False),
        ("2024-01-31T12:00:00", False),
        ("9999-12-31T23:59:60Z", False),
        ("0001-01-01T00:00:00+01:00", False),
        ("0000-01-01T00:00:00Z", False),
        ("2024-01-31T12:00Z", False),
        ("", False),
        (5, False),
        (None, False),
        ("\u0662024-01-31T12:00:00Z", False),
    ],
)
def test_instants_are_rfc_3339(text: object, is_instant: bool) -> None:
    assert (read_instant(text) is not None) is is_instant
