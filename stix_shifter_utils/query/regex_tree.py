"""The tree of a regular expression: what it is made of, and nothing about reading or writing one."""

from __future__ import annotations

from typing import Final, TypeAlias

from stix_shifter_utils.frozen import frozen

Ranges = tuple[tuple[int, int], ...]


@frozen
class Letters:
    """One character out of ranges of code points, or with `negated` any other one."""

    ranges: Ranges
    negated: bool = False

    @property
    def only(self) -> str | None:
        """The one character it can be."""
        (low, high), *more = self.ranges or ((1, 0),)
        return chr(low) if low == high and not more and not self.negated else None


@frozen
class Place:
    """A place: `start`, `end` (also before a last line feed), `last`, `word` or `inside`."""

    kind: str


@frozen
class Sequence:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@frozen
class Branches:
    """One of several."""

    branches: tuple[Node, ...]


@frozen
class Repeated:
    """A part `least` to `most` times; `most` None is without end."""

    part: Node
    least: int
    most: int | None


Node: TypeAlias = "Letters | Place | Sequence | Branches | Repeated"
ANY_LETTER: Final = Letters((), negated=True)
ANY_TEXT: Final = Repeated(ANY_LETTER, 0, None)
