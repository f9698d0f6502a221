"""Broken patterns: refused, or read as earlier releases read them where the option asks for that."""

import logging
from pathlib import Path
from typing import Any

import pytest

from stix_shifter.stix_translation.stix_translation import StixTranslation
from stix_shifter_utils.errors import PatternSyntaxError, QualifierError
from stix_shifter_utils.pattern import parse_pattern, print_pattern
from stix_shifter_utils.pattern.repair import repair_pattern

SITE = Path(__file__).parent / "old_site"
W = "START t'2020-01-01T00:00:00.000Z' STOP t'2020-01-02T00:00:00.000Z'"
A, B, C = "file:name = 'a'", "url:value = 'b'", "ipv4-addr:value = '192.0.2.7'"
READ = [
    (f"[{A} = ]", f"[{A}]"),
    (f"[{A}", f"[{A}]"),
    (f"[{A} {W}", f"[{A}] {W}"),
    (f"[{A}] xyz", f"[{A}]"),
    (f"[{A}] {W};", f"[{A}] {W}"),
    (f"[{A} and {B}] {W}", f"[{A}]"),
    (f"[{A} OR {B} or {C}]", f"[{A} OR {B}]"),
    (f"[{A}] and [{B}]", f"[{A}]"),
    (f"[{A} {B}]", f"[{A}]"),
    (f"[AND {A}]", f"[{A}]"),
    (f"[{A} OR OR {B}]", f"[{A} OR {B}]"),
    (f"[({A} OR {B}]", f"[{A} OR {B}]"),
    (f"[({A} OR {B}) AND {C}", f"[({A} OR {B}) AND {C}]"),
    (f"([{A}] OR [{B}]", f"([{A}] OR [{B}])"),
    (f"[{A}]]", f"[{A}]"),
    (f"[[{A}]]", f"[{A}]"),
    (f"[NOT {A}]", "[file:name NOT = 'a']"),
    (f"[{B} AND NOT {A}]", f"[{B} AND file:name NOT = 'a']"),
    ("[file:name IN ('a' 'b')]", "[file:name IN ('a')]"),
    ("[file:name IN ('a',)]", "[file:name IN ('a')]"),
    ("[file:size = 08]", "[file:size = 0]"),
    (f"[{A}] WITHIN 5 MINUTES", f"[{A}]"),
    (f"[{A}] STOP t'2020-01-02T00:00:00.000Z'", f"[{A}]"),
    (f"“[{A}]”", f"[{A}]"),
]
NOTHING = [
    f"{A}", f"[{A} AND ]", f"[{A} or {B} OR {C}]", "[file:name = a]", "[file:name like 'a']", "[]", "",
    "[file name = 'a']", f"[{A} AND () ]", f"[{A}] AND", f"[{A}] START t'2020-01-01T00:00:00.000Z'",
    f"[{A}] {W} {W}", "(" * 60 + f"[{A}]",
]  # fmt: skip


@pytest.mark.parametrize(("broken", "read"), READ)
def test_a_broken_pattern_is_refused_and_repaired_only_when_asked(broken: str, read: str) -> None:
    with pytest.raises(PatternSyntaxError):
        parse_pattern(broken)
    text, pattern = repair_pattern(broken)
    assert print_pattern(pattern) == print_pattern(parse_pattern(read))
    assert print_pattern(parse_pattern(text)) == print_pattern(pattern)


@pytest.mark.parametrize("text", NOTHING)
def test_where_recovery_finds_nothing_the_refusal_is_that_of_the_text(text: str) -> None:
    with pytest.raises((PatternSyntaxError, QualifierError)) as refused:
        parse_pattern(text)
    with pytest.raises((PatternSyntaxError, QualifierError)) as unrepaired:
        repair_pattern(text)
    assert str(unrepaired.value) == str(refused.value)


@pytest.mark.parametrize(
    "text", [f"[{A}]", f"[{A} AND {B}] {W} OR [EXISTS file:name]", f"[{A}] REPEATS 2 TIMES"]
)
def test_a_pattern_in_order_is_itself(text: str) -> None:
    assert repair_pattern(text) == (text, parse_pattern(text))


def translate(pattern: str, **options: Any) -> dict[str, Any]:
    return StixTranslation().translate("old_watch", "query", {}, pattern, options)


def test_the_option_reaches_connectors_and_the_log_says_what_is_searched_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.syspath_prepend(str(SITE))
    broken = f"[{A} and {C}] {W}"
    assert translate(broken)["code"] == "translation_error"
    with caplog.at_level(logging.WARNING):
        repaired = translate(broken, broken_patterns="repair")
    assert repaired["queries"] == translate(f"[{A}]")["queries"]
    assert f"the pattern is broken; it is read as [ {A} ]" in caplog.text
    assert translate(broken, broken_patterns="perhaps")["code"] == "invalid_parameter"


def test_a_window_that_ends_before_it_begins_reaches_the_connector_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(SITE))
    backwards = f"[{A}] START t'2020-01-02T00:00:00.000Z' STOP t'2020-01-01T00:00:00.000Z'"
    assert "is not after START" in translate(backwards)["error"]
    (query,) = translate(backwards, broken_patterns="repair")["queries"]
    assert "between 1577923200000 and 1577836800000" in query
