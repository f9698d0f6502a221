"""Making the files of a build: the wheels of a mode, or the source distribution that builds the same ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from packing import archives, metadata, plan, sources
from packing.request import ORIGIN

if TYPE_CHECKING:
    from pathlib import Path

    from packing.plan import Distribution, Needs
    from packing.request import Request

_BESIDE = (
    "setup.py",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "main.py",
    *plan.ROOT_MODULES,
)


def build_wheels(request: Request, root: Path, needs: Needs, folder: Path) -> list[Path]:
    """The wheels of the mode, in a folder. All is read and checked before the first one is written."""
    planned = plan.distributions(request, root, needs)
    licence = (root / "LICENSE").read_bytes()
    return [archives.write_wheel(made, licence, request.epoch, folder) for made in planned]


def build_editable(request: Request, root: Path, needs: Needs, folder: Path) -> Path:
    """The wheel by which pip installs the checkout itself."""
    made = plan.everything(request, root, needs)
    bare = plan.Distribution(
        made.name, made.version, made.summary, made.readme, {}, made.requires, made.extras, made.scripts
    )
    licence = (root / "LICENSE").read_bytes()
    return archives.write_editable(bare, licence, request.epoch, folder, root)


def build_source(request: Request, root: Path, needs: Needs, folder: Path) -> Path:
    """The source distribution: what the wheels of the mode are made of; it knows mode, version and time."""
    first = plan.distributions(request, root, needs)[0]
    files = _source_files(request, root, first)
    path = folder / f"{first.name}-{first.version}.tar.gz"
    return archives.write_tar(path, files, request.epoch)


def _source_files(request: Request, root: Path, first: Distribution) -> sources.Files:
    origin = {"mode": request.mode, "version": request.version, "epoch": request.epoch}
    files = {name: (root / name).read_bytes() for name in _BESIDE if (root / name).is_file()}
    files |= sources.package_files(root, "packing") | sources.common_files(root)
    single = first.name.startswith(f"{plan.MODULES}_")
    packages = [f"{plan.MODULES}/{request.mode}"] if single else [plan.CORE, plan.UTILS, plan.MODULES]
    for package in packages:
        files |= sources.package_files(root, package)
    files[ORIGIN] = f"{json.dumps(origin)}\n".encode()
    return {**files, "PKG-INFO": metadata.core_metadata(first).encode()}
