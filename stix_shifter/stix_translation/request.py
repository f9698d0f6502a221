"""One translation request: what was asked of which connector, with checked options and chosen dialects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.config.checking import validate_against
from stix_shifter_utils.config.files import module_config
from stix_shifter_utils.config.locate import find_module
from stix_shifter_utils.config.schema import schema_of
from stix_shifter_utils.connector.discovery import (
    entry_point_at,
    load_entry_point,
    merged_names,
    split_dialects,
)
from stix_shifter_utils.errors import (
    ConfigurationError,
    UnsupportedDataSourceError,
    UnsupportedDialectError,
    UnsupportedLanguageError,
)
from stix_shifter_utils.frozen import frozen

if TYPE_CHECKING:
    from stix_shifter_utils.connector.entry_point import BaseEntryPoint

_OPTIONS = "connection.options"
STIX = "stix"


@frozen
class Request:
    """`dialects` are those of the module's suffix and of the options, each once, the suffix first."""

    module: str
    dialects: tuple[str, ...]
    data_source: Any
    data: Any
    options: Mapping[str, Any]

    @classmethod
    def of(cls, module: Any, data_source: Any, data: Any, options: Any) -> Request:
        """Raises for a module that is no text and for options that are no dictionary."""
        if not isinstance(module, str):
            message = f"{module!r} is an unsupported data source."
            raise UnsupportedDataSourceError(message)
        if options is not None and not isinstance(options, Mapping):
            message = f"options must be a JSON object, not {type(options).__name__}"
            raise ConfigurationError(message)
        name, suffix = split_dialects(module)
        given = options or {}
        asked = given.get("dialects") or ()
        if isinstance(asked, str) or not all(isinstance(dialect, str) for dialect in asked):
            message = 'option dialects must be an array of names: ["dialect1", "dialect2"]'
            raise ConfigurationError(message)
        dialects = tuple(merged_names(suffix, asked)) if suffix or asked else ()
        return cls(name, dialects, data_source, data, given)

    def entry_point(self) -> BaseEntryPoint:
        """The connector's entry point with checked options; the asked dialects among them."""
        place = find_module(self.module)
        kind = entry_point_at(place)
        options = validate_against(schema_of(place.folder), self.options, _OPTIONS)
        options["dialects"] = list(self.dialects)
        return kind(options=options)

    def unchecked_entry_point(self) -> BaseEntryPoint:
        """The entry point for questions about the connector: required options may be missing."""
        return load_entry_point(self.module)(options={**self.options, "dialects": []})

    def configs(self) -> dict[str, Any]:
        """The merged configuration; asking for it imports nothing of the connector."""
        return module_config(self.module)

    def query_dialects(self, entry_point: BaseEntryPoint) -> list[str]:
        """The dialects to ask: those given, else all that the connector lists, of the wanted language.

        Raises UnsupportedDialectError for one that the connector does not have, UnsupportedLanguageError when
        none is left.
        """
        known = entry_point.get_dialects_full()
        for dialect in self.dialects:
            if dialect not in known:
                raise UnsupportedDialectError(dialect)
        wanted = self.options.get("language") or (None if self.dialects else STIX)
        listed = self.dialects or [name for name in known if known[name]["default"]]
        chosen = [name for name in listed if wanted in (None, known[name]["language"])]
        if not chosen and not self.dialects:
            chosen = [name for name in known if known[name]["language"] == wanted]
        if not chosen:
            raise UnsupportedLanguageError(str(wanted))
        return chosen
