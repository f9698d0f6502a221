"""Reading configuration files: merged with the common ones, cached until a file changes.

Paths are text here: the files are looked at on every call, and `pathlib` would take most of its time.

The connector's own value wins over the common one, key by key. What the files mean is in `schema.py`.
"""

from __future__ import annotations

import json
import os
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from stix_shifter_utils.config.locate import module_folder, module_paths
from stix_shifter_utils.errors import MappingFileError

Document = dict[str, Any]
_CORE = str(Path(__file__).parent)
_SETTLED_NS = 100_000_000
"""Two changes of a folder this close may carry one time, so a listing that is younger is not kept."""
Stamp = tuple[tuple[str, int, int], ...]
"""Path, time of change in ns and size of each file that a cached value depends on; -1 where there is none."""


def module_config(module: str) -> Document:
    """A connector's `connection` and `configuration` with the common parameters merged in; a fresh copy.

    Raises UnsupportedDataSourceError for an unknown module and MappingFileError for an unreadable file.
    """
    config: Document = copied(merged(config_files(module_folder(module))))
    return config


def module_labels(module: str, language: str = "en") -> Document:
    """The labels of a connector's parameters, merged like the configuration; a fresh copy."""
    labels: Document = copied(merged(label_files(module_folder(module), language)))
    return labels


def config_files(folder: Path) -> tuple[str, ...]:
    """The configuration files of a connector's folder, the strongest last."""
    return _layers("config.json", str(folder), module_paths())


def label_files(folder: Path, language: str = "en") -> tuple[str, ...]:
    """The label files of a connector's folder, the strongest last."""
    return _layers(f"lang_{language}.json", str(folder), module_paths())


@lru_cache(maxsize=256)
def _layers(name: str, folder: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Core, common, own. Wheels of single connectors bring no common file: it is merged into their own."""
    common = (inside(path, name) for path in reversed(paths))
    return (inside(_CORE, f"core_{name}"), *common, inside(folder, "configuration", name))


@lru_cache(maxsize=4096)
def inside(folder: str, *names: str) -> str:
    """The path of something in a folder, as text."""
    return str(Path(folder, *names))


def stamp(files: tuple[str, ...]) -> Stamp:
    """The state of some files, to see whether a cached value still holds."""
    return tuple([_stamp(path) for path in files])


def _stamp(path: str) -> tuple[str, int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 -- see the head of this file
    except OSError:
        return path, -1, -1
    return path, found.st_mtime_ns, found.st_size


def listing(folder: str) -> frozenset[str]:
    """The names in a folder, none where there is no such folder; read again when one is added or removed."""
    state = stamp((folder,))
    is_settled = time.time_ns() - state[0][1] > _SETTLED_NS
    return _names(state) if is_settled else _names.__wrapped__(state)


@lru_cache(maxsize=512)
def _names(state: Stamp) -> frozenset[str]:
    folder, changed, _ = state[0]
    try:
        return frozenset(os.listdir(folder)) if changed >= 0 else frozenset()  # noqa: PTH208 -- names only
    except NotADirectoryError:
        return frozenset()


def is_there(path: str) -> bool:
    """Whether there is a file or folder of that name."""
    return _stamp(path)[1] >= 0


def merged(files: tuple[str, ...]) -> Document:
    """The deep merge of some files, the last one winning. Shared: not to be changed by the caller."""
    return _merged(stamp(files))


@lru_cache(maxsize=512)
def _merged(state: Stamp) -> Document:
    result: Document = {}
    for path, changed, _ in state:
        if changed >= 0:
            result = deep_merge(result, read_object(Path(path)))
    return result


def read_object(path: Path) -> Document:
    """The JSON object in a file. Raises MappingFileError with the place of the fault."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{path}: cannot be read as JSON: {error}"
        raise MappingFileError(message) from error
    if not isinstance(document, dict):
        message = f"{path}: must hold a JSON object, not {type(document).__name__}"
        raise MappingFileError(message)
    return document


def deep_merge(base: Document, over: Document) -> Document:
    """A new dictionary with the keys of both, nested dictionaries merged, `over` winning."""
    result = dict(base)
    for key, value in over.items():
        mine = result.get(key)
        result[key] = deep_merge(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return result


_SHARED = frozenset({str, int, float, bool, type(None)})


def copied(value: Any) -> Any:
    """A copy of JSON-like data in which every list and dictionary is new; other values are shared."""
    if isinstance(value, dict):
        return {key: item if type(item) in _SHARED else copied(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [copied(item) for item in value]
    return value
