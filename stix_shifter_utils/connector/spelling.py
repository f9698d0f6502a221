"""Object paths as the user wrote them: classic maps are looked up by that, and classic answers repeat it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stix_shifter_utils.pattern import Comparison

_PATH = re.compile(r"(?:'(?:[^'\\]|\\.)*'|[^\s'=!<>(])+")


def as_written(text: str, comparison: Comparison) -> str:
    """The path of a comparison in the pattern's text; our own spelling where the place is not known."""
    found = _PATH.match(text, comparison.offset) if comparison.offset >= 0 else None
    return found.group() if found and ":" in found.group() else str(comparison.path)
