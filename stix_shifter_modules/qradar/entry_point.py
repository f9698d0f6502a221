"""IBM QRadar: translation by the AQL family, transmission by Ariel searches."""

from __future__ import annotations

from typing import Any

from stix_shifter_utils.connector import BaseEntryPoint, NativeQueryTranslator

Params = dict[str, Any]


class EntryPoint(BaseEntryPoint):
    """Searches run on QRadar and are polled; `events`, `flows`, and AQL as it stands: `aql`."""

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
        self.setup_translation_simple(dialect_default="events")
        self.add_dialect("aql", query_translator=NativeQueryTranslator(self.options, "aql"), default=True)
