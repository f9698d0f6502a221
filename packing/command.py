"""`python3 setup.py bdist_wheel` and `python3 setup.py sdist`: arguments, what is said, exit codes."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from packing.build import build_source, build_wheels
from packing.errors import BuildError
from packing.request import read_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packing.plan import Needs

ABOUT = """Build the distributions that MODE names, of VERSION:

  MODE=1         everything in one wheel (the default)
  MODE=3         three wheels: stix_shifter, stix_shifter_utils, stix_shifter_modules
  MODE=N         the core, the utilities, and each connector in a wheel of its own
  MODE=<module>  the wheel of one connector, such as MODE=mysql

  MODE=mysql VERSION=9.0.0 python3 setup.py bdist_wheel
"""


def run(root: Path, needs: Needs, words: Sequence[str]) -> int:
    """Do what the command line says; 2 for what cannot be built."""
    args = _parser().parse_args(words)
    folder = Path(args.dist_dir)
    try:
        request = read_request(root, os.environ)
        made = build_wheels(request, root, needs, folder) if "bdist_wheel" in args.command else []
        if "sdist" in args.command:
            made.append(build_source(request, root, needs, folder))
    except BuildError as error:
        sys.stderr.write(f"setup.py: {error}\n")
        return 2
    if not args.quiet:
        sys.stdout.write("".join(f"{describe(path)}\n" for path in made))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="setup.py", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", nargs="+", choices=("bdist_wheel", "sdist"), help="what to make")
    parser.add_argument("-d", "--dist-dir", default="dist", help="folder to put it in (default dist)")
    parser.add_argument("-q", "--quiet", action="store_true", help="do not list what was made")
    return parser


def describe(path: Path) -> str:
    """One line about a file that was made: where it is, its size, its digest."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"made {path} ({path.stat().st_size / 1024:.0f} KiB, sha256 {digest})"
