"""Pieces of query text that know how tightly they bind, so that brackets follow by themselves."""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Binds(enum.IntEnum):
    """How tightly the outermost operator of a text binds."""

    __hash__ = int.__hash__  # members hash in C: clauses are keys while they are joined

    OR = 1
    AND = 2
    NOT = 3
    COMPARISON = 4
    ATOM = 5


class Clause(NamedTuple):
    """A condition as text. `binds` is the strength of its outermost operator."""

    text: str
    binds: Binds = Binds.COMPARISON

    def within(self, binds: Binds) -> str:
        """The text as an operand of an operator that binds so: in brackets where it binds less tightly."""
        return self.text if self.binds >= binds else f"({self.text})"


_FEW: Final = 200
"""Operands that stand in one row. Engines read a row as a tree as deep as it is long, and bound its depth."""


def joined(clauses: Iterable[Clause], operator: str, binds: Binds) -> Clause:
    """One or more clauses joined by AND or OR; a single one stays as it is.

    Equal clauses are written once. Operands of the same strength need no brackets, since the operator is
    associative. Long rows are grouped by brackets, so that the depth that an engine sees grows with the
    square root of the number.
    """
    parts = list(clauses)
    if len(parts) > 2 or (len(parts) == 2 and parts[0] == parts[1]):  # noqa: PLR2004  two are told apart at once
        parts = list(dict.fromkeys(parts))
    if len(parts) == 1:
        return parts[0]
    texts = [text if own >= binds else f"({text})" for text, own in parts]
    if len(texts) > _FEW:
        size = max(_FEW, math.isqrt(len(texts)))
        texts = [f"({operator.join(texts[at : at + size])})" for at in range(0, len(texts), size)]
    return Clause(operator.join(texts), binds)


AND: Final = " AND "
OR: Final = " OR "
