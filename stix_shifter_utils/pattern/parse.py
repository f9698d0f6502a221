"""`parse_pattern`: from text to tree, by the compact reader or by ANTLR."""

from __future__ import annotations

from typing import Literal as Choice

from stix_shifter_utils.pattern.nodes import Pattern


def parse_pattern(text: str, *, parser: Choice["auto", "antlr"] = "auto") -> Pattern:
    """The tree of a STIX 2.1 or 2.0 pattern."""
    from stix_shifter_utils.pattern.antlr import parse_with_antlr  # noqa: PLC0415

    return parse_with_antlr(text)
