"""`stix-shifter hunt`: one pattern, all sources at once, one bundle, and the truth about what was asked."""

from __future__ import annotations

import contextlib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from stix_shifter.cli.arguments import bad_argument
from stix_shifter.cli.console import ERROR_ANSWER, SOME_SOURCES_FAILED, WORKED, is_terminal, to_json
from stix_shifter.cli.durations import budget, duration, moment
from stix_shifter.cli.execute import row_count, seconds
from stix_shifter.cli.hunt_journal import kept_pages
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.hunt_journal import Prepared
    from stix_shifter.cli.parser import CommandParser
    from stix_shifter.hunt import HuntReport
    from stix_shifter.hunt.events import HuntEvent
    from stix_shifter.hunt.sources import Sources
    from stix_shifter_utils.stix import Version

log = logging.getLogger(__name__)


def add_sources_arguments(parser: CommandParser) -> None:
    """Where the sources are, and which of them."""
    parser.add_argument(
        "--sources",
        metavar="FILE",
        help="YAML file of sources (default $STIX_SHIFTER_SOURCES, else ~/.config/stix-shifter/sources.yaml)",
    )
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME",
        help="ask this source or group only; may be given several times",
    )
    parser.add_argument(
        "--overlay",
        action="append",
        default=[],
        metavar="SOURCE=FILE",
        help="what that source calls its fields (YAML or JSON), laid over its connector's maps after the "
        "overlays of the file of sources; may be given several times",
    )


@contextlib.contextmanager
def quiet(args: argparse.Namespace) -> Iterator[None]:
    """No line for every request that is sent again, but with --debug: errors and ledger count them."""
    requests = logging.getLogger("stix_shifter_utils.http")
    before = requests.level
    if not args.debug:
        requests.setLevel(logging.WARNING)
    try:
        yield
    finally:
        requests.setLevel(before)


def read_sources(args: argparse.Namespace, console: Console, *, resolve: bool = True) -> Sources:
    """The chosen sources; the console hides their secrets from now on. UsageError for a wrong file."""
    from stix_shifter.hunt import SourcesFileError, load_sources

    try:
        found = load_sources(args.sources, args.source, resolve=resolve, overlays=_overlays(args.overlay))
    except SourcesFileError as error:
        raise bad_argument(name="--sources", problem="\n  ".join(error.problems)) from error
    for source in found.every.values():
        console.hide(source.secrets)
    for note in found.notes:
        console.note(note)
    return found


def _overlays(given: Sequence[str]) -> dict[str, list[str]]:
    """The files by source."""
    found: dict[str, list[str]] = {}
    for text in given:
        name, sign, file = text.partition("=")
        if not sign or not name or not file:
            raise bad_argument(name="--overlay", problem=f"must be SOURCE=FILE, not {text!r:.80}")
        found.setdefault(name, []).append(file)
    return found


