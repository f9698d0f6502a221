"""The OASIS validator's opinion of a pattern; ours is `parse_pattern`."""

from __future__ import annotations

import re
from typing import Final

from stix_shifter_utils.expressions import expression
from stix_shifter_utils.pattern.nodes import Comparator

_ABOUT_A_HASH: Final = expression(r"FAIL: '(?P<value>.*)' is not a valid .+ hash", re.DOTALL)


def validate_pattern(text: str) -> list[str]:
    """The messages of the OASIS `stix2-patterns` validator for STIX 2.1; none when it finds no fault.

    Left out is its complaint that a list (IN), or a part (LIKE, MATCHES), is no whole hash: it holds whatever
    stands beside a hash against the form of one, although only `=` and `!=` compare a whole hash.
    """
    from stix2patterns.validator import run_validator

    messages: list[str] = run_validator(text, stix_version="2.1")
    about_hashes = [found for message in messages if (found := _ABOUT_A_HASH.fullmatch(message))]
    if not about_hashes:
        return messages
    whole = _values_compared_whole(text)
    unjust = {found[0] for found in about_hashes if found["value"] not in whole}
    return [message for message in messages if message not in unjust]


def _values_compared_whole(text: str) -> set[str]:
    from stix_shifter_utils.pattern.parse import parse_pattern

    whole = {Comparator.EQUAL, Comparator.NOT_EQUAL}
    return {str(one.value) for one in parse_pattern(text).comparisons() if one.comparator in whole}
