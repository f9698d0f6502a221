"""`stix-shifter modules`: which connectors there are, their dialects, and where each comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter.cli.console import WORKED
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser
    from stix_shifter_utils.connector.origin import Origin


class Modules(Command):
    """Which connectors there are, their dialects, and where each comes from."""

    name = "modules"
    summary = "list the installed connectors and their dialects"
    about = """Print the dialects of a connector, or of all, sorted by name: the query language each one
    reads, and whether it is searched when no dialect is named. Standard error tells where each connector
    comes from (a checkout, or a wheel of some version); --where puts that into the document."""
    examples = """  stix-shifter modules
  stix-shifter modules mysql
  stix-shifter modules --where          # folder, distribution and version beside the dialects
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("module", nargs="?", help="connector; all when left out")
        parser.add_argument(
            "--where", action="store_true", help="print {module: {folder, distribution, version, dialects}}"
        )

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.stix_translation.stix_translation import DIALECTS

        if args.where:
            return about_modules(args.module, DIALECTS, console, _with_origin)
        code = about_modules(args.module, DIALECTS, console)
        for name in _asked_for(args.module):
            console.note(str(_origin(name)))
        return code


def _asked_for(module: str | None) -> list[str]:
    from stix_shifter_utils.config import installed_modules

    return [name for name in installed_modules() if module in (None, name)]


def _origin(name: str) -> Origin:
    from stix_shifter_utils.connector.origin import connector_origin

    return connector_origin(name)


def _with_origin(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The dialects and the origin; an error stays as it is."""
    if answer.get("success") is False:
        return answer
    origin = _origin(name)
    where = {"folder": str(origin.folder), "distribution": origin.distribution, "version": origin.version}
    return {**where, "dialects": answer}


def _as_it_is(_: str, answer: dict[str, Any]) -> dict[str, Any]:
    return answer


def about_modules(
    module: str | None,
    question: str,
    console: Console,
    shape: Callable[[str, dict[str, Any]], dict[str, Any]] = _as_it_is,
) -> int:
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
    answers = {name: translation.translate(name, question, {}, {}) for name in names}
    return console.answer({name: shape(name, answer) for name, answer in answers.items()})


def _is_hidden(module: str) -> bool:
    """True for a connector that is there, with a file SKIP.ME."""
    from stix_shifter_utils.config import module_folder
    from stix_shifter_utils.errors import StixShifterError

    try:
        return (module_folder(module) / "SKIP.ME").exists()
    except StixShifterError:
        return False
