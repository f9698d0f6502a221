"""A pattern without a window gets one; a pattern with windows keeps them."""

from datetime import datetime, timedelta, timezone

import pytest

from stix_shifter_utils.pattern import parse_pattern, print_pattern
from stix_shifter_utils.pattern.since import within_default_window

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
STOP = datetime(2024, 1, 2, tzinfo=timezone.utc)
DEFAULT = "START t'2024-01-01T00:00:00.000Z' STOP t'2024-01-02T00:00:00.000Z'"
OWN = "START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[a:b = 1]", f"[a:b = 1] {DEFAULT}"),
        ("[a:b = 1] OR [a:c = 2]", f"([a:b = 1] OR [a:c = 2]) {DEFAULT}"),
        (f"[a:b = 1] {OWN} OR [a:c = 2]", f"[a:b = 1] {OWN} OR [a:c = 2] {DEFAULT}"),
        (
            f"([a:b = 1] {OWN} OR [a:c = 2]) WITHIN 5 SECONDS",
            f"([a:b = 1] {OWN} OR [a:c = 2] {DEFAULT}) WITHIN 5 SECONDS",
        ),
        (f"([a:b = 1] AND [a:c = 2]) {OWN}", f"([a:b = 1] AND [a:c = 2]) {OWN}"),
        ("[a:b = 1] REPEATS 2 TIMES", f"[a:b = 1] REPEATS 2 TIMES {DEFAULT}"),
    ],
)
def test_only_what_states_no_window_gets_the_default(pattern: str, expected: str) -> None:
    assert within_default_window(parse_pattern(pattern), START, STOP) == parse_pattern(expected)


def test_a_window_in_another_zone_is_written_in_utc() -> None:
    zone = timezone(timedelta(hours=2))
    bounded = within_default_window(parse_pattern("[a:b = 1]"), START.astimezone(zone), STOP.astimezone(zone))
    assert print_pattern(bounded) == f"[a:b = 1] {DEFAULT}"
