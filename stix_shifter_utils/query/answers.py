"""What a family answers for one comparison: the native condition, and how near it comes."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Generic, TypeVar

from stix_shifter_utils.frozen import frozen

if TYPE_CHECKING:
    from stix_shifter_utils.query.model import Verdict

F = TypeVar("F")


class Scope(enum.Enum):
    """Parts of a query that are no condition."""

    ALL = "all"
    """Every row: nothing to say."""

    NOTHING = "nothing"
    """No row."""

    REMOVED = "removed"
    """Left out by the classic rule, with its AND group."""


@frozen
class Answer(Generic[F]):
    """The answer for one comparison.

    `part` is what to send, `None` when nothing can be sent; `Scope.REMOVED` when it is sent as part of a
    list that holds other comparisons too. `blind`: the values judged do not come back, so that only the
    source knows. `is_mapped`: fields to ask are known, though perhaps not how.
    """

    part: F | Scope | None
    verdict: Verdict
    reason: str = ""
    blind: bool = False
    is_mapped: bool = True
