"""The tree of a regular expression: what it is made of, and nothing about reading or writing one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Letters:
    """One character out of ranges of code points, or with `negated` any other one."""

    ranges: Ranges
    negated: bool = False

    @property
    def only(self) -> str | None:
        """The one character it can be."""
        (low, high), *more = self.ranges or ((1, 0),)
        return chr(low) if low == high and not more and not self.negated else None


@dataclass(frozen=True, slots=True)
class Place:
    """A place: `start`, `end` (also before a last line feed), `last`, `word` or `inside`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Branches:
    """One of several."""

    branches: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A part `least` to `most` times; `most` None is without end."""

    part: Node
    least: int
    most: int | None


Node: TypeAlias = "Letters | Place | Sequence | Branches | Repeated"
ANY_LETTER: Final = Letters((), negated=True)
ANY_TEXT: Final = Repeated(ANY_LETTER, 0, None)
