"""`python -m stix_shifter.cli.reference > docs/cli.md`: the command line as a page, from its declarations.

It reads the parsers and not the text of `--help`, whose layout differs between versions of Python.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from stix_shifter.cli.app import ABOUT, make_parser
from stix_shifter.cli.commands import COMMANDS
from stix_shifter.cli.parser import GLOBAL_FLAGS, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = """<!-- Made by `python -m stix_shifter.cli.reference > docs/cli.md`; a test fails when it differs. -->
# Command line

`stix-shifter`, `python main.py` (in a checkout) and `python -m stix_shifter` are the same program.
"""
CONVENTIONS = """## For all commands

- One JSON document goes to standard output; logs, progress and problems go to standard error.
- Every JSON or text argument may be given as itself, as `@file`, or as `-` for standard input (one of them).
  A text that begins with a real `@` is written `@@`.
- In connection and configuration, `"${env:NAME}"`, `"${file:PATH}"` and `"${keyring:SERVICE/USER}"` inside
  the JSON are replaced, so that no password stands in the process list or the shell's history. Messages and
  logs show secrets masked.
- Flags may stand anywhere: {flags}.
- Colours appear on a terminal only, and not with `NO_COLOR` set.

| exit code | meaning |
|---|---|
| 0 | it worked |
| 1 | an error answer: it stands on standard output as JSON, and in one line on standard error |
| 2 | wrong usage, such as JSON that does not parse; the line names the argument |
| 3 | a hunt in which some sources failed |
| 130, 143 | interrupted (Ctrl-C, SIGTERM); a running search has been deleted at the source |
| 141 | whoever read the output has closed it |
"""


def page() -> str:
    """The whole page."""
    flags = "; ".join(f"`{'`, `'.join(names)}` ({text})" for names, text in GLOBAL_FLAGS.items())
    parsers = _subparsers(make_parser())
    parts = [HEAD, ABOUT, "", CONVENTIONS.replace("{flags}", flags)]
    for command in (listed.load() for listed in COMMANDS):
        parts += [f"## {command.name}", "", paragraph(command.about), ""]
        parts += [*_arguments(parsers[command.name]), ""]
        parts += ["```sh", _dedented(command.examples), "```", ""]
    return "\n".join(parts)


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of a parser's commands, by name; none where it has no commands."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001  argparse has no other way to list what was declared
    return dict(groups[0].choices) if groups else {}


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield "| argument | |"
    yield "|---|---|"
    for action in parser._actions:  # noqa: SLF001  as above
        if action.help and action.dest not in {"help", "debug", "exit_zero", "operation"}:
            yield f"| {_name(action)} | {_cell(action.help)} |"
    for name, inner in _subparsers(parser).items():
        words = " ".join(_name(action) for action in inner._actions if not action.option_strings)  # noqa: SLF001  as above
        yield f"| `{name}` {words}".rstrip() + f" | {_cell(inner.description or '')} |"


def _name(action: argparse.Action) -> str:
    if action.option_strings:
        choices = "|".join(map(str, action.choices or ()))
        value = f" {action.metavar or choices or action.dest.upper()}" if action.nargs is None else ""
        return _cell(", ".join(f"`{flag}{value}`" for flag in action.option_strings))
    name = str(action.metavar or action.dest)
    return f"`[{name}]`" if action.nargs == "?" else f"`{name}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _dedented(examples: str) -> str:
    return "\n".join(line.removeprefix("  ") for line in examples.rstrip().split("\n"))


if __name__ == "__main__":
    sys.stdout.write(page())
