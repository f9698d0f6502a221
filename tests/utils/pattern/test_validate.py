"""The OASIS validator and our reading of a pattern agree, but for the listed differences."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from stix_shifter_utils.errors import PatternSyntaxError, QualifierError
from stix_shifter_utils.pattern import parse_pattern, validate_pattern

DATA = (
    Path(os.environ.get("STIX_SHIFTER_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
    / "stix-patterns"
)

# We read what the validator refuses ...
QUOTED_TIMES_OF_STIX_2_0 = re.compile(r"(START|STOP) '")
CHECKED_HASHES = "[file:hashes.'SHA-256' = 'f00']"  # it wants whole hashes, also where a pattern needs none
# ... and refuse what the validator, which looks at the grammar alone, lets pass.
IMPOSSIBLE_DAY = re.compile(r"expected a day from 01 to \d\d$")
EMPTY_SPAN = re.compile(r"is not after START|needs more than 0 SECONDS|needs 1 TIMES or more")


@pytest.mark.skipif(
    not DATA.is_dir(), reason="real patterns are absent: set STIX_SHIFTER_TEST_DATA to their folder"
)
def test_what_the_oasis_validator_accepts_we_accept_and_what_it_refuses_we_refuse() -> None:
    cases = json.loads((DATA / "oasis-pattern-tests.json").read_text(encoding="utf-8"))["cases"]
    rows = [
        value if isinstance(value, list) else [value] for group in cases for value in group["values"] or ()
    ]
    texts = [row[0] for row in rows if isinstance(row[0], str)]
    for version in ("20", "21"):
        texts += (DATA / f"spec-examples-v{version}.txt").read_text(encoding="utf-8").splitlines()
    wrong = []
    for text in sorted(filter(str.strip, set(texts))):
        refusal = ""
        try:
            parse_pattern(text)
        except (PatternSyntaxError, QualifierError) as error:
            refusal = str(error)
        accepted_more = QUOTED_TIMES_OF_STIX_2_0.search(text) or text == CHECKED_HASHES
        refused_more = IMPOSSIBLE_DAY.search(refusal) or EMPTY_SPAN.search(refusal)
        if bool(refusal) != bool(validate_pattern(text)) and not (refused_more if refusal else accepted_more):
            wrong.append((text, refusal))
    assert wrong == []


def test_the_validator_tells_its_messages() -> None:
    assert validate_pattern("[file:name = 'x']") == []
    assert validate_pattern("[file:name = ") != []
    assert validate_pattern("[file:hashes.MD5 = 'x']") == ["FAIL: 'x' is not a valid MD5 hash"]


@pytest.mark.parametrize(
    "comparison",
    [
        "IN ('{}', '{}')",
        "LIKE '{:.4}%'",
        "MATCHES '^{:.4}'",
        "NOT IN ('{}')",
        "= '{}'",
        "!= '{}'",
        "> '{:.4}'",
    ],
)
def test_only_a_whole_hash_is_held_against_the_form_of_one(comparison: str) -> None:
    digest = "a" * 64
    assert validate_pattern(f"[file:hashes.'SHA-256' {comparison.format(digest, digest)}]") == []


def test_a_wrong_hash_beside_a_list_of_hashes_is_still_told() -> None:
    text = "[file:hashes.MD5 = 'x' OR file:hashes.MD5 IN ('" + "a" * 32 + "')]"
    assert validate_pattern(text) == ["FAIL: 'x' is not a valid MD5 hash"]
