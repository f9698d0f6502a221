"""`stix-shifter diff`: what differs between the bundles of two hunts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stix_shifter.cli.arguments import bad_argument
from stix_shifter.cli.console import ERROR_ANSWER, WORKED
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser


class Diff(Command):
    """What differs between the bundles of two hunts."""

    name = "diff"
    summary = "compare the bundles of two hunts"
    about = """Compare two bundles by the ids of their objects, which are the same for the same rows: print
    what only the first has, what only the second has, and what both have with another content. Ledger
    notes and identities are left out. The exit code is 0 where nothing differs, else 1."""
    examples = """  stix-shifter diff @monday.json @tuesday.json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("first", help="STIX bundle, or a list of STIX objects (JSON)")
        parser.add_argument("second", help="the other one")

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.hunt.diff import difference

        first, second = (
            _objects(console.inputs.json(getattr(args, name), name, empty=[]), name)
            for name in ("first", "second")
        )
        found = difference(first, second)
        console.print_json(found.to_json())
        return WORKED if found.same else ERROR_ANSWER


def _objects(found: Any, name: str) -> list[Mapping[str, Any]]:
    objects = found.get("objects", []) if isinstance(found, Mapping) else found
    if not isinstance(objects, list) or not all(isinstance(item, Mapping) for item in objects):
        raise bad_argument(name, "must be a STIX bundle or a list of STIX objects")
    return objects
