"""`stix-shifter new-connector`: copy a template, under a new name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from stix_shifter.cli.arguments import bad_argument
from stix_shifter.cli.console import WORKED
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser

OLD_NAMES = {"async_dummy": "async_template", "synchronous_dummy": "synchronous_template"}
TEMPLATES = ("async_template", "synchronous_template")
LEFT_OUT = frozenset({"__pycache__", "SKIP.ME", ".pytest_cache", ".mypy_cache", ".ruff_cache"})
GOOD_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


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
  stix-shifter new-connector acme_logs --from synchronous_template --to ./work/stix_shifter_modules
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
        name, template = args.name, OLD_NAMES.get(args.template, args.template)
        if not GOOD_NAME.fullmatch(name):
            raise bad_argument(
                name="name", problem=f"{name!r} is not like acme_watch (lower-case letters, digits, single _)"
            )
        target = Path(args.to) / name
        if target.exists():
            raise bad_argument(name="name", problem=f"{target} is already there")
        written = copy_template(_template_folder(template), target)
        console.print_json({"success": True, "connector": name, "folder": str(target), "files": written})
        path = "" if str(target.parent.parent) == "." else f"PYTHONPATH={target.parent.parent} "
        console.note(f"{name} is in {target}; run its tests: {path}python -m pytest {target}/tests")
        console.note(f"and check its files: python -m stix_shifter_utils.quality {target}")
        return WORKED


def _template_folder(template: str) -> Path:
    from stix_shifter_utils.config import module_folder
    from stix_shifter_utils.errors import StixShifterError

    try:
        return module_folder(template)
    except StixShifterError as error:
        problem = f"there is no connector {template}; try {' or '.join(TEMPLATES)}"
        raise bad_argument(name="--from", problem=problem) from error


def copy_template(template: Path, target: Path) -> list[str]:
    """Copy a connector's files, its name replaced in paths and texts; answers with their relative paths."""
    written = []
    for path in sorted(_files(template)):
        relative = rename(path.relative_to(template).as_posix(), template.name, target.name)
        goal = target / relative
        goal.parent.mkdir(parents=True, exist_ok=True)
        data = path.read_bytes()
        try:
            goal.write_text(rename(data.decode("utf-8"), template.name, target.name), encoding="utf-8")
        except UnicodeDecodeError:  # not a text: a picture, an archive
            goal.write_bytes(data)
        written.append(relative)
    return written


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not LEFT_OUT & set(path.relative_to(folder).parts):
            yield path


def rename(text: str, old: str, new: str) -> str:
    """Replace a connector's name in each spelling: acme_watch, acme-watch, AcmeWatch, Acme Watch.

    Only `--from acme_watch` keeps it: that says where a copy comes from.
    """
    for spelling in (str, _dashed, _camel, _title, _sentence):
        text = re.sub(rf"(?<![A-Za-z0-9])(?<!--from ){re.escape(spelling(old))}", spelling(new), text)
    return re.sub(rf"(?<=Test){re.escape(_camel(old))}", _camel(new), text)


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _title(name: str) -> str:
    return " ".join(part.capitalize() for part in name.split("_"))


def _sentence(name: str) -> str:
    return name.replace("_", " ").capitalize()