class HuntCommand(Command):
    """One pattern, all sources at once, one bundle."""

    name = "hunt"
    summary = "search many data sources at once with one pattern"
    about = """Ask all sources of a file one pattern at the same time, check and combine what comes back,
    and print one STIX bundle: also AND, FOLLOWEDBY, WITHIN and REPEATS hold across sources. A source
    that fails hides nothing of the others; a table on standard error tells what each was asked and
    answered, and the exit code is 3. Ctrl-C deletes the searches that run on the products."""
    examples = """  # the last 24 hours (the default) on every source of the file
  stix-shifter hunt "[ipv4-addr:value = '192.0.2.7']" --sources sources.yaml

  # a week on two of them, as a table, with the ledger beside it
  stix-shifter hunt @pattern.txt --sources sources.yaml --source edr --source proxy --since 7d \\
      --format table --ledger ledger.json --report hunt.html
"""

    def add_arguments(self, parser: CommandParser) -> None:
        from stix_shifter.hunt.format_names import FORMATS

        parser.add_argument(
            "pattern", nargs="?", help="STIX pattern (text, @file or -); not with --resume and --replay"
        )
        add_sources_arguments(parser)
        parser.add_argument(
            "--since", type=duration, metavar="7d", help="how far back, where the pattern has no START-STOP"
        )
        parser.add_argument(
            "--start", type=moment, metavar="TIME", help="the same as a moment (ISO 8601, UTC)"
        )
        parser.add_argument("--stop", type=moment, metavar="TIME", help="and its end (default now)")
        parser.add_argument(
            "--limit", type=row_count, metavar="N", help="most rows of each query (default 10000)"
        )
        parser.add_argument(
            "--format", choices=FORMATS, default="bundle", help="what to write (default bundle)"
        )
        parser.add_argument(
            "--stix-2.0",
            dest="stix_20",
            action="store_true",
            help="STIX 2.0 objects, which hold no ledger (default 2.1)",
        )
        parser.add_argument("--out", metavar="FILE", help="write there instead of to standard output")
        parser.add_argument("--ledger", metavar="FILE", help="write what was asked and answered, as JSON")
        parser.add_argument(
            "--report", metavar="FILE.html", help="write a page to look at, which needs nothing but a browser"
        )
        parser.add_argument(
            "--same-object", action="store_true", help="AND in brackets: one and the same object (§9.5)"
        )
        parser.add_argument(
            "--on-unmapped",
            choices=("prune", "refuse"),
            help="what a source cannot be asked: leave out its AND group, or fail the source"
            " (default: ask for more, and check here)",
        )
        parser.add_argument(
            "--budget",
            type=budget,
            default={},
            metavar="rows=N,seconds=N,calls=N",
            help="limits over all sources",
        )
        parser.add_argument(
            "--resume",
            metavar="ID",
            help="go on with a hunt that was interrupted, or in which sources failed",
        )
        parser.add_argument("--no-journal", action="store_true", help="keep nothing to resume from")
        parser.add_argument("--record", metavar="DIR", help="keep the native pages, without secrets")
        parser.add_argument(
            "--replay", metavar="DIR", help="hunt again on recorded pages; contacts nothing, needs no secret"
        )
        parser.add_argument("--timeout", type=seconds, metavar="S", help="seconds per source (default 300)")

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.cli.hunt_progress import Lines, LiveTable
        from stix_shifter.cli.hunt_table import closing_table
        from stix_shifter.hunt.formats import write_report
        from stix_shifter.hunt.web_page import write_page
        from stix_shifter_utils.utils.async_utils import run_sync

        if args.since is not None and (args.start is not None or args.stop is not None):
            raise bad_argument(name="--since", problem="and --start or --stop exclude each other")
        sources = read_sources(args, console, resolve=args.replay is None)
        with (
            kept_pages(args, console) as prepared,
            _opened(args.out, "--out") as out,
            _opened(args.ledger, "--ledger") as ledger,
            _opened(args.report, "--report") as page,
        ):
            shown = is_terminal(sys.stderr) and not args.debug
            watcher = LiveTable(console) if shown else Lines(console)
            with quiet(args), watcher:
                report = run_sync(_run(prepared, sources, watcher.see))
            prepared.worked = report.worked
            version: Version = "2.0" if args.stix_20 else "2.1"
            write_report(report, args.format, out or console.binary, version=version)
            if page is not None:
                write_page(report, page)
            if ledger is not None:
                ledger.write(to_json(report.ledger.to_json()).encode() + b"\n")
        console.end_progress()
        sys.stderr.write(console.mask(closing_table(report.ledger)))
        return exit_code(report)


def exit_code(report: HuntReport) -> int:
    """0 all sources worked, 3 some failed, 1 none worked."""
    if report.worked:
        return WORKED
    return SOME_SOURCES_FAILED if len(report.ledger.failed) < len(report.ledger.sources) else ERROR_ANSWER


@contextlib.contextmanager
def _opened(path: str | None, name: str) -> Iterator[BinaryIO | None]:
    """A file to write, opened before anything is asked, so that nobody waits in vain."""
    if path is None:
        yield None
        return
    try:
        opened = Path(path).expanduser().open("wb")
    except OSError as error:
        raise bad_argument(name, f"cannot write {path}: {error.strerror}") from error
    with opened:
        yield opened


async def _run(prepared: Prepared, sources: Sources, see: Callable[[HuntEvent], None]) -> HuntReport:
    """Run the hunt, and show each event."""
    from stix_shifter.hunt import HuntFinished, hunt_stream

    async with contextlib.aclosing(hunt_stream(prepared.pattern, sources, **prepared.options)) as events:
        async for event in events:
            see(event)
            if isinstance(event, HuntFinished):
                return event.report
    message = "the hunt ended without a report"
    raise RuntimeError(message)
