"""Where connectors are: every path of the namespace package, and packages that register an entry point.

Finding folders only; nothing of a connector is imported here (`connector.discovery` does that).
"""

from __future__ import annotations

import os.path
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from stix_shifter_utils.errors import UnsupportedDataSourceError

NAMESPACE = "stix_shifter_modules"
ENTRY_POINT_GROUP = "stix_shifter.connectors"
SKIP_FILE = "SKIP.ME"
_NAME = re.compile(r"[A-Za-z0-9_]+")


class ModulePlace(NamedTuple):
    """Where one connector lives: its name, the package to import, and its folder."""

    name: str
    package: str
    folder: Path


def module_paths() -> tuple[str, ...]:
    """All folders that hold connectors, in import order: a checkout, and each site directory with wheels."""
    try:
        namespace = sys.modules.get(NAMESPACE) or import_module(NAMESPACE)
    except ModuleNotFoundError:
        return ()
    return tuple(dict.fromkeys(namespace.__path__))


def find_module(name: str) -> ModulePlace:
    """The place of a connector. Raises UnsupportedDataSourceError when none of that name is installed."""
    if _NAME.fullmatch(str(name)):
        place = _remembered(name, module_paths())
        registered = None if place else _registered().get(name)
        if place is not None:
            return place
        if registered is not None:
            return _place_of(name, registered)
    message = f"{name} is an unsupported data source."
    raise UnsupportedDataSourceError(message)


_PLACES: dict[tuple[str, tuple[str, ...]], ModulePlace] = {}


def _remembered(name: str, paths: tuple[str, ...]) -> ModulePlace | None:
    """The place on the namespace path, kept once found: asking the disk costs more than all else here."""
    place = _PLACES.get((name, paths))
    if place is not None and os.path.isdir(place.folder):  # noqa: PTH112 -- on every call
        return place
    for path in paths:
        folder = Path(path, name)
        if (folder / "entry_point.py").is_file() or (folder / "__init__.py").is_file():
            return _PLACES.setdefault((name, paths), ModulePlace(name, f"{NAMESPACE}.{name}", folder))
    return None


def module_folder(name: str) -> Path:
    """The folder of a connector. Raises UnsupportedDataSourceError when none of that name is installed."""
    return find_module(name).folder


def installed_modules() -> list[str]:
    """The names of all connectors, sorted; those with a file `SKIP.ME` are left out."""
    names = set(_registered())
    for path in map(Path, module_paths()):
        if path.is_dir():
            names.update(folder.name for folder in path.iterdir() if _is_listed(folder))
    return sorted(names)


def _is_listed(folder: Path) -> bool:
    return (
        not folder.name.startswith("__")
        and (folder / "entry_point.py").is_file()
        and not (folder / SKIP_FILE).exists()
    )


def _registered() -> dict[str, str]:
    """Connector name -> package, of the packages that registered one. Reads metadata: asked for last.

    Those in the namespace are found by their folders: what an installer once registered may be gone by now.
    """
    from importlib.metadata import entry_points

    entries = entry_points(group=ENTRY_POINT_GROUP)
    return {entry.name: entry.module for entry in entries if not entry.module.startswith(f"{NAMESPACE}.")}


def _place_of(name: str, module: str) -> ModulePlace:
    """`module` is the connector's package, or the module inside it that holds its EntryPoint."""
    import importlib.util

    package = module.removesuffix(".entry_point")
    try:
        spec = importlib.util.find_spec(package)
    except ImportError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        message = (
            f"{name} is an unsupported data source. It is registered as {module}, which cannot be imported."
        )
        raise UnsupportedDataSourceError(message)
    return ModulePlace(name, package, Path(next(iter(spec.submodule_search_locations))))
