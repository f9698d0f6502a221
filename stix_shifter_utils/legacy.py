"""The one table of import paths of earlier releases, and the finder that serves them.

The finder stands at the end of `sys.meta_path`: real files win, and nothing is loaded before somebody asks
for it by its old name. Old and new name are then the same module object, so patching either works. Our own
code uses none of these paths.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader, MetaPathFinder
    from types import ModuleType
else:
    Loader = MetaPathFinder = object  # importing these two would load thirty modules at every start

_ROOT = "stix_shifter_utils"
_BASE = f"{_ROOT}.modules.base"
_SRC = f"{_ROOT}.stix_translation.src"

MOVED = {
    f"{_ROOT}.utils.base_entry_point": f"{_ROOT}.connector.entry_point",
    f"{_ROOT}.utils.module_discovery": f"{_ROOT}.connector.discovery",
    f"{_ROOT}.utils.file_helper": f"{_ROOT}.connector.files",
    f"{_ROOT}.utils.param_validator": f"{_ROOT}.config.classic",
    f"{_BASE}.stix_translation.base_query_translator": f"{_ROOT}.connector.query_translator",
    f"{_BASE}.stix_translation.empty_query_translator": f"{_ROOT}.connector.query_translator",
    f"{_BASE}.stix_translation.base_results_translator": f"{_ROOT}.connector.results_translator",
    f"{_BASE}.stix_transmission.base_connector": f"{_ROOT}.connector.roles",
    f"{_BASE}.stix_transmission.base_json_connector": f"{_ROOT}.connector.roles",
    f"{_BASE}.stix_transmission.base_sync_connector": f"{_ROOT}.connector.roles",
    f"{_BASE}.stix_transmission.base_json_sync_connector": f"{_ROOT}.connector.roles",
    f"{_BASE}.stix_transmission.base_ping_connector": f"{_ROOT}.connector.roles",
    f"{_BASE}.stix_transmission.base_query_connector": f"{_ROOT}.connector.roles",
    f"{_BASE}.stix_transmission.base_status_connector": f"{_ROOT}.connector.roles",
    f"{_BASE}.stix_transmission.base_results_connector": f"{_ROOT}.connector.roles",
    f"{_BASE}.stix_transmission.base_json_results_connector": f"{_ROOT}.connector.roles",
    f"{_BASE}.stix_transmission.base_delete_connector": f"{_ROOT}.connector.roles",
    f"{_SRC}.json_to_stix.json_to_stix": f"{_ROOT}.connector.results_translator",
    f"{_SRC}.json_to_stix.json_to_stix_translator": f"{_ROOT}.results.classic_engine",
    f"{_SRC}.utils.transformer_utils": f"{_ROOT}.results.transformers",
    f"{_SRC}.utils.exceptions": f"{_ROOT}.connector.classic_errors",
    f"{_SRC}.patterns.pattern_objects": f"{_ROOT}.pattern.classic",
    f"{_ROOT}.utils.helpers": f"{_ROOT}.connector.classic_helpers",
    f"{_ROOT}.modules.car.stix_translation.query_translator": f"{_ROOT}.connector.data_models",
    f"{_ROOT}.modules.car.stix_translation.results_translator": f"{_ROOT}.connector.data_models",
    f"{_ROOT}.normalization.BaseNormalization": f"{_ROOT}.connector.normalization",
    f"{_ROOT}.normalization.normalization_helper": f"{_ROOT}.connector.normalization",
    f"{_ROOT}.modules.cim.stix_translation.query_translator": f"{_ROOT}.connector.data_models",
    f"{_ROOT}.stix_transmission.utils.RestApiClientAsync": f"{_ROOT}.http.classic",
    f"{_ROOT}.stix_transmission.utils.RestApiClient": f"{_ROOT}.http.classic_blocking",
    f"{_ROOT}.stix_transmission.utils.timeout_http_adapter": f"{_ROOT}.http.classic_blocking",
    f"{_SRC}.json_to_stix.observable": f"{_ROOT}.stix.classic",
    f"{_SRC}.json_to_stix.id_contributing_properties": f"{_ROOT}.stix.classic_ids",
    f"{_SRC}.utils.transformers": f"{_ROOT}.results.transformers.classic",
    f"{_SRC}.utils.unmapped_attribute_stripper": f"{_ROOT}.connector.classic_parser",
    f"{_SRC}.patterns.parser": f"{_ROOT}.connector.classic_parser",
    f"{_SRC}.patterns.errors": f"{_ROOT}.connector.classic_errors",
}
"""Old path -> the module that is meant."""


def _parents(names: dict[str, str]) -> frozenset[str]:
    """The packages that the old paths lie in, below our own."""
    found: set[str] = set()
    for name in names:
        parts = name.split(".")
        found.update(".".join(parts[:depth]) for depth in range(2, len(parts)))
    return frozenset(found)


_PACKAGES = _parents(MOVED)


class _Moved(Loader):
    """Loads a module under an old name: the very module object of the new one."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        from importlib import import_module

        module = import_module(self._target)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import system has just put the old name's there


class _Empty(Loader):
    """Loads a package that exists only as a way to old names."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__doc__ = (
            "A package of earlier releases; its modules have moved, see stix_shifter_utils.legacy."
        )


class LegacyFinder(MetaPathFinder):
    """Finds what nobody else found, when it is an old path."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in MOVED:
            return ModuleSpec(fullname, _Moved(MOVED[fullname]))
        if fullname in _PACKAGES:
            return ModuleSpec(fullname, _Empty(), is_package=True)
        return None


def install() -> None:
    """Put the finder at the end of `sys.meta_path`, once."""
    if not any(isinstance(finder, LegacyFinder) for finder in sys.meta_path):
        sys.meta_path.append(LegacyFinder())
