"""Proxy: every question goes to a proxy host, whose own connector answers it. Nothing is translated here."""

from __future__ import annotations

from typing import Any

from stix_shifter_modules.proxy.stix_transmission.api_client import APIClient
from stix_shifter_utils.connector import BaseEntryPoint
from stix_shifter_utils.utils.async_utils import run_sync

Params = dict[str, Any]


class EntryPoint(BaseEntryPoint):
    """The destination's connector, as its own entry point would be, with the answers as they come.

    Whether the destination is asynchronous is asked there, once, when somebody wants to know.
    """

    answers_whole = True
    """One answer holds the queries of all dialects: they are the destination's."""

    def __init__(
        self,
        connection: Params | None = None,
        configuration: Params | None = None,
        options: Params | None = None,
    ) -> None:
        super().__init__(connection, configuration, options)
        self._is_async: bool | None = None
        if connection:
            self.setup_transmission_simple(connection, configuration or {})
        for dialect in self.options.get("dialects") or ["default"]:
            self.add_dialect(dialect, default=True)

    def is_async(self) -> bool:
        """Raises a TransmissionError when the proxy host does not say."""
        if not self.connection:
            return True
        if self._is_async is None:
            self._is_async = run_sync(APIClient(self.connection, self.configuration).is_async())
        return self._is_async

    async def describe(self, about: str) -> Params | None:
        """What the destination's connector says of itself: `mapping`, `dialects`, `supported_attributes`.

        None where the options name no destination.
        """
        if not self.options.get("destination"):
            return None
        return await APIClient({"options": self.options}, {}).describe(about)
