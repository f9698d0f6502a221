"""`translate … results`: rows in, a bundle out; whole, or as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter.cli.arguments import with_options
from stix_shifter.cli.rows import rows_from_text

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console


def translate_results(args: argparse.Namespace, console: Console) -> int:
    """Print the bundle of the rows in the argument `data`."""
    from stix_shifter.stix_translation.stix_translation import RESULTS, StixTranslation

    identity = console.inputs.object(args.data_source, "data_source")
    options = with_options(console.inputs.object(args.options, "options"), **{"stix_2.1": args.stix_2_1})
    rows = rows_from_text(console.inputs.text(args.data or "-", "data"), "data")
    return console.answer(StixTranslation().translate(args.module, RESULTS, identity, rows, options))
