"""`stix-shifter configs`: what a connector wants to know before it can connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter.cli.modules import about_modules
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser


class Configs(Command):
    """What a connector wants to know before it can connect."""

    name = "configs"
    summary = "show the connection and configuration parameters of connectors"
    about = """Print the parameters of a connector, or of all: each with its type, limits and default.
    connection says where the source is and how to search it (options), configuration holds the
    credentials (auth)."""
    examples = """  stix-shifter configs mysql
  stix-shifter configs                  # of every connector
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("module", nargs="?", help="connector; all when left out")

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.stix_translation.stix_translation import CONFIGS

        return about_modules(args.module, CONFIGS, console)
