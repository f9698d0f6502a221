"""`stix-shifter execute`: a pattern all the way: native queries, search, rows, one STIX bundle."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from stix_shifter.cli import credentials, results
from stix_shifter.cli.arguments import bad_argument, with_options
from stix_shifter.cli.console import ERROR_ANSWER, WORKED, errors_in, is_error, to_json
from stix_shifter.cli.overlays import add_overlay_flag
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser
    from stix_shifter.execution import Failure, Searches

DEFAULT_ROWS, DEFAULT_TIMEOUT_S = 10, 600.0
logger = logging.getLogger(__name__)


def row_count(text: str) -> int:
    """How many rows are wanted."""
    number = int(text)
    if number < 1:
        message = "must be 1 or more"
        raise argparse.ArgumentTypeError(message)
    return number


def seconds(text: str) -> float:
    """A time limit."""
    number = float(text)
    if not 0 < number < float("inf"):
        message = "must be a number of seconds above 0"
        raise argparse.ArgumentTypeError(message)
    return number


class Execute(Command):
    """A pattern all the way: native queries, search, rows, one STIX bundle."""

    name = "execute"
    summary = "search a data source with a pattern, and print the STIX bundle"
    about = """Translate a pattern, search the data source, page through its rows, and print them as one
    STIX bundle. What was found is printed also when a query fails; the failures stand on
    standard error, and the exit code is 1. A search that still runs at the end, or when you
    press Ctrl-C, is deleted at the source."""
    examples = """  # ten rows (the default) of a bundle in a file
  stix-shifter execute stix_bundle stix_bundle @identity.json '{"url": "bundle.json"}' '{}' \\
      "[ipv4-addr:value = '192.0.2.7'] START t'2024-05-14T00:00:00Z' STOP t'2024-05-15T00:00:00Z'"

  # log files, all that they hold, one STIX object per line as it comes
  stix-shifter execute local_files local_files:zeek @identity.json '{"path": "logs/*.ndjson"}' '{}' \\
      "[ipv4-addr:value = '192.0.2.7']" -r 1000000 --stix-2.1 --ndjson

  # a thousand rows as STIX 2.1; the password comes from the environment
  stix-shifter execute mysql mysql @identity.json @mysql.json \\
      '{"auth": {"username": "me", "password": "${env:DB_PASSWORD}"}}' @pattern.txt -r 1000 --stix-2.1

  # where the deployment calls its fields otherwise than the connector's maps
  stix-shifter execute mysql mysql @identity.json @mysql.json \\
      '{"auth": {"username": "me", "password": "${env:DB_PASSWORD}"}}' @pattern.txt --overlay acme.yaml
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("transmission_module", help="connector that searches")
        parser.add_argument(
            "translation_module", help="connector that translates, with dialects if wanted: name:dialect"
        )
        parser.add_argument("data_source", help="identity object of the source (JSON)")
        credentials.add_arguments(parser)
        parser.add_argument("pattern", help="STIX pattern (text, @file or -)")
        parser.add_argument(
            "-r",
            "--results",
            type=row_count,
            default=DEFAULT_ROWS,
            metavar="N",
            help=f"most rows to fetch, over all queries (default {DEFAULT_ROWS})",
        )
        parser.add_argument(
            "-t",
            "--timeout",
            type=seconds,
            default=DEFAULT_TIMEOUT_S,
            metavar="S",
            help=f"give up after so many seconds (default {DEFAULT_TIMEOUT_S:g})",
        )
        results.add_output_flags(parser)
        add_overlay_flag(parser)

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.stix_translation.stix_translation import QUERY, StixTranslation

        identity = console.inputs.object(args.data_source, "data_source")
        connection, configuration = credentials.read(args, console, args.transmission_module)
        pattern = console.inputs.text(args.pattern, "pattern")
        options = _options(connection, args)
        translated = StixTranslation().translate(
            args.translation_module, QUERY, identity, pattern, _strict(options)
        )
        if is_error(translated) and not translated.get("queries"):
            return console.answer(translated)
        logger.info("Translated Queries:\n%s", to_json(translated))
        with _searches(args, connection, configuration, translated.get("queries") or [], console) as searches:
            code = _print_found(searches, identity, options, args, console)
        return _report(searches, list(errors_in(translated)), console) or code


@contextmanager
def _searches(
    args: argparse.Namespace, connection: Any, configuration: Any, queries: Sequence[Any], console: Console
) -> Iterator[Searches]:
    from stix_shifter.execution import PAGE, Limits, Searches
    from stix_shifter.stix_transmission.stix_transmission import StixTransmission

    page = (connection.get("options") or {}).get("batch_size")
    rows_per_call = page if isinstance(page, int) and page > 0 else PAGE
    limits = Limits(rows=args.results, page=rows_per_call, timeout_s=args.timeout)
    with (
        StixTransmission(args.transmission_module, connection, configuration) as source,
        Searches(source, queries, limits, progress=console.progress) as searches,
    ):
        yield searches


def _print_found(
    searches: Searches,
    identity: Mapping[str, Any],
    options: Mapping[str, Any],
    args: argparse.Namespace,
    console: Console,
) -> int:
    """Print the bundle of what is found; where nothing was because all failed, the error."""
    pages = searches.pages()
    first = next(pages, ())
    if not first and searches.failures:
        console.print_json(_all_failed(searches.failures, args.transmission_module))
        return ERROR_ANSWER
    rows = chain(first, chain.from_iterable(pages))
    if args.stream or args.ndjson:
        results.print_stream(args, console, identity, rows, options)
        return WORKED
    return results.print_bundle(args.translation_module, identity, list(rows), options, console)


def _options(connection: Mapping[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    options = connection.get("options")
    if options is None:
        options = {}
    if not isinstance(options, Mapping):
        raise bad_argument(name="connection", problem="options must be a JSON object")
    return results.results_options(options, args)


def _strict(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options for the pattern, with the OASIS validator on, unless the language is the source's own."""
    return with_options(options, validate_pattern=True if options.get("language", "stix") == "stix" else None)


def _report(searches: Searches, refused: Sequence[str], console: Console) -> int:
    """Say on standard error what is not in the bundle; the exit code."""
    for text in refused:
        console.complain(f"translation: {text}")
    for failure in searches.failures:
        console.complain(str(failure))
    for warning in searches.warnings:
        console.note(f"warning: {warning}")
    if searches.unasked:
        console.note(
            f"{searches.unasked} queries were not sent: the rows asked for were there (-r asks for more)"
        )
    elif searches.cut_short:
        console.note(f"stopped at {searches.rows} rows; there may be more (-r asks for more)")
    return ERROR_ANSWER if refused or searches.failures else WORKED


def _all_failed(failures: Sequence[Failure], module: str) -> dict[str, Any]:
    """One error object for searches of which none gave a row."""
    first = dict(failures[0].answer)
    if len(failures) == 1:
        return {"success": False, "connector": module, **first}
    return {
        "success": False,
        "connector": module,
        "code": first.get("code", "unknown"),
        "error": "; ".join(str(failure) for failure in failures),
        "errors": [dict(failure.answer, query=failure.query) for failure in failures],
    }
