"""The program: its commands, its exit codes, and what happens to what goes wrong.

0 worked, 1 an error answer, 2 wrong usage, 3 a hunt in which some sources failed, 130 interrupted. A
traceback is shown with `--debug` only.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from stix_shifter.cli.arguments import UsageError
from stix_shifter.cli.commands import COMMANDS, Listed
from stix_shifter.cli.console import (
    BROKEN_PIPE,
    ERROR_ANSWER,
    INTERRUPTED,
    TERMINATED,
    WORKED,
    WRONG_USAGE,
    Console,
)
from stix_shifter.cli.parser import GLOBAL_FLAGS, CommandParser, add_global_flags, declare
from stix_shifter_utils.errors import StixShifterError, TranslationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ABOUT = """Ask many security products one question, written as a STIX pattern, and get one STIX bundle back.

A connector (`stix-shifter modules` lists them) turns the pattern into the product's own query, and the
product's answer into STIX. Every JSON argument may also be given as @file, or as - for standard input; in
connection and configuration, "${env:NAME}" and "${file:PATH}" keep passwords out of the process list."""

EXAMPLES = """  stix-shifter modules                     # which connectors are installed
  stix-shifter explain mysql "[ipv4-addr:value = '192.0.2.7']" '{"table": "events"}'
  stix-shifter translate --help            # each command shows examples that run"""


class VersionAction(argparse.Action):
    """`--version`: looked up only when asked for."""

    def __call__(self, *_: object) -> NoReturn:
        from stix_shifter.cli.version import version_line

        sys.stdout.write(version_line() + "\n")
        sys.exit(WORKED)


def make_parser(words: Sequence[str] | None = None) -> CommandParser:
    """The command line: the whole, or the part that `words` need.

    Words that begin with a command, but for flags, need its parser alone. Else the commands are listed, and
    those that no word names come without their arguments. What is not needed is not imported.
    """
    parser = CommandParser(prog="stix-shifter", description=ABOUT, epilog="examples:\n" + EXAMPLES)
    add_global_flags(parser, top=True)
    parser.add_argument("--version", action=VersionAction, nargs=0, help="print the version and exit")
    subparsers = parser.add_subparsers(
        title="commands", metavar="<command>", dest="command", prog="stix-shifter"
    )
    for command in _needed(words):
        if words is None or command.name in words:
            declare(subparsers, command.load())
        else:
            subparsers.add_parser(command.name, help=command.summary, add_help=False)
    return parser


def _needed(words: Sequence[str] | None) -> Sequence[Listed]:
    """The command that some words begin with, else all."""
    flags = {flag for names in GLOBAL_FLAGS for flag in names}
    first = next((word for word in words or () if word not in flags), "")
    return [command for command in COMMANDS if command.name == first] or COMMANDS


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (`sys.argv` without arguments) and answer with the exit code.

    SystemExit only for `--help` and `--version`.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a sign is no error
    console = Console()
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(words, console)
        sys.stdout.flush()
    except UsageError as error:
        console.complain(str(error))
        return WRONG_USAGE
    except KeyboardInterrupt:
        console.note("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has enough
        _forget_stdout()
        return BROKEN_PIPE
    return code


def _run(words: Sequence[str], console: Console) -> int:
    parser = make_parser(words)
    if not words:
        parser.print_help(sys.stderr)
        return WRONG_USAGE
    args = parser.parse_args(words)
    if args.command is None:
        parser.error("a command is needed")
    from stix_shifter.cli.log import logging_to

    with logging_to(console, debug=args.debug), _terminate_cleanly():
        code = _guarded(args, console)
    return WORKED if code == ERROR_ANSWER and args.exit_zero else code


def _guarded(args: argparse.Namespace, console: Console) -> int:
    """Run the command; what it did not foresee becomes one line, with the traceback for `--debug` only."""
    try:
        code = int(args.run(args, console))
        return _hinted(code, args, console) if code == ERROR_ANSWER else code
    except (UsageError, BrokenPipeError):
        raise
    except StixShifterError as error:
        return _hinted(console.answer(_error_document(error, args)), args, console)
    except Exception as error:  # noqa: BLE001  the program's outer edge
        if args.debug:
            import traceback

            sys.stderr.write(console.mask(traceback.format_exc()))
        console.complain(f"{args.command}: {describe(error)}{'' if args.debug else ' (--debug shows where)'}")
        return ERROR_ANSWER
    finally:
        console.end_progress()


def _hinted(code: int, args: argparse.Namespace, console: Console) -> int:
    from stix_shifter.cli.nearby import hints

    for hint in hints(args):
        console.note(hint)
    return code


def _error_document(error: StixShifterError, args: argparse.Namespace) -> dict[str, Any]:
    """The classic error object of what a command raised."""
    from stix_shifter_utils.connector.edge import error_answer

    named = getattr(args, "module", None) or ""
    module = str(named[0] if isinstance(named, list) else named).partition(":")[0]
    return error_answer(error, module or None, translating=isinstance(error, TranslationError))


def describe(error: BaseException) -> str:
    """An exception in one line; its type too, where the message alone would not make sense."""
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextmanager
def _terminate_cleanly() -> Iterator[None]:
    """SIGTERM unwinds like any exit, so that a running search is deleted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _forget_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of failing."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # not a real file: nothing will be flushed to it
        return
