"""What compiling a pattern yields: native queries, verdicts, and how rows are to be checked.

Values only. Making them is the compiler's work (`compiler`, `families`); sending them, the transmission's.
"""

from __future__ import annotations

import enum
from typing import Any, Literal

from stix_shifter_utils.frozen import frozen
from stix_shifter_utils.pattern import Comparator, Comparison, TimeWindow

Policy = Literal["prune", "refuse", "widen"]
"""What becomes of a comparison that cannot be asked natively.

`prune`: the classic rule, it takes its AND group along and the rest is sent. `refuse`: UnmappedError.
`widen`: a hunt, which checks rows itself: the comparison is left out of its AND, and makes its OR ask for
everything.
"""

Case = Literal["exact", "ignore"]
"""How rows are compared when they are checked here."""

Body = str | dict[str, Any] | list[Any]
"""Query text, or JSON-ready data for a source that takes data."""


class Verdict(enum.Enum):
    """How far a source answers one comparison; from best to worst."""

    EXACT = "exact"
    """The native query says just this."""

    SUPERSET = "superset"
    """The native query asks for more; rows are checked here."""

    LOCAL = "local"
    """Not sent; checked here on the rows that come back."""

    UNSEARCHABLE = "unsearchable"
    """This source cannot answer it."""


@frozen
class ComparisonVerdict:
    """The verdict for one comparison of the pattern, and why, in words for people."""

    comparison: Comparison
    verdict: Verdict
    reason: str = ""


@frozen
class NativeQuery:
    """One query for a source.

    `window` spans the windows of all observations asked for in it (each one's own window is in the body);
    `limit` is the most rows it asks for.
    """

    body: Body
    dialect: str
    window: TimeWindow
    limit: int | None = None


@frozen
class QueryPlan:
    """All that a dialect is asked for one pattern.

    `queries` is empty when nothing can match or nothing could be asked (`is_answerable` tells which).
    `verdicts` are in text order, one per comparison. `window` is what was really asked. `case` is how
    rows are to be compared when they are checked. `trusted` are the comparisons that the source alone can
    judge, because their property does not come back; an absent value is true for these (and only these).
    `combination_local` says that the queries ask for candidates of single observation expressions, and AND,
    FOLLOWEDBY, WITHIN or REPEATS are settled here.
    """

    dialect: str
    queries: tuple[NativeQuery, ...]
    verdicts: tuple[ComparisonVerdict, ...]
    unmapped_attributes: tuple[str, ...] = ()
    unmapped_comparators: tuple[Comparator, ...] = ()
    combination_local: bool = False
    window: TimeWindow = TimeWindow.ALL
    window_exact: bool = True
    case: Case = "exact"
    trusted: tuple[Comparison, ...] = ()

    @property
    def is_answerable(self) -> bool:
        """Whether the source can find anything for this pattern at all."""
        return bool(self.queries)

    @property
    def is_exact(self) -> bool:
        """Whether the rows that come back match the pattern without being checked here."""
        return (
            self.window_exact
            and not self.combination_local
            and all(one.verdict is Verdict.EXACT for one in self.verdicts)
        )
