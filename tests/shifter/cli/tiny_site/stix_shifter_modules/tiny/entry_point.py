"""The entry point; searches run in the background where the option `mode` says so."""

from typing import Any

from stix_shifter_utils.connector import BaseEntryPoint


class EntryPoint(BaseEntryPoint):
    def __init__(self, connection: Any = None, configuration: Any = None, options: Any = None) -> None:
        super().__init__(connection, configuration, options)
        self.set_async(self.options.get("mode") == "async")
        if connection:
            self.setup_transmission_simple(connection, configuration)
        self.setup_translation_simple(dialect_default="default")
