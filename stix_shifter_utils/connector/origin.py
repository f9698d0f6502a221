"""Which installed distribution a connector belongs to, and of which version; a checkout belongs to none.

Reads what the installer recorded; imports nothing of a connector.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from stix_shifter_utils.config.locate import ENTRY_POINT_GROUP, NAMESPACE, find_module

CHECKOUT = "checkout"


class Origin(NamedTuple):
    """Where a connector comes from; without a distribution it is a folder that nothing installed."""

    name: str
    folder: Path
    distribution: str | None = None
    version: str | None = None

    def __str__(self) -> str:
        """One line for people."""
        source = f"{self.version} of {self.distribution}" if self.distribution else CHECKOUT
        return f"{self.name}: {source}, in {self.folder}"


def connector_origin(name: str) -> Origin:
    """Where a connector comes from. Raises UnsupportedDataSourceError when none of that name is installed."""
    place = find_module(name)
    found = _installer_of(name, place.folder)
    if found is None:
        return Origin(name, place.folder)
    return Origin(name, place.folder, found.metadata["Name"].replace("_", "-"), found.version)


def _installer_of(name: str, folder: Path) -> metadata.Distribution | None:
    file = f"{NAMESPACE}/{name}/entry_point.py"
    for distribution in _candidates(name):
        if f"\n{file}," in f"\n{distribution.read_text('RECORD') or ''}":
            installed = Path(str(distribution.locate_file(file))).parent
            if installed.resolve() == folder.resolve():
                return distribution
    registered = (entry for entry in metadata.entry_points(group=ENTRY_POINT_GROUP) if entry.name == name)
    return next((entry.dist for entry in registered if not _is_ours(entry.module)), None)


def _candidates(name: str) -> list[metadata.Distribution]:
    """All installed copies of the distributions that a connector of this name is shipped in."""
    names = (f"{NAMESPACE}_{name}", NAMESPACE, "stix_shifter")
    return [one for called in names for one in metadata.distributions(name=called)]


def _is_ours(module: str) -> bool:
    return module == NAMESPACE or module.startswith(f"{NAMESPACE}.")
