"""A connector in the style of earlier releases: separate role files, a walker of classic trees, own results."""

from stix_shifter_utils.utils.base_entry_point import BaseEntryPoint


class EntryPoint(BaseEntryPoint):
    def __init__(self, connection={}, configuration={}, options={}):
        super().__init__(connection, configuration, options)
        self.set_async(True)
        if connection:
            self.setup_transmission_simple(connection, configuration)
        self.setup_translation_simple(dialect_default="default")
