"""Patterns are translated and read by the destination's connector, at the proxy host."""

from __future__ import annotations

from typing import Any

from stix_shifter_modules.proxy.stix_transmission.api_client import APIClient
from stix_shifter_utils.connector import EmptyQueryTranslator

Answer = dict[str, Any]


class QueryTranslator(EmptyQueryTranslator):
    """Asks the proxy host; its answers, errors too, are passed on as they come."""

    def get_language(self) -> str:
        return str(self.options.get("language") or "stix")

    async def transform_query(self, data: str) -> Answer:
        return await APIClient({"options": self.options}, {}).transform_query(data)

    async def parse_query(self, data: str) -> Answer:  # type: ignore[override]  # callers await what can be awaited
        return await APIClient({"options": self.options}, {}).parse_query(data)
