"""Object paths as the user wrote them: classic maps are looked up by that, and classic answers repeat it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stix_shifter_utils.pattern import Comparison

_PATH = re.compile(r"(?:'(?:[^'\\]|\\.)*'|[^\s'=!<>()\[\]]|\[(?:\*|-?\d+)\])+")


def as_written(text: str, comparison: Comparison) -> str:
    """The path of a comparison in the pattern's text; our own spelling where the place is not known."""
    found = _PATH.match(text, comparison.offset) if comparison.offset >= 0 else None
    if not found or ":" not in found.group() or text[found.end() :].lstrip()[:1] in (".", "[", ":"):
        return str(comparison.path)  # blanks stand inside it
    return found.group()
