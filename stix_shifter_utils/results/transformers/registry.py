"""All transformers by name: the shared ones, and a connector's own over them."""

from __future__ import annotations

import importlib
import importlib.util
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.results.transformers import addresses, hashes, lists, paths, texts, times
from stix_shifter_utils.results.transformers.base import ValueTransformer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType


def _classes_of(module: ModuleType) -> dict[str, type]:
    """The classes that a module defines itself; what it only imports is left out."""
    found = ((name, item) for name, item in sorted(vars(module).items()) if isinstance(item, type))
    return {name: item for name, item in found if item.__module__ == module.__name__ and name[0] != "_"}


SHARED: Final[Mapping[str, type]] = MappingProxyType(
    {"ValueTransformer": ValueTransformer}
    | {
        name: item
        for module in (addresses, hashes, lists, paths, texts, times)
        for name, item in _classes_of(module).items()
    }
)


def get_module_transformers(module: str | None = None) -> dict[str, type]:
    """Transformers by class name: the shared ones, overlaid by those of a connector's `transformers.py`.

    A connector need not have that file. An error inside it is raised as it is.
    """
    found = dict(SHARED)
    if module:
        name = f"stix_shifter_modules.{module}.stix_translation.transformers"
        try:
            spec = importlib.util.find_spec(name)
        except ModuleNotFoundError:  # not even the connector's package is there
            spec = None
        if spec is not None:
            found |= _classes_of(importlib.import_module(name))
    return found
