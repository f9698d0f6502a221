"""Splunk: translation by the SPL family, transmission by search jobs."""

from __future__ import annotations

from typing import Any

from stix_shifter_utils.connector import BaseEntryPoint

Params = dict[str, Any]


class EntryPoint(BaseEntryPoint):
    """Searches run on Splunk and are polled; one dialect, the fields of the Common Information Model."""

    def __init__(
        self,
        connection: Params | None = None,
        configuration: Params | None = None,
        options: Params | None = None,
    ) -> None:
        super().__init__(connection, configuration, options)
        self.set_async(True)
        if connection:
            self.setup_transmission_simple(connection, configuration or {})
        self.setup_translation_simple(dialect_default="default")
