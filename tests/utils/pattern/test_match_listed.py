"""Observations in columns are settled as the matcher settles them as objects, whatever the pattern."""

from __future__ import annotations

import random
from array import array
from datetime import datetime, timedelta, timezone
from typing import Any

from stix_shifter_utils.pattern import Matcher, observed_from_objects, parse_pattern
from stix_shifter_utils.pattern.listed import Times, settle_times

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
SHAPES = (
    "[x:a = 0] FOLLOWEDBY [x:a = 1]",
    "([x:a = 0] FOLLOWEDBY [x:a = 1]) WITHIN 5 SECONDS",
    "[x:a >= 0] FOLLOWEDBY [x:a = 1] FOLLOWEDBY [x:a <= 2]",
    "([x:a = 0] AND [x:a >= 0]) WITHIN 3 SECONDS",
    "[x:a = 0] REPEATS 3 TIMES WITHIN 6 SECONDS",
    "([x:a = 0] FOLLOWEDBY [x:a > 0]) REPEATS 2 TIMES",
    "([x:a = 0] OR ([x:a = 1] AND [x:a = 2])) WITHIN 2 SECONDS",
    "[x:a = 0] START t'2024-01-01T00:00:02Z' STOP t'2024-01-01T00:00:09Z' AND [x:a = 1]",
    "([x:a = 0] AND [x:a = 0] AND [x:a = 0]) WITHIN 100000000000000000 SECONDS",
    "[x:a = 0]",
    "[x:a = 7] AND [x:a = 1]",
)


def moment(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seen(chance: random.Random) -> list[dict[str, Any]]:
    made = []
    for place in range(chance.randint(1, 12)):
        first = chance.randint(0, 24) / 2
        made.append({
            "type": "observed-data", "id": f"observed-data--{place}",
            "first_observed": moment(first), "last_observed": moment(first + chance.choice((0, 0, 0.5, 3))),
            "number_observed": chance.choice((1, 1, 1, 2)),
            "objects": {"0": {"type": "x", "a": chance.randint(0, 3)}},
        })  # fmt: skip
    return sorted(made, key=lambda one: str(one["first_observed"]))


def test_columns_and_objects_give_the_same_answers() -> None:
    chance = random.Random(17)
    matched = 0
    for turn in range(1500):
        text = SHAPES[turn % len(SHAPES)]
        pattern, observations = parse_pattern(text), list(observed_from_objects(seen(chance)))
        matcher = Matcher(pattern)
        expected = matcher.match(observations)
        spans = [each.span() for each in observations]
        times = Times(
            array("q", (span.first for span in spans)),
            array("q", (span.last for span in spans)),
            array("q", (each.number_observed for each in observations)),
        )
        places = [matcher.satisfied(each) for each in observations]
        found = settle_times(pattern, times, places.__getitem__)
        assert [observations[who] for who in found.who] == list(expected.observations), text
        assert found.exact == expected.exact
        bound = [[observations[who].id for who in match] for match in found.bindings()]
        wanted = [[each.id for each in match] for match in expected.bindings()]
        if "REPEATS" in text:  # whoever is repeated comes in any order
            bound, wanted = ([sorted(match) for match in matches] for matches in (bound, wanted))
        assert sorted(bound) == sorted(wanted), text
        matched += 0 < len(found.who) < len(observations)
    assert matched > 400
