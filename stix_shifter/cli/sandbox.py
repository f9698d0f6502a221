"""`stix-shifter sandbox`: serve a connector's fake product on loopback, to try the connector on."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter.cli.arguments import bad_argument
from stix_shifter.cli.console import WORKED
from stix_shifter.cli.execute import seconds
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser
    from stix_shifter_utils.testing.product import FakeProduct
    from stix_shifter_utils.testing.sandbox import Sandbox

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
    Of several connectors all products are served, with one file of sources for a hunt over them.
    It is the product that the connector's own tests use, not the vendor's software. It needs the extra
    `sandbox`."""
    examples = """  # for one second, on a port that the system chooses
  stix-shifter sandbox async_template --for 1

  # with the files in a folder of your own; without --for it lasts until Ctrl-C
  stix-shifter sandbox synchronous_template --dir . --for 1

  # two products for one hunt
  stix-shifter sandbox async_template synchronous_template --for 1
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("module", nargs="+", help="connector whose product to serve; may be several")
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
        from stix_shifter_utils.testing.sandbox import load_sandbox

        sandboxes = {name: load_sandbox(name) for name in args.module}
        if len(sandboxes) > 1 and args.port:
            raise bad_argument(name="--port", problem="is for one connector")
        with _folder(args.dir) as folder, contextlib.ExitStack() as running:
            for sandbox in sandboxes.values():
                sandbox.product.wanted_port = args.port
                running.enter_context(_started(sandbox.product))
            about, lines = _written(sandboxes, folder)
            console.print_json({"success": True, **about, **lines})
            sys.stdout.flush()
            for name, sandbox in sandboxes.items():
                console.note(f"a make-believe {name} answers at {sandbox.product.url}; Ctrl-C ends it")
            for line in lines.values():
                sys.stderr.write(f"\n  {line}\n")
            sys.stderr.flush()
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait(args.seconds)
        return WORKED


def _written(sandboxes: Mapping[str, Sandbox], folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Write the files; what there is to say of it, and the command lines to copy."""
    from stix_shifter_utils.testing.sandbox import write_files, write_sources

    if len(sandboxes) == 1:
        ((name, sandbox),) = sandboxes.items()
        about: dict[str, Any] = {"connector": name, "url": sandbox.product.url, "folder": str(folder)}
        return about, write_files(name, sandbox, folder)
    path = write_sources(sandboxes, folder)
    urls = {name: sandbox.product.url for name, sandbox in sandboxes.items()}
    pattern = shlex.quote(next(iter(sandboxes.values())).pattern)
    hunt = f"stix-shifter hunt {pattern} --sources {shlex.quote(str(path))}"
    return {"products": urls, "folder": str(folder)}, {"hunt": hunt}


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
