"""A connector's JSON files, as connectors of earlier releases read them; and all of them by name.

Mapping files that our own code reads go through `stix_shifter_utils.mapping`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.config.files import Document, copied, read_object, stamp
from stix_shifter_utils.connector.current import current_place
from stix_shifter_utils.errors import MappingFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DEFAULT_PLACE = ("stix_translation", "json")


def read_json(
    filepath: str | Path, options: Mapping[str, Any], search_path: Sequence[str] = _DEFAULT_PLACE
) -> Any:
    """What `options["mapping"]` holds under the file's name without `.json`, else the file; a fresh copy.

    What is no file by itself is looked up in the folder `search_path` of the connector that is running.
    Raises MappingFileError when there is no such file, or when it is not JSON.
    """
    path = Path(filepath)
    custom = options.get("mapping") or {}
    if path.stem in custom:
        return copied(custom[path.stem])
    found = next((one for one in _places(path, search_path) if one.is_file()), None)
    if found is None:
        message = f"{path}: no such file (looked for as a file of {'/'.join(search_path)})"
        raise MappingFileError(message)
    return copied(_document(stamp((str(found),))))


def _places(path: Path, search_path: Sequence[str]) -> list[Path]:
    """Where a file may be: as it is called, and in the running connector's folder."""
    named = path if path.suffix == ".json" else path.with_name(f"{path.name}.json")
    running = current_place()
    own = [running.folder.joinpath(*search_path, named.name)] if running else []
    return [path, named, *own]


def all_json(folder: Path) -> Document:
    """File name without `.json` -> parsed JSON, for every JSON file directly in a folder; a fresh copy."""
    files = tuple(sorted(folder.glob("*.json")))
    documents = (_document(stamp((str(file),))) for file in files)
    return {file.stem: copied(document) for file, document in zip(files, documents, strict=True)}


@lru_cache(maxsize=512)
def _document(state: tuple[tuple[str, int, int], ...]) -> Any:
    return read_object(Path(state[0][0]))
