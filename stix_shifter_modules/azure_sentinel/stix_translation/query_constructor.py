"""What the security API can filter by; everything else is checked on the alerts and incidents that come back.

Microsoft Graph v1.0, "List alerts_v2" and "List incidents", optional query parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter_utils.query import Clause, ODataCompiler, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern import TimeWindow
    from stix_shifter_utils.query import Condition

FILTERABLE = frozenset({
    "assignedTo", "classification", "createdDateTime", "determination", "lastUpdateDateTime", "serviceSource",
    "severity", "status",
})  # fmt: skip


class QueryConstructor(ODataCompiler):
    """A filter under the name of its dialect, of equal, unequal and ordered values alone."""

    dialect = "Microsoft Graph"

    def finish(self, condition: Clause | None, window: TimeWindow, limit: int | None) -> dict[str, str]:
        return {self.mapping.dialect: condition.text if condition else ""}

    def write(self, condition: Condition, *, checked: bool) -> Written[Clause] | None:
        written = None if condition.fold else super().write(condition, checked=checked)
        return written and Written(written.part, written.exact and not condition.negated)

    def not_empty(self, field: str) -> str:
        return self.not_null(field)

    def like(self, field: str, parts: Sequence[object], *, fold: bool) -> None:
        return None

    def _among(self, field: str, literals: Sequence[str], *, negated: bool) -> Clause:
        """One comparison for each value; empty text is no value of an enumeration."""
        sign, join = ("ne", self.all_of) if negated else ("eq", self.any_of)
        return join([Clause(f"{field} {sign} {one}") for one in literals if one != self.empty])

    def _column(self, binding: FieldBinding) -> str | None:
        return super()._column(binding) if binding.field in FILTERABLE else None
