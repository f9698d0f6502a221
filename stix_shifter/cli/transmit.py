"""`stix-shifter transmit`: one call to a data source."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from stix_shifter.cli import credentials
from stix_shifter.cli.arguments import metadata
from stix_shifter.cli.parser import Command, add_global_flags

if TYPE_CHECKING:
    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser

OPERATIONS = {
    "ping": "is the source there, and are the credentials good?",
    "is_async": "does a search run at the source, to be asked for its status?",
    "query": "start a search",
    "status": "how far is a search?",
    "results": "native rows of a search",
    "results_stix": "rows of a search as a STIX bundle",
    "delete": "delete a search at the source",
}


def row_number(text: str) -> int:
    """An offset or a length."""
    number = int(text)
    if number < 0:
        message = "must be 0 or more"
        raise argparse.ArgumentTypeError(message)
    return number


class Transmit(Command):
    """One call to a data source."""

    name = "transmit"
    summary = "call a data source: ping, query, status, results, delete"
    about = """Make one call to a data source. An asynchronous source answers query with a search_id, to be
    asked for its status until it is completed; a synchronous one takes the query itself as
    search_id. Credentials need not stand on the command line: "${env:NAME}" and "${file:PATH}"
    in the JSON are replaced, and it may be @file or -."""
    examples = """  stix-shifter transmit stix_bundle '{"url": "bundle.json"}' '{}' ping

  # the password comes from the environment
  stix-shifter transmit mysql @mysql.json \\
      '{"auth": {"username": "me", "password": "${env:DB_PASSWORD}"}}' ping

  # rows from the first, at most ten; natively, and as STIX
  stix-shifter transmit stix_bundle @connection.json '{}' results "[ipv4-addr:value = '192.0.2.7']" 0 10
  stix-shifter transmit stix_bundle @connection.json '{}' results_stix @pattern.txt 0 10 @identity.json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("module", help="connector, see: stix-shifter modules")
        credentials.add_arguments(parser)
        operations = parser.add_subparsers(
            title="operations", metavar="<operation>", dest="operation", required=True
        )
        for operation, summary in OPERATIONS.items():
            call = operations.add_parser(
                operation, help=summary, description=summary[0].upper() + summary[1:]
            )
            _add_call_arguments(call, operation)
            add_global_flags(call)

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.stix_transmission.stix_transmission import StixTransmission

        connection, configuration = credentials.read(args, console, args.module)
        arguments = list(_call_arguments(args, console))
        with StixTransmission(args.module, connection, configuration) as transmission:
            answer = getattr(transmission, args.operation)(*arguments)
        return console.answer(answer)


def _add_call_arguments(call: argparse.ArgumentParser, operation: str) -> None:
    if operation == "query":
        call.add_argument(
            "query_string", help="native query, as translate … query gives it (text, @file or -)"
        )
    if operation in {"status", "results", "results_stix", "delete"}:
        call.add_argument("search_id", help="as query answered (text, @file or -)")
    if operation in {"results", "results_stix"}:
        call.add_argument("offset", type=row_number, help="number of the first row, from 0")
        call.add_argument("length", type=row_number, help="most rows to answer with")
    if operation == "results_stix":
        call.add_argument("data_source", help="identity object of the source (JSON)")
    if operation in {"status", "results", "results_stix"}:
        call.add_argument("metadata", nargs="?", help="metadata of the answer before (JSON, or a bare token)")


def _call_arguments(args: argparse.Namespace, console: Console) -> list[Any]:
    """The arguments of the call, in the order of the Python API."""
    inputs, operation = console.inputs, args.operation
    found: list[Any] = []
    if operation == "query":
        found.append(inputs.text(args.query_string, "query_string"))
    if "search_id" in args:
        found.append(inputs.text(args.search_id, "search_id"))
    if "offset" in args:
        found += [args.offset, args.length]
    if "data_source" in args:
        found.append(inputs.object(args.data_source, "data_source"))
    if "metadata" in args:
        found.append(metadata(inputs, args.metadata))
    return found
