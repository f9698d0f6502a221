"""The OASIS validator's opinion of a pattern; ours is `parse_pattern`."""

from __future__ import annotations


def validate_pattern(text: str) -> list[str]:
    """The messages of the OASIS `stix2-patterns` validator for STIX 2.1; none when it finds no fault."""
    from stix2patterns.validator import run_validator

    messages: list[str] = run_validator(text, stix_version="2.1")
    return messages
