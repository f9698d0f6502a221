"""`stix-shifter sources`: what a file of sources holds, whether they answer, and adding one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter.cli.arguments import bad_argument
from stix_shifter.cli.console import ERROR_ANSWER, SOME_SOURCES_FAILED, WORKED
from stix_shifter.cli.execute import row_count
from stix_shifter.cli.hunt import add_sources_arguments, quiet, read_sources
from stix_shifter.cli.parser import Command, add_global_flags

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Sequence

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser

OPERATIONS = {
    "list": "name the sources and groups of the file, and check its form; contacts nothing",
    "check": "ping the sources, all at once",
    "doctor": "ping them, fetch some rows, and tell which mapped fields are filled",
    "add": "add a source to the file, which is made where there is none",
}


class SourcesCommand(Command):
    """What a file of sources holds, whether they answer, and adding one."""

    name = "sources"
    summary = "list, check, examine and add the sources of hunts"
    about = """Work on the YAML file of sources that `stix-shifter hunt` asks. check and doctor exit with 3
    where some sources do not work, with 1 where none does."""
    examples = """  stix-shifter sources list --sources sources.yaml
  stix-shifter sources check --sources sources.yaml --source edr
  stix-shifter sources add partner stix_bundle '{"url": "bundle.json"}' --sources sources.yaml

  # a password is named, not written: it is looked up when it is needed
  stix-shifter sources add events postgresql @postgresql.json \\
      '{"auth": {"username": "hunter", "password": "${env:DB_PASSWORD}"}}' --sources sources.yaml
"""

    def add_arguments(self, parser: CommandParser) -> None:
        operations = parser.add_subparsers(
            title="operations", metavar="<operation>", dest="operation", required=True
        )
        for operation, summary in OPERATIONS.items():
            call = operations.add_parser(
                operation, help=summary, description=summary[0].upper() + summary[1:]
            )
            add_sources_arguments(call)
            if operation == "add":
                call.add_argument("name", help="name of the new source")
                call.add_argument("connector", help="connector, with dialects if wanted")
                call.add_argument("connection", help="how to reach it (JSON)")
                call.add_argument("config", nargs="?", help='credentials: {"auth": {…}} (JSON)')
            if operation == "doctor":
                call.add_argument(
                    "--hours", type=row_count, default=24, metavar="N", help="how far back (default 24)"
                )
                call.add_argument(
                    "--rows", type=row_count, default=200, metavar="N", help="rows to look at (default 200)"
                )
            add_global_flags(call)

    def run(self, args: argparse.Namespace, console: Console) -> int:
        operations = {"list": _list, "check": _check, "doctor": _doctor, "add": _add}
        return operations[args.operation](args, console)


def _list(args: argparse.Namespace, console: Console) -> int:
    found = read_sources(args, console)
    groups = {
        name: [group for group, members in found.groups.items() if name in members] for name in found.every
    }
    console.print_json(
        [
            {
                "source": one.name,
                "connector": one.connector,
                "identity": one.identity["id"],
                "groups": groups[one.name],
            }
            for one in found.every.values()
        ]
    )
    return WORKED


def _check(args: argparse.Namespace, console: Console) -> int:
    from stix_shifter.hunt.doctor import check_all
    from stix_shifter_utils.utils.async_utils import run_sync

    sources = read_sources(args, console).every.values()
    with quiet(args):
        found = run_sync(check_all(sources))
    console.print_json([one.to_json() for one in found])
    return _code([one.works for one in found])


def _doctor(args: argparse.Namespace, console: Console) -> int:
    import asyncio

    from stix_shifter.hunt.doctor import Examined, examine
    from stix_shifter_utils.utils.async_utils import run_sync

    sources = read_sources(args, console).every.values()

    async def every() -> list[Examined]:
        return list(
            await asyncio.gather(*(examine(one, hours=args.hours, rows=args.rows) for one in sources))
        )

    with quiet(args):
        found = run_sync(every())
    console.print_json([one.to_json() for one in found])
    return _code([one.checked.works for one in found])


def _code(worked: Sequence[bool]) -> int:
    if all(worked):
        return WORKED
    return SOME_SOURCES_FAILED if any(worked) else ERROR_ANSWER


def _add(args: argparse.Namespace, console: Console) -> int:
    """Append to the file as text, so that its comments stay; nothing is written that does not read back."""
    from stix_shifter.hunt.sources import default_file

    path = Path(args.sources) if args.sources else default_file()
    profile = {
        "connector": args.connector,
        "connection": console.inputs.object(args.connection, "connection"),
        "config": console.inputs.object(args.config, "config"),
    }
    secrets = _secrets(args.connector, profile)
    console.hide(secrets)
    before = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    after = _with_profile(before, args.name, profile)
    _check_text(after, str(path), args.name)
    _refuse_plain(secrets)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
    path.write_text(after, encoding="utf-8")
    console.print_json({"success": True, "source": args.name, "file": str(path)})
    return WORKED


def _secrets(connector: str, profile: dict[str, Any]) -> Collection[str]:
    from stix_shifter_utils.config import secrets_of
    from stix_shifter_utils.errors import StixShifterError

    try:
        return secrets_of(connector.partition(":")[0], profile["connection"], profile["config"])
    except StixShifterError as error:
        raise bad_argument(name="connector", problem=str(error)) from error


def _refuse_plain(secrets: Collection[str]) -> None:
    from stix_shifter_utils.config.references import REFERENCE

    if any(not REFERENCE.search(text) and "-----BEGIN CERT" not in text for text in secrets):
        raise bad_argument(
            name="config",
            problem="holds a secret as it is; write ${env:NAME}, ${file:PATH} or ${keyring:SERVICE/USER}",
        )


def _with_profile(text: str, name: str, profile: dict[str, Any]) -> str:
    """The text of the file with one more profile, written as JSON, which is YAML."""
    line = f"{json.dumps(name)}: {json.dumps(profile)}\n"
    lines = text.splitlines(keepends=True)
    for at, each in enumerate(lines):
        if re.fullmatch(r"profiles:\s*(\{\s*\}\s*)?(#.*)?", each.rstrip("\r\n")):
            begin = "profiles:\n" if "{" in each.partition("#")[0] else each
            return "".join([*lines[:at], begin, _indent(lines[at + 1 :]), line, *lines[at + 1 :]])
    if "profiles" in text:
        raise bad_argument(
            name="--sources", problem="has its profiles in a form that nothing can be added to; use a block"
        )
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}profiles:\n  {line}"


def _indent(lines: Sequence[str]) -> str:
    """How far the first profile is indented."""
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "  ")
    return first[: len(first) - len(first.lstrip())] or "  "


def _check_text(text: str, path: str, name: str) -> None:
    from stix_shifter.hunt import SourcesFileError
    from stix_shifter.hunt.sources import sources_of
    from stix_shifter.hunt.yaml_file import parse_yaml

    try:
        sources_of(parse_yaml(text, path), [name], resolve=False)
    except SourcesFileError as error:
        raise bad_argument(name="--sources", problem="\n  ".join(error.problems)) from error
