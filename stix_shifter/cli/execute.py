"""`stix-shifter execute`: a pattern all the way: native queries, search, rows, one STIX bundle."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stix_shifter.cli import credentials
from stix_shifter.cli.arguments import bad_argument, with_options
from stix_shifter.cli.console import ERROR_ANSWER, errors_in, to_json
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
      "[ipv4-addr:value = '192.0.2.7']"

  # a thousand rows as STIX 2.1; the password comes from the environment
  stix-shifter execute mysql mysql @identity.json @connection.json \\
      '{"auth": {"username": "me", "password": "${env:DB_PASSWORD}"}}' @pattern.txt -r 1000 --stix-2.1
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
        parser.add_argument(
            "--stix-2.1", dest="stix_2_1", action="store_true", default=None, help="STIX 2.1 instead of 2.0"
        )

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.stix_translation.stix_translation import QUERY, RESULTS, StixTranslation
        from stix_shifter.stix_transmission.stix_transmission import StixTransmission

        identity = console.inputs.object(args.data_source, "data_source")
        connection, configuration = credentials.read(args, console, args.transmission_module)
        pattern = console.inputs.text(args.pattern, "pattern")
        options = _options(connection, args)
        translation = StixTranslation()
        translated = translation.translate(
            args.translation_module, QUERY, identity, pattern, _strict(options)
        )
        queries = translated.get("queries")
        if not queries:
            return console.answer(translated)
        logger.info("Translated Queries:\n%s", to_json(translated))
        refused = list(errors_in(translated))
        source = StixTransmission(args.transmission_module, connection, configuration)
        rows, searches = _search(source, queries, options, args, console)
        if searches.failures and not rows:
            return console.answer(_all_failed(searches.failures, args.transmission_module))
        bundle = translation.translate(args.translation_module, RESULTS, identity, rows, options)
        code = console.answer(bundle)
        return ERROR_ANSWER if _report(searches, refused, console) else code


def _options(connection: Mapping[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    options = connection.get("options") or {}
    if not isinstance(options, Mapping):
        raise bad_argument(name="connection", problem="options must be a JSON object")
    return with_options(options, **{"stix_2.1": args.stix_2_1})


def _strict(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options for the pattern, with the OASIS validator on, unless the language is the source's own."""
    return with_options(options, validate_pattern=True if options.get("language", "stix") == "stix" else None)


def _search(
    source: Any,
    queries: Sequence[Any],
    options: Mapping[str, Any],
    args: argparse.Namespace,
    console: Console,
) -> tuple[list[Any], Searches]:
    from stix_shifter.execution import PAGE, Limits, Searches

    page = options.get("batch_size")
    rows_per_call = page if isinstance(page, int) and page > 0 else PAGE
    limits = Limits(rows=args.results, page=rows_per_call, timeout_s=args.timeout)
    with Searches(source, queries, limits, progress=console.progress) as searches:
        rows = [row for page in searches.pages() for row in page]
    console.end_progress()
    return rows, searches


def _report(searches: Searches, refused: Sequence[str], console: Console) -> bool:
    """Say on standard error what is not in the bundle; True when something failed."""
    for text in refused:
        console.complain(f"translation: {text}")
    for failure in searches.failures:
        console.complain(str(failure))
    if searches.unasked:
        console.note(
            f"{searches.unasked} queries were not sent: the rows asked for were there (-r asks for more)"
        )
    elif searches.cut_short:
        console.note(f"stopped at {searches.rows} rows; there may be more (-r asks for more)")
    return bool(refused or searches.failures)


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
