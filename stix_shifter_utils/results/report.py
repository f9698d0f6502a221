"""What a translation did with its rows: counts, what was left out and why. No values: they may be secret."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class ResultsReport:
    """Counts of one stream of rows; complete when the stream is at its end.

    `dropped` counts values left out, by native field and reason; `partial` objects that lack what their
    standard type demands, by that type; `refused_rows` rows that were no objects; `empty_rows` rows of which
    nothing became an object, so that they have no observed-data; `merged` objects that were there already.
    """

    rows: int = 0
    observed: int = 0
    objects: int = 0
    merged: int = 0
    empty_rows: int = 0
    refused_rows: int = 0
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    partial: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON-ready data; the most frequent reasons first."""
        return {
            "rows": self.rows,
            "observed": self.observed,
            "objects": self.objects,
            "merged": self.merged,
            "empty_rows": self.empty_rows,
            "refused_rows": self.refused_rows,
            "dropped": [
                {"field": name, "reason": reason, "count": count}
                for (name, reason), count in self.dropped.most_common()
            ],
            "partial": dict(self.partial),
        }
