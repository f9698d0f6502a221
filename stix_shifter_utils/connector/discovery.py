"""Finding and importing connectors by name, and telling what is missing when one cannot be imported.

Where their folders are is `config.locate`.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from stix_shifter_utils.config.files import Stamp, inside, stamp
from stix_shifter_utils.config.locate import (
    NAMESPACE,
    ModulePlace,
    find_module,
    installed_modules,
    module_folder,
)
from stix_shifter_utils.errors import UnsupportedDataSourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping
    from types import ModuleType

    from stix_shifter_utils.connector.entry_point import BaseEntryPoint

__all__ = [
    "ConnectorImportError",
    "dialect_list",
    "import_part",
    "load_entry_point",
    "module_folder",
    "modules_list",
    "place_of_class",
    "process_dialects",
    "split_dialects",
]


class ConnectorImportError(UnsupportedDataSourceError, ImportError):
    """A connector is there, but cannot be imported. The text says what is missing and how to install it."""


def modules_list() -> list[str]:
    """The names of all connectors, sorted, from every place where connectors are installed."""
    return installed_modules()


def load_entry_point(name: str) -> type[BaseEntryPoint]:
    """The class `EntryPoint` of a connector.

    Raises UnsupportedDataSourceError for an unknown name, ConnectorImportError when its import fails.
    """
    return entry_point_at(find_module(name))


def entry_point_at(place: ModulePlace) -> type[BaseEntryPoint]:
    """The same for a connector that was found already."""
    if not place.package.startswith(f"{NAMESPACE}."):
        _REGISTERED[place.package] = place
    module = _imported(place, f"{place.package}.entry_point")
    if not hasattr(module, "EntryPoint"):
        module = _imported(place, place.package)
    entry_point: type[BaseEntryPoint] | None = getattr(module, "EntryPoint", None)
    if entry_point is None:
        message = f"{place.name} cannot be loaded: {place.folder / 'entry_point.py'} has no class EntryPoint"
        raise ConnectorImportError(message)
    return entry_point


def _imported(place: ModulePlace, dotted: str) -> ModuleType:
    try:
        return import_module(dotted)  # also when it is loaded: another thread may be halfway through it
    except ModuleNotFoundError as error:
        raise ConnectorImportError(_what_is_missing(place, error)) from error
    except ImportError as error:
        message = f"{place.name} cannot be loaded: {error}"
        raise ConnectorImportError(message) from error


# What published connectors import without declaring it, by import name: the extra `published`.
_UNDECLARED = frozenset(
    {"aioboto3", "aiomysql", "azure", "dateutil", "flatten_json", "regex", "six", "stix2matcher", "xmltodict"}
)


def _what_is_missing(place: ModulePlace, error: ModuleNotFoundError) -> str:
    missing = error.name or "a module"
    if missing.partition(".")[0] in (NAMESPACE, place.package.partition(".")[0], "stix_shifter_utils"):
        return f"{place.name} cannot be loaded: there is no module {missing} (imported by its own files)"
    top = missing.partition(".")[0]
    has_extra = place.package.startswith(f"{NAMESPACE}.") and (place.folder / "requirements.txt").is_file()
    extra = place.name if has_extra else "published" if top in _UNDECLARED else None
    remedy = f"pip install 'stix-shifter[{extra}]'" if extra else f"pip install {top}"
    return (
        f"{place.name} cannot be loaded: it needs the Python package {missing}, which is not installed; "
        f"install it with: {remedy}"
    )


def import_part(connector: str | ModulePlace, dotted: str) -> ModuleType | None:
    """A module of a connector (`stix_translation.query_translator`), or None when it has no such file.

    Raises ConnectorImportError when the file is there and cannot be imported.
    """
    place = find_module(connector) if isinstance(connector, str) else connector
    name = f"{place.package}.{dotted}"
    if name in sys.modules:
        return _imported(place, name)
    folder, _, last = dotted.rpartition(".")
    where = inside(str(place.folder), *folder.split("."))
    return _imported(place, name) if last in _modules_in(stamp((where,))) else None


@lru_cache(maxsize=1024)
def _modules_in(state: Stamp) -> frozenset[str]:
    """The names of the modules in a folder; read again when something is added or removed."""
    folder, changed, _ = state[0]
    if changed < 0:
        return frozenset()
    found = Path(folder).iterdir()
    return frozenset(one.stem for one in found if one.suffix == ".py" or (one / "__init__.py").is_file())


def place_of_class(cls: type) -> ModulePlace:
    """The connector of a class: of the module that defines it, or of its nearest base class in one.

    Never asks the call stack, so wrappers and subclasses of any depth work.
    """
    if cls not in _PLACES:
        _PLACES[cls] = _find_place(cls)
    return _PLACES[cls]


_PLACES: WeakKeyDictionary[type, ModulePlace] = WeakKeyDictionary()
_REGISTERED: dict[str, ModulePlace] = {}  # loaded connectors outside the namespace, by package
_INNER = ("entry_point", "stix_translation", "stix_transmission")


def _find_place(cls: type) -> ModulePlace:
    for kind in cls.__mro__:
        parts = kind.__module__.split(".")
        if parts[0] == NAMESPACE and len(parts) > 1:
            return _place(parts[1], f"{NAMESPACE}.{parts[1]}")
    for kind in cls.__mro__:
        parts = kind.__module__.split(".")
        depth = next((place for place, part in enumerate(parts) if part in _INNER), len(parts) - 1)
        if depth > 0 and parts[0] != "stix_shifter_utils":
            package = ".".join(parts[:depth])
            return _REGISTERED.get(package) or _place(parts[depth - 1], package)
    message = f"{cls.__qualname__} belongs to no connector; it must live in the package {NAMESPACE}.<name>"
    raise UnsupportedDataSourceError(message)


def _place(name: str, package: str) -> ModulePlace:
    module = import_module(package)
    return ModulePlace(name, package, Path(next(iter(module.__path__))))


def split_dialects(module: str) -> tuple[str, list[str]]:
    """`name:dialect1:dialect2` -> the name, and the dialects in order."""
    name, *dialects = module.split(":")
    return name, [dialect for dialect in dialects if dialect]


def process_dialects(module: str, options: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The classic helper: name, and the dialects of the suffix and of `options["dialects"]`, each once."""
    name, dialects = split_dialects(module)
    return name, merged_names(dialects, options.get("dialects") or ())


def merged_names(*groups: Iterable[str]) -> list[str]:
    """All names, each once, in order of first appearance."""
    return list(dict.fromkeys(name for group in groups for name in group))


def dialect_list(module: str, options: MutableMapping[str, Any] | None = None) -> list[str]:
    """The names of a connector's dialects that take part unless others are asked for."""
    return load_entry_point(module)(options=dict(options or {})).get_dialects()
