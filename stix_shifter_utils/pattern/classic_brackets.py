"""Parentheses of a pattern's text that say nothing new: published trees keep them, our nodes do not.

`a AND (b AND c)` is one AND of three here. Connectors of earlier releases write brackets by the shape of the
tree, so it is found again in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
Nested = list["T | Nested[T]"]
Span = tuple[int, int]
"""The places of the first and the last comparison of an operand."""

_TOKEN: Final = re.compile(
    r"'(?:[^'\\]|\\.)*'|/\*.*?\*/|//[^\r\n]*|\bIN\s*\([^()']*(?:'(?:[^'\\]|\\.)*'[^()']*)*\)|[()]", re.DOTALL
)


class Brackets:
    """The pairs of parentheses of a text, those of sets left out."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _pairs(self) -> list[Span]:
        """In the order of their openings."""
        opened: list[int] = []
        pairs: list[Span] = []
        if "(" in self._text:
            for found in _TOKEN.finditer(self._text):
                if found.group() == "(":
                    opened.append(found.start())
                elif found.group() == ")" and opened:
                    pairs.append((opened.pop(), found.start()))
        return sorted(pairs)

    def arranged(self, operands: Sequence[tuple[T, Span]]) -> Nested[T]:
        """Operands of one operator, in text order; those that have parentheses of their own as lists."""
        if len(operands) <= 2 or operands[0][1][0] < 0 or not self._pairs:  # noqa: PLR2004 -- no choice
            return [operand for operand, _ in operands]
        sizes = self._sizes([span for _, span in operands])
        found: Nested[T] = []
        at = 0
        while at < len(operands):
            size = sizes.get(at, 1)
            found.append(self.arranged(operands[at : at + size]) if size > 1 else operands[at][0])
            at += size
        return found

    def _sizes(self, spans: list[Span]) -> dict[int, int]:
        """Of operands that a pair begins with, how many the widest such pair holds; not all of them."""
        starts, ends = [start for start, _ in spans], [end for _, end in spans]
        outermost = bisect_left(self._pairs, (starts[0], 0))
        while outermost and starts[0] < self._pairs[outermost - 1][1] < ends[-1]:
            outermost -= 1
        sizes: dict[int, int] = {}
        for opening, closing in self._pairs[outermost : bisect_left(self._pairs, (starts[-1], 0))]:
            first = bisect_left(starts, opening)
            size = bisect_right(ends, closing) - first
            if 1 < size < len(spans):
                sizes[first] = max(size, sizes.get(first, 0))
        return sizes
