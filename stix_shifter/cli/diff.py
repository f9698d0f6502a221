"""`stix-shifter diff`: what differs between the bundles of two hunts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter.cli.arguments import bad_argument, parse_json
from stix_shifter.cli.console import ERROR_ANSWER, WORKED
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser


_LONGEST_NAME = 4096


class Diff(Command):
    """What differs between the bundles of two hunts."""

    name = "diff"
    summary = "compare the bundles of two hunts"
    about = """Compare two bundles by the ids of their objects, which are the same for the same rows: print
    what only the first has, what only the second has, and what both have with another content. Ledger
    notes and identities are left out. The exit code is 0 where nothing differs, else 1."""
    examples = """  stix-shifter diff monday.json tuesday.json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "first",
            help="file of a STIX bundle, of a list of STIX objects, or of one object on each line; or JSON",
        )
        parser.add_argument("second", help="the other one")

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.hunt.diff import difference

        first, second = (
            _objects(_parsed(console.inputs.text(_named(getattr(args, name)), name), name), name)
            for name in ("first", "second")
        )
        found = difference(first, second)
        console.print_json(found.to_json())
        return WORKED if found.same else ERROR_ANSWER


def _named(value: str) -> str:
    """The argument, and for the plain name of a file what reads it."""
    is_file = (
        not value.startswith(("@", "-", "{", "[")) and len(value) < _LONGEST_NAME and Path(value).is_file()
    )
    return f"@{value}" if is_file else value


def _parsed(text: str, name: str) -> Any:
    """JSON, or one JSON object on each line, as `hunt --format ndjson` writes; nothing is no object."""
    lines = text.split("\n")
    if len(lines) > 1 and lines[0].rstrip().endswith("}") and lines[1].startswith("{"):
        return [parse_json(line, name) for line in lines if line.strip()]
    return parse_json(text, name) if text.strip() else []


def _objects(found: Any, name: str) -> list[Mapping[str, Any]]:
    if isinstance(found, Mapping):
        objects = [found] if "id" in found and found.get("type") != "bundle" else found.get("objects", [])
    else:
        objects = found
    if not isinstance(objects, list) or not all(isinstance(item, Mapping) for item in objects):
        raise bad_argument(name, "must be a STIX bundle or a list of STIX objects")
    return objects
