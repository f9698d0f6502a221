"""Rows and bundles, both made at the proxy host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector import BaseJsonResultsConnector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.connector import BaseEntryPoint

Answer = dict[str, Any]


class ResultsConnector(BaseJsonResultsConnector):
    """Bundles are made where the rows are, so that rows need not travel."""

    async def create_results_stix_connection(
        self,
        entry_point: BaseEntryPoint,
        search_id: Any,
        offset: Any,
        length: Any,
        data_source: Mapping[str, Any] | str,
        metadata: Any = None,
    ) -> Answer:
        del entry_point
        answer: Answer = await self.api_client.get_search_results_stix(
            search_id, offset, length, data_source, metadata
        )
        return answer
