"""`make release VERSION=x.y.z`: build every mode, check what was made, write checksums and release notes.

Everything goes into dist/<version>/: a folder for each mode (their wheels share names), the source
distribution, SHA256SUMS and the changelog's section. Nothing is uploaded. Environments are in `trial.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from packing import contents
from packing.build import build_source, build_wheels
from packing.changelog import section_of
from packing.errors import BuildError
from packing.request import read_request
from packing.trial import try_wheels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packing.plan import Needs
    from packing.request import Request

MODES = ("N", "3", "1")


def main(root: Path, needs: Needs, words: Sequence[str]) -> int:
    """Make a release; 1 when a check fails, 2 when it cannot be built at all."""
    parser = argparse.ArgumentParser(prog="python -m packing", description=__doc__)
    parser.add_argument("version", help="the version of the release, such as 9.0.0")
    parser.add_argument("--dist", type=Path, default=root / "dist", help="folder to put it in")
    parser.add_argument("--no-install", action="store_true", help="leave out the clean environments")
    args = parser.parse_args(words)
    try:
        request = read_request(root, {**os.environ, "VERSION": args.version})
        return _release(request, root, needs, args.dist / args.version, is_tried=not args.no_install)
    except BuildError as error:
        say(f"release: {error}")
        return 2


def _release(request: Request, root: Path, needs: Needs, folder: Path, *, is_tried: bool) -> int:
    shutil.rmtree(folder, ignore_errors=True)
    _write_notes(request, root, folder)
    made = {mode: _built(replace(request, mode=mode), root, needs, folder) for mode in MODES}
    source = build_source(replace(request, mode="N"), root, needs, folder)
    say(f"built {sum(map(len, made.values()))} wheels of modes {', '.join(made)}, and {source.name}")
    everything = [*(path for paths in made.values() for path in paths), source]
    problems = [
        fault for paths in made.values() for one in paths for fault in contents.faults(one, request.version)
    ]
    problems += _unlike_themselves(request, root, needs, made)
    problems += _metadata_problems(everything)
    if is_tried and not problems:
        problems += try_wheels(made, request.version, say)
    _write_sums(folder, everything)
    for problem in problems:
        say(f"FAULT: {problem}")
    say(f"{'NOT fit for release' if problems else 'ready'}: {folder}")
    return 1 if problems else 0


def _built(request: Request, root: Path, needs: Needs, folder: Path) -> list[Path]:
    return build_wheels(request, root, needs, folder / f"mode-{request.mode}")


def _unlike_themselves(request: Request, root: Path, needs: Needs, made: dict[str, list[Path]]) -> list[str]:
    """Wheels whose second build gives other bytes."""
    with tempfile.TemporaryDirectory() as place:
        again = {mode: _built(replace(request, mode=mode), root, needs, Path(place)) for mode in made}
        pairs = [pair for mode in made for pair in zip(made[mode], again[mode], strict=True)]
        say(f"built {len(pairs)} wheels again and compared their bytes")
        return [
            f"{one.name} is not reproducible" for one, two in pairs if one.read_bytes() != two.read_bytes()
        ]


def _metadata_problems(files: list[Path]) -> list[str]:
    """What twine, which uploads, would refuse."""
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, files)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603
    say(f"twine check --strict over {len(files)} files: {'passed' if answer.returncode == 0 else 'failed'}")
    if answer.returncode == 0:
        return []
    said = (answer.stdout + answer.stderr).splitlines()
    return [line for line in said if "PASSED" not in line and line.strip()]


def _write_notes(request: Request, root: Path, folder: Path) -> None:
    path = root / "CHANGELOG.md"
    section = section_of(path.read_text(encoding="utf-8"), request.version, request.epoch)
    folder.mkdir(parents=True)
    (folder / "CHANGELOG.md").write_text(section.text, encoding="utf-8")
    if section.is_new:
        path.write_text(section.changelog, encoding="utf-8")
        say(f"CHANGELOG.md: what was unreleased is now {request.version}. This run is a rehearsal:")
        say(f"commit that, tag it v{request.version} and run again, so that the tag gives what you publish.")


def _write_sums(folder: Path, files: list[Path]) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(files)
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def say(line: str) -> None:
    """One line of progress."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
