"""`stix-shifter mapping`: the mapping files of a connector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter.cli.overlays import add_overlay_flag, with_overlays
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser


class ShowMapping(Command):
    """The mapping files of a connector."""

    name = "mapping"
    summary = "show the mapping files of a connector"
    about = """Print every mapping file of a connector, by its name without .json: which native fields a
    STIX property is searched in (from_stix_map), and what STIX a native field becomes
    (to_stix_map). With overlays, as they come out of these."""
    examples = """  stix-shifter mapping mysql
  stix-shifter mapping mysql '{"mapping": {"to_stix_map": {}}}'   # with a mapping of your own in its place
  stix-shifter mapping mysql --overlay acme.yaml                  # as it is with an overlay
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("module", help="connector, see: stix-shifter modules")
        parser.add_argument("options", nargs="?", help="translation options (JSON); none are required")
        add_overlay_flag(parser)

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.stix_translation.stix_translation import MAPPING, StixTranslation

        options = with_overlays(console.inputs.object(args.options, "options"), args)
        return console.answer(StixTranslation().translate(args.module, MAPPING, None, None, options))
