"""Elasticsearch and OpenSearch: how the connector's parts are put together."""

from __future__ import annotations

from typing import Any

from stix_shifter_utils.connector import BaseEntryPoint

Params = dict[str, Any]


class EntryPoint(BaseEntryPoint):
    """A synchronous source; `beats`, asked only when it is named, knows raw records of Winlogbeat too."""

    def __init__(
        self,
        connection: Params | None = None,
        configuration: Params | None = None,
        options: Params | None = None,
    ) -> None:
        super().__init__(connection, configuration, options)
        self.set_async(False)
        if connection:
            self.setup_transmission_simple(connection, configuration or {})
        self.setup_translation_simple(dialect_default="default", by_name_only=("beats",))
