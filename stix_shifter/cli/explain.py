"""`stix-shifter explain`: what a source would be asked, and what it cannot answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter.cli.console import WORKED
from stix_shifter.cli.overlays import add_overlay_flag, with_overlays
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser
    from stix_shifter.cli.tables import Page
    from stix_shifter_utils.pattern import TimeWindow
    from stix_shifter_utils.query import ComparisonVerdict, QueryPlan

MEANINGS = {
    "exact": "the native query says just this",
    "superset": "the native query asks for more than it says; the rows have to be checked here",
    "local": "not sent; it has to be checked here, on the rows that come back",
    "unsearchable": "this source cannot answer it",
}


class Explain(Command):
    """What a source would be asked, and what it cannot answer."""

    name = "explain"
    summary = "show what a source would be asked: queries, windows, a verdict per comparison"
    about = """Show, without contacting anything, what a pattern becomes for a source: each native query
    with its time window and limit, and for each comparison whether the source answers it exactly, answers
    more (superset), is not asked (local), or cannot answer it at all (unsearchable)."""
    examples = """  stix-shifter explain mysql "[url:value LIKE '%login%' OR file:name = 'a.exe']" \\
      '{"table": "events"}'

  # what a hunt sends, which checks the rows here and so asks for more where it must
  stix-shifter explain mysql "[file:name MATCHES '^inv[0-9]+']" '{"table": "events"}' --hunt

  # for a program
  stix-shifter explain local_files:zeek "[domain-name:value = 'example.com']" --json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("module", help="connector, with dialects if wanted: name:dialect1:dialect2")
        parser.add_argument("pattern", help="STIX pattern (text, @file or -)")
        parser.add_argument("options", nargs="?", help="translation options (JSON)")
        add_overlay_flag(parser)
        parser.add_argument(
            "--hunt", action="store_true", help="as a hunt asks: for more where it must, and checks the rows"
        )
        parser.add_argument("--json", action="store_true", help="JSON for programs instead of tables")

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.stix_translation.explain import explain

        pattern = console.inputs.text(args.pattern, "pattern")
        options = with_overlays(console.inputs.object(args.options, "options"), args)
        explanation = explain(args.module, pattern, options, policy="widen" if args.hunt else "prune")
        if args.json:
            return console.answer(explanation.to_json())
        page(explanation.dialects.values()).show()
        return WORKED


def page(plans: Iterable[QueryPlan]) -> Page:
    """The plans as text for people."""
    from stix_shifter.cli.tables import Page

    made = Page()
    for plan in plans:
        made.heading(f"dialect {plan.dialect}")
        _add_verdicts(made, plan)
        _add_queries(made, plan)
        made.line()
    return made


def _add_verdicts(made: Page, plan: QueryPlan) -> None:
    from stix_shifter.cli.tables import Table

    rows = tuple((_text(each), each.verdict.value, each.reason) for each in plan.verdicts)
    if rows:
        made.table(Table(("comparison", "verdict", "why"), rows, key=1))
        made.line()
    for word, meaning in MEANINGS.items():
        if any(row[1] == word for row in rows):
            made.line(f"  {word}: {meaning}")


def _add_queries(made: Page, plan: QueryPlan) -> None:
    if not plan.queries:
        known = any(each.verdict.value != "unsearchable" for each in plan.verdicts)
        made.line(
            f"\nNothing is sent: {_TAKEN_ALONG if known else 'the pattern asks for nothing that it knows.'}"
        )
    for number, query in enumerate(plan.queries, 1):
        limit = "" if query.limit is None else f", at most {query.limit} rows"
        made.line(f"\nquery {number} of {len(plan.queries)}: {_window(query.window)}{limit}")
        made.code(query.body)


_TAKEN_ALONG = (
    "what this dialect cannot be asked takes its AND group along. A hunt asks for more, and checks the rows."
)


def _window(window: TimeWindow) -> str:
    if window.start is None and window.stop is None:
        return "any time"
    start, stop = (moment.isoformat() if moment else None for moment in (window.start, window.stop))
    if start is None:
        return f"before {stop}"
    return f"from {start} to before {stop}" if stop else f"from {start} on"


def _text(verdict: ComparisonVerdict) -> str:
    from stix_shifter_utils.pattern import print_comparison

    return print_comparison(verdict.comparison)
