"""`stix-shifter sandbox`: serve a connector's fake product on loopback, to try the connector on."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from stix_shifter.cli.arguments import bad_argument
from stix_shifter.cli.console import WORKED
from stix_shifter.cli.execute import seconds
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser
    from stix_shifter_utils.testing.product import FakeProduct

MOST_PORTS = 65535


def port_number(text: str) -> int:
    """A TCP port; 0 lets the system choose."""
    number = int(text)
    if not 0 <= number <= MOST_PORTS:
        message = f"must be 0 to {MOST_PORTS}"
        raise argparse.ArgumentTypeError(message)
    return number


class SandboxCommand(Command):
    """A connector's fake product, served until Ctrl-C."""

    name = "sandbox"
    summary = "serve a make-believe product on 127.0.0.1, to try a connector on"
    about = """Serve the product's API over sample rows on 127.0.0.1 until Ctrl-C: with its authentication,
    jobs, paging and errors, and with queries that are really evaluated. Standard error gets command lines
    that search it, ready to copy; the files they name are in a folder that goes when the sandbox ends.
    It is the product that the connector's own tests use, not the vendor's software. It needs the extra
    `sandbox`."""
    examples = """  # for one second, on a port that the system chooses
  stix-shifter sandbox async_template --for 1

  # with the files in a folder of your own; without --for it lasts until Ctrl-C
  stix-shifter sandbox synchronous_template --dir . --for 1
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("module", help="connector whose product to serve")
        parser.add_argument(
            "--port", type=port_number, default=0, metavar="N", help="TCP port (default: the system chooses)"
        )
        parser.add_argument(
            "--dir", metavar="DIR", help="write the files there, and keep them (default: a temporary folder)"
        )
        parser.add_argument(
            "--for", dest="seconds", type=seconds, metavar="S", help="end by itself after so many seconds"
        )

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter_utils.testing.sandbox import load_sandbox, write_files

        sandbox = load_sandbox(args.module)
        sandbox.product.wanted_port = args.port
        with _folder(args.dir) as folder, _started(sandbox.product):
            lines = write_files(args.module, sandbox, folder)
            about = {"connector": args.module, "url": sandbox.product.url, "folder": str(folder)}
            console.print_json({"success": True, **about, **lines})
            sys.stdout.flush()
            console.note(f"a make-believe {args.module} answers at {sandbox.product.url}; Ctrl-C ends it")
            for line in lines.values():
                sys.stderr.write(f"\n  {line}\n")
            sys.stderr.flush()
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait(args.seconds)
        return WORKED


@contextlib.contextmanager
def _folder(given: str | None) -> Iterator[Path]:
    if given is None:
        with tempfile.TemporaryDirectory(prefix="stix-shifter-sandbox-") as temporary:
            yield Path(temporary)
        return
    folder = Path(given)
    if not folder.is_dir():
        raise bad_argument(name="--dir", problem=f"there is no folder {folder}")
    yield folder


@contextlib.contextmanager
def _started(product: FakeProduct) -> Iterator[FakeProduct]:
    try:
        product.__enter__()
    except OSError as error:
        raise bad_argument(name="--port", problem=str(error.strerror)) from error
    try:
        yield product
    finally:
        product.__exit__(*sys.exc_info())
