"""Which commands there are: name, line in `--help`, and the class that is imported when the command is used.

A test holds names and lines to what the classes say. What runs them is `app.py`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from stix_shifter_utils.frozen import frozen

if TYPE_CHECKING:
    from stix_shifter.cli.parser import Command


@frozen
class Listed:
    """A command of the list; `place` is `module:class` in this package."""

    name: str
    summary: str
    place: str

    def load(self) -> Command:
        """The command itself."""
        module, _, kind = self.place.partition(":")
        command: Command = getattr(import_module(f"stix_shifter.cli.{module}"), kind)()
        return command


COMMANDS: tuple[Listed, ...] = (
    Listed(
        "explain",
        "show what a source would be asked: queries, windows, a verdict per comparison",
        "explain:Explain",
    ),
    Listed("translate", "translate a pattern into queries, or rows into STIX", "translate:Translate"),
    Listed("transmit", "call a data source: ping, query, status, results, delete", "transmit:Transmit"),
    Listed("execute", "search a data source with a pattern, and print the STIX bundle", "execute:Execute"),
    Listed("hunt", "search many data sources at once with one pattern", "hunt:HuntCommand"),
    Listed("sources", "list, check, examine and add the sources of hunts", "sources:SourcesCommand"),
    Listed("diff", "compare the bundles of two hunts", "diff:Diff"),
    Listed("match", "does a bundle match a pattern, and which of its observations do?", "match:JudgeBundle"),
    Listed("mapping", "show the mapping files of a connector", "mapping:ShowMapping"),
    Listed("modules", "list the installed connectors and their dialects", "modules:Modules"),
    Listed("configs", "show the connection and configuration parameters of connectors", "configs:Configs"),
    Listed("new-connector", "start a connector as a copy of a template", "new_connector:NewConnector"),
    Listed(
        "host", "serve the connectors of this machine over HTTP, for the connector proxy", "host:HostCommand"
    ),
    Listed(
        "sandbox",
        "serve a make-believe product on 127.0.0.1, to try a connector on",
        "sandbox:SandboxCommand",
    ),
)
