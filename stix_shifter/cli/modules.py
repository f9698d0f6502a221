"""`stix-shifter modules`: which connectors there are, and their dialects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter.cli.console import WORKED
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser


class Modules(Command):
    """Which connectors there are, and their dialects."""

    name = "modules"
    summary = "list the installed connectors and their dialects"
    about = """Print the dialects of a connector, or of all, sorted by name: the query language each one
    reads, and whether it is searched when no dialect is named."""
    examples = """  stix-shifter modules
  stix-shifter modules mysql
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("module", nargs="?", help="connector; all when left out")

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.stix_translation.stix_translation import DIALECTS

        return about_modules(args.module, DIALECTS, console)


def about_modules(module: str | None, question: str, console: Console) -> int:
    """Print `{module: answer}` for one connector or all; one that cannot load has its error as answer."""
    from stix_shifter.stix_translation.stix_translation import StixTranslation
    from stix_shifter_utils.config import installed_modules

    installed = installed_modules()
    if module is not None and module not in installed:
        if _is_hidden(module):
            console.print_json({})
            return WORKED
        console.note(f"Module {module} not found; installed: {', '.join(installed) or 'none'}")
    translation = StixTranslation()
    names = installed if module is None else [module]
    return console.answer({name: translation.translate(name, question, {}, {}) for name in names})


def _is_hidden(module: str) -> bool:
    """True for a connector that is there, with a file SKIP.ME."""
    from stix_shifter_utils.config import module_folder
    from stix_shifter_utils.errors import StixShifterError

    try:
        return (module_folder(module) / "SKIP.ME").exists()
    except StixShifterError:
        return False
