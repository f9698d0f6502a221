"""`python -m stix_shifter_utils.quality [name or folder …]`: check connectors; exit 1 for a finding."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stix_shifter_utils.config import installed_modules, module_folder
from stix_shifter_utils.errors import UnsupportedDataSourceError
from stix_shifter_utils.quality import RULES, check_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = """examples:
  python -m stix_shifter_utils.quality                       # every installed connector
  python -m stix_shifter_utils.quality mysql                 # one, by name
  python -m stix_shifter_utils.quality ./my/acme_watch       # one, by its folder
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Print each finding on a line; 0 nothing found, 1 something found, 2 no such connector."""
    parser = argparse.ArgumentParser(
        prog="python -m stix_shifter_utils.quality",
        description="Check connectors' folders: " + ", ".join(RULES) + ".",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "connector", nargs="*", help="name of an installed connector, or a folder; all when left out"
    )
    args = parser.parse_args(argv)
    try:
        folders = [_folder(name) for name in args.connector or installed_modules()]
    except UnsupportedDataSourceError as error:
        sys.stderr.write(f"quality: {error} installed: {', '.join(installed_modules())}\n")
        return 2
    count = sum(_report(folder) for folder in folders)
    checked, found = _number(len(folders), "connector"), _number(count, "finding")
    sys.stderr.write(f"{checked} checked by {len(RULES)} rules, {found}\n")
    return 1 if count else 0


def _number(count: int, thing: str) -> str:
    return f"{count or 'no'} {thing}{'' if count == 1 else 's'}"


def _folder(name: str) -> Path:
    path = Path(name)
    return path.resolve() if path.is_dir() else module_folder(name)


def _report(folder: Path) -> int:
    findings = check_folder(folder)
    for finding in findings:
        sys.stdout.write(f"{folder.name}/{finding}\n")
    return len(findings)


if __name__ == "__main__":
    sys.exit(main())
