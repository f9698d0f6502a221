"""`stix-shifter translate`: a pattern into native queries, or native rows into a STIX bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter.cli import results
from stix_shifter.cli.arguments import bad_argument, parse_json, with_options
from stix_shifter.cli.overlays import add_overlay_flag, with_overlays
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser

NEED_DATA = ("query", "results", "parse")
ABOUT_CONNECTOR = ("mapping", "configs", "dialects", "supported_attributes")


class Translate(Command):
    """A pattern into native queries, or native rows into a STIX bundle."""

    name = "translate"
    summary = "translate a pattern into queries, or rows into STIX"
    about = """Translate a STIX pattern into the native queries of a data source (query), its rows into a
    STIX bundle (results), or show how a pattern reads (parse). mapping, configs, dialects and
    supported_attributes tell about the connector. No data source is contacted."""
    examples = """  # the query that a pattern becomes; options of the connector as JSON
  stix-shifter translate mysql query '{}' "[url:value LIKE '%login%']" '{"table": "events"}'

  # one dialect of several
  stix-shifter translate local_files:zeek query '{}' "[domain-name:value = 'example.com']"

  # rows into STIX 2.1; rows and identity from files, - is standard input
  stix-shifter translate local_files:zeek results @identity.json @rows.json --stix-2.1
  cat rows.ndjson | stix-shifter translate local_files:zeek results @identity.json - --stream

  # a large file by two processes, one object per line
  stix-shifter translate local_files:zeek results @identity.json @rows.ndjson --ndjson --workers 2

  # how a pattern reads
  stix-shifter translate mysql parse '{}' \\
      "[file:name = 'a.exe'] START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'" '{"table": "events"}'
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "module", help="connector, with dialects if wanted: name or name:dialect1:dialect2"
        )
        parser.add_argument(
            "translate_type",
            choices=(*NEED_DATA, *ABOUT_CONNECTOR),
            metavar="type",
            help=f"one of: {', '.join((*NEED_DATA, *ABOUT_CONNECTOR))}",
        )
        parser.add_argument(
            "data_source", nargs="?", help="identity object for results (JSON), '{}' otherwise"
        )
        parser.add_argument(
            "data", nargs="?", help="pattern for query and parse; JSON rows for results; '' reads stdin"
        )
        parser.add_argument("options", nargs="?", help="translation options (JSON)")
        parser.add_argument(
            "recursion_limit", nargs="?", type=int, help="accepted for old scripts, without effect"
        )
        parser.add_argument(
            "-x", "--stix-validator", action="store_true", help="check the bundle with stix2-validator"
        )
        results.add_output_flags(parser, only_for="results: ")
        add_overlay_flag(parser)
        parser.add_argument(
            "--workers", type=int, default=1, metavar="N",
            help="results: with --stream or --ndjson, translate by N processes; the objects are the same",
        )  # fmt: skip

    def run(self, args: argparse.Namespace, console: Console) -> int:
        if args.translate_type in NEED_DATA and (args.data_source is None or args.data is None):
            problem = f"translate {args.translate_type} needs data_source and data"
            raise bad_argument(name="data", problem=problem)
        if args.translate_type == "results":
            return results.translate_results(args, console)
        from stix_shifter.stix_translation.stix_translation import StixTranslation

        identity = console.inputs.object(args.data_source, "data_source")
        given = with_overlays(console.inputs.object(args.options, "options"), args)
        options = with_options(given, **{"stix_2.1": args.stix_2_1})
        answer = StixTranslation().translate(
            args.module, args.translate_type, identity, _pattern(args, console), options
        )
        return console.answer(answer)


def _pattern(args: argparse.Namespace, console: Console) -> str | None:
    """The pattern as given; `parse` also takes it as a JSON text, as it had to be given before release 9."""
    if args.translate_type not in NEED_DATA:
        return None
    text = console.inputs.text(args.data or "-", "data")
    if args.translate_type == "parse" and text.lstrip().startswith('"'):
        decoded = parse_json(text, "data")
        return decoded if isinstance(decoded, str) else text
    return text
