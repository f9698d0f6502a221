"""Connectors that lie in a folder where Python does not look for them: what to tell their author."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stix_shifter_utils.config.locate import NAMESPACE, find_module, module_paths
from stix_shifter_utils.errors import UnsupportedDataSourceError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def where_to_look(folder: Path) -> str | None:
    """The remedy for a connector that is there and cannot be found by its name; None where it can."""
    namespace = folder.parent.resolve()
    if not (folder / "entry_point.py").is_file() or namespace.name != NAMESPACE:
        return None
    if namespace in {Path(path).resolve() for path in module_paths()}:
        return None
    return (
        f"Python does not look for connectors in {folder.parent}; say: export PYTHONPATH={namespace.parent}"
    )


def hints(args: argparse.Namespace) -> Iterator[str]:
    """The same for each connector that a command names and the working directory holds."""
    named = [getattr(args, name, None) for name in ("module", "transmission_module", "translation_module")]
    flat = [word for each in named for word in (each if isinstance(each, list) else [each]) if word]
    for name in dict.fromkeys(word.partition(":")[0] for word in flat):
        hint = None if _is_found(name) else where_to_look(Path(NAMESPACE, name))
        if hint:
            yield hint


def _is_found(name: str) -> bool:
    try:
        find_module(name)
    except UnsupportedDataSourceError:
        return False
    return True
