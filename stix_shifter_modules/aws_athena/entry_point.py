"""Amazon Athena: translation by the Trino family, transmission by Athena's API."""

from __future__ import annotations

from typing import Any

from stix_shifter_utils.connector import BaseEntryPoint

Params = dict[str, Any]
DIALECTS = ("ocsf", "vpcflow", "guardduty")


class EntryPoint(BaseEntryPoint):
    """An asynchronous source with three dialects; a connection has those whose tables it names."""

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
        named = [name for name in DIALECTS if (connection or {}).get(f"{name}_table_name")]
        if named and not self.options.get("dialects"):
            self.options = {**self.options, "dialects": named}
        self.setup_translation_simple(dialect_default="ocsf")
