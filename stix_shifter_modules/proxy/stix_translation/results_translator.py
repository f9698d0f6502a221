"""Rows are translated by the destination's connector, at the proxy host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_modules.proxy.stix_transmission.api_client import APIClient
from stix_shifter_utils.connector import BaseResultTranslator

if TYPE_CHECKING:
    from collections.abc import Mapping


class ResultsTranslator(BaseResultTranslator):
    """Asks the proxy host; its answer, an error too, is passed on as it comes."""

    async def translate_results(self, data_source: Mapping[str, Any] | str, data: Any) -> dict[str, Any]:
        return await APIClient({"options": self.options}, {}).translate_results(data_source, data)
