"""Patterns are translated and read by the destination's connector, at the proxy host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_modules.proxy.stix_transmission.api_client import APIClient, error_of
from stix_shifter_utils.connector import EmptyQueryTranslator
from stix_shifter_utils.query.plan_json import plan_from_json, together

if TYPE_CHECKING:
    from datetime import datetime

    from stix_shifter_utils.query import Policy, QueryPlan

Answer = dict[str, Any]


class QueryTranslator(EmptyQueryTranslator):
    """Asks the proxy host; its answers, errors too, are passed on as they come."""

    def get_language(self) -> str:
        return str(self.options.get("language") or "stix")

    async def transform_query(self, data: str) -> Answer:
        return await APIClient({"options": self.options}, {}).transform_query(data)

    async def plan_elsewhere(
        self, data: str, policy: Policy | None = None, now: datetime | None = None
    ) -> QueryPlan | None:
        """The plan that the proxy host makes; None where it cannot, and `transform_query` has to do.

        Raises the StixShifterError that the host answers with.
        """
        now_ms = int(now.timestamp() * 1000) if now else None
        found = await APIClient({"options": self.options}, {}).plan_query(data, policy, now_ms)
        if found is None:
            return None
        if found.get("success") is not True:
            raise error_of(found)
        plans = [plan_from_json(one) for one in found.get("plans") or ()]
        return together(plans, self.dialect) if plans else None

    async def parse_query(self, data: str) -> Answer:  # type: ignore[override]  # callers await what can be awaited
        return await APIClient({"options": self.options}, {}).parse_query(data)
