"""`stix-shifter new-connector`: copy a template, under a new name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stix_shifter.cli.arguments import bad_argument
from stix_shifter.cli.console import WORKED
from stix_shifter.cli.nearby import where_to_look
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser

TEMPLATES = ("async_template", "synchronous_template")


class NewConnector(Command):
    """Copy a template, under a new name."""

    name = "new-connector"
    summary = "start a connector as a copy of a template"
    about = """Copy a template connector into stix_shifter_modules/NAME and rename everything in it. The
    copy works: its tests pass at once, against a small product that answers in the test itself.
    Then change it file by file."""
    examples = """  # a product that runs searches in the background
  stix-shifter new-connector acme_watch --from async_template

  # a product that answers at once, in a folder of your own
  stix-shifter new-connector acme_logs --from synchronous_template --to ./mine/stix_shifter_modules
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="name of the new connector: lower-case letters, digits and single _")
        parser.add_argument(
            "--from",
            dest="template",
            default=TEMPLATES[0],
            metavar="TEMPLATE",
            help=f"{' or '.join(TEMPLATES)}, or any connector (default {TEMPLATES[0]})",
        )
        parser.add_argument(
            "--to",
            default="stix_shifter_modules",
            metavar="DIR",
            help="folder of connectors to put it in (default ./stix_shifter_modules)",
        )

    def run(self, args: argparse.Namespace, console: Console) -> int:
        name, target = args.name, Path(args.to) / args.name
        files = [path.relative_to(target).as_posix() for path in _copied(name, args.template, target.parent)]
        console.print_json({"success": True, "connector": name, "folder": str(target), "files": files})
        path = "" if str(target.parent.parent) == "." else f"PYTHONPATH={target.parent.parent} "
        console.note(f"{name} is in {target}; run its tests: {path}python -m pytest {target}/tests")
        console.note(f"and check its files: python -m stix_shifter_utils.quality {target}")
        hint = where_to_look(target)
        if hint:
            console.note(f"before you use it by its name: {hint}")
        return WORKED


def _copied(name: str, template: str, folder: Path) -> list[Path]:
    from stix_shifter_utils.connector.new import create_connector
    from stix_shifter_utils.errors import ConfigurationError, StixShifterError

    try:
        return create_connector(name, template, folder)
    except ConfigurationError as error:
        raise bad_argument(name="name", problem=str(error)) from error
    except StixShifterError as error:
        problem = f"there is no connector {template}; try {' or '.join(TEMPLATES)}"
        raise bad_argument(name="--from", problem=problem) from error
