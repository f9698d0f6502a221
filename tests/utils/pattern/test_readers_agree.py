"""The compact reader and ANTLR give the same trees and refuse at the same places."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stix_shifter_utils.errors import PatternSyntaxError, QualifierError
from stix_shifter_utils.pattern import Pattern, print_pattern
from stix_shifter_utils.pattern.antlr import parse_with_antlr
from stix_shifter_utils.pattern.read import read_pattern
from stix_shifter_utils.testing.patterns import Shape, generate_patterns

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = (
    Path(os.environ.get("STIX_SHIFTER_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
    / "stix-patterns"
)
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="real patterns are absent: set STIX_SHIFTER_TEST_DATA to their folder"
)

LEXEME = re.compile(r"[thb]?'(?:[^'\\]|\\.)*'|[A-Za-z_][\w-]*|[+-]?[0-9]*\.?[0-9]+|[=!<>]=|<>|\S")
SPACES = ["", " ", "  ", "\t", "\n", "\u00a0", "/* note * / */", "// to the end\n"]
ALIASES = {"=": ["=", "=="], "!=": ["!=", "<>"]}
STRAYS = [
    "AND",
    "OR",
    "NOT",
    "(",
    ")",
    "[",
    "]",
    "'",
    "\\",
    "EXISTS",
    "true",
    "1",
    "t'2020-13-01T00:00:00Z'",
    "h'a'",
    "FOLLOWEDBY",
    "WITHIN",
    "5 SECONDS",
    "REPEATS",
    "-",
    "a-b",
    ":",
    ".",
    ",",
    "*",
    "!",
    "==",
    "<>",
    "é",
    "#",
]


def outcome(reader: Callable[[str], Pattern], text: str) -> object:
    """The tree, or what kind of refusal where."""
    try:
        return reader(text)
    except PatternSyntaxError as error:
        return "syntax", error.line, error.column
    except QualifierError as error:
        return "qualifier", str(error)


def disagreements(texts: list[str]) -> list[str]:
    return [text for text in texts if outcome(read_pattern, text) != outcome(parse_with_antlr, text)]


@cache
def generated(count: int) -> dict[str, Pattern]:
    """Texts in all spellings, each with the pattern that it was made from."""
    chance = random.Random(2024)
    rows = [
        {
            "ipv4-addr:value": f"10.0.{number % 4}.{number % 9}",
            "network-traffic:dst_port": 440 + number % 7,
            "file:hashes.'SHA-256'": f"{number:064x}",
            "process:extensions.'x-ext'.names[*]": ["it's", "C:\\Windows\\a_b%.exe", f"n{number}"],
            "network-traffic:start": f"2020-01-01T00:00:{number % 60:02}.{number}Z",
            "x:ratio": number / 7,
            "x:flag": number % 2 == 0,
        }
        for number in range(40)
    ]
    shape = Shape(most_comparisons=2, several_observations=0.15, times=[])
    made = generate_patterns(rows, seed=7, count=count, shape=shape)
    return {spelled(print_pattern(pattern), chance): pattern for pattern in made}


def spelled(text: str, chance: random.Random) -> str:
    """The same pattern with other spaces, comments, redundant brackets and spellings of operators."""
    if chance.random() < 0.4:
        return text
    parts: list[str] = []
    for lexeme in LEXEME.findall(text):
        part = chance.choice(ALIASES.get(lexeme, [lexeme]))
        glue = "" if part in {":", "."} and chance.random() < 0.9 else chance.choice(SPACES)
        if parts and glue == "" and (parts[-1][-1] + part[0]).replace("_", "a").replace("-", "a").isalnum():
            glue = " "
        tight = parts and parts[-1] in {":", "."} and chance.random() < 0.9
        parts.append(part if tight else f"{glue}{part}")
    return f"({''.join(parts)})" if chance.random() < 0.2 else "".join(parts)


def broken(text: str, chance: random.Random) -> str:
    """The text with one or two lexemes removed, doubled, exchanged or put in."""
    parts = LEXEME.findall(text)
    for _ in range(chance.choice([1, 1, 2])):
        place = chance.randrange(len(parts) + 1)
        action = chance.randrange(4)
        if action == 0 and place < len(parts):
            del parts[place]
        elif action == 1 and place < len(parts):
            parts.insert(place, parts[place])
        elif action == 2 and place < len(parts):
            parts[place] = chance.choice([*STRAYS, *parts])
        else:
            parts.insert(place, chance.choice(STRAYS))
    return chance.choice([" ", " ", ""]).join(parts)


@needs_data
def test_readers_agree_on_every_pattern_of_the_oasis_test_suites() -> None:
    cases = json.loads((DATA / "oasis-pattern-tests.json").read_text(encoding="utf-8"))["cases"]
    rows = [
        value if isinstance(value, list) else [value] for group in cases for value in group["values"] or ()
    ]
    texts = [row[0] for row in rows if isinstance(row[0], str)]
    assert len(rows) == 1287
    assert len(texts) == 1197  # the others test times, not patterns
    assert disagreements(texts) == []


@needs_data
def test_readers_agree_on_every_real_indicator() -> None:
    with gzip.open(DATA / "indicators.ndjson.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["pattern"] for line in lines]
    assert len(texts) == 5411
    assert disagreements(texts) == []


def test_readers_agree_on_ten_thousand_generated_patterns() -> None:
    made = generated(10_500)
    assert len(made) > 10_000
    assert disagreements(list(made)) == []
    assert [text for text, pattern in made.items() if outcome(read_pattern, text) != pattern] == []


def test_readers_refuse_the_same_broken_patterns_at_the_same_place() -> None:
    chance = random.Random(99)
    texts = [broken(text, chance) for text in list(generated(10_500))[::2]]
    assert disagreements(texts) == []
    assert sum(not isinstance(outcome(read_pattern, text), Pattern) for text in texts) > 4000
