"""How commands are declared: what a command offers, and an argument parser that takes options anywhere.

What the commands are is in `app.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from stix_shifter.cli.arguments import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stix_shifter.cli.console import Console


class Command(ABC):
    """One command: its name, a line and a paragraph about it, examples that run, and what it does."""

    name: ClassVar[str]
    summary: ClassVar[str]
    about: ClassVar[str]
    examples: ClassVar[str]

    @abstractmethod
    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""

    @abstractmethod
    def run(self, args: argparse.Namespace, console: Console) -> int:
        """Do it, and answer with the exit code."""


GLOBAL_FLAGS = {
    ("-d", "--debug"): "log everything, and show the traceback of an error",
    ("--exit-zero",): "exit 0 also when the answer is an error object, as releases before 9 did",
}


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Texts as they are written, in the width of the terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """The width of the terminal, as `shutil` finds it; that module loads three compression libraries."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else -1).columns or 80
    except (ValueError, OSError):  # closed, or no terminal
        return 80


class CommandParser(argparse.ArgumentParser):
    """Options may stand before, between and behind the positional arguments; errors are one line.

    Python's own parser loses an optional positional (`[options]`) that stands behind an option.
    """

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", HelpFormatter)
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        line = f"{message} (see: {self.prog} --help)"
        raise UsageError(line)

    def parse_known_args(  # type: ignore[override]  # the overloads differ in what they say of the namespace only
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        words = list(sys.argv[1:] if args is None else args)
        if self._subparsers is None:  # else what follows belongs to the command's own parser
            options, rest = self._split(words)
            words = options + rest
        return super().parse_known_args(words, namespace)

    def _split(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """The words of this parser's own options, with their values, and all other words; each in order."""
        options: list[str] = []
        rest: list[str] = []
        remaining = iter(words)
        for word in remaining:
            if word == "--":
                return options, [*rest, word, *remaining]
            flag, _, attached = word.partition("=")
            action = self._option_string_actions.get(flag)
            if action is None:
                rest.append(word)
                continue
            options.append(word)
            if action.nargs is None and not attached and word == flag:
                options.extend(_next(remaining))
        return options, rest


def _next(words: Iterable[str]) -> list[str]:
    for word in words:
        return [word]
    return []


def add_global_flags(parser: argparse.ArgumentParser, *, top: bool = False) -> None:
    """Flags that every command takes; a command's parser does not overwrite what stood before the command."""
    for names, text in GLOBAL_FLAGS.items():
        parser.add_argument(
            *names, action="store_true", default=False if top else argparse.SUPPRESS, help=text
        )


def declare(subparsers: argparse._SubParsersAction[CommandParser], command: Command) -> CommandParser:
    """Make the parser of one command."""
    parser = subparsers.add_parser(
        command.name,
        help=command.summary,
        description=paragraph(command.about),
        epilog="examples:\n" + command.examples,
    )
    command.add_arguments(parser)
    add_global_flags(parser)
    parser.set_defaults(run=command.run)
    return parser


def paragraph(text: str) -> str:
    """A text as one paragraph of 100 columns, whatever its line breaks were."""
    return textwrap.fill(" ".join(text.split()), 100)
