"""Reading a connector's mapping files: file names, custom mappings, the 2.1 override, and caching.

What the files mean is in `index` (searching) and in the results package (rows to objects).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.frozen import frozen
from stix_shifter_utils.mapping.fields import NativeFields
from stix_shifter_utils.mapping.index import FieldIndex
from stix_shifter_utils.mapping.leaves import leaves

if TYPE_CHECKING:
    from stix_shifter_utils.mapping.relation import Relation
    from stix_shifter_utils.mapping.versions import Version

FROM_STIX: Final = "from_stix_map"
TO_STIX: Final = "to_stix_map"
OPERATORS: Final = "operators"
FIELDS: Final = "fields"
_FILES: Final = (FROM_STIX, TO_STIX, OPERATORS, FIELDS)


@frozen
class DialectMapping:
    """The mapping files of one dialect, parsed. `from_stix` is None when absent: fields are then derived.

    The dictionaries are shared between callers: read them only.
    """

    dialect: str
    from_stix: Mapping[str, Any] | None
    to_stix: Mapping[str, Any]
    operators: Mapping[str, Any]
    fields: NativeFields
    index: FieldIndex

    @classmethod
    def of(
        cls,
        *,
        dialect: str = "default",
        from_stix: Mapping[str, Any] | None = None,
        to_stix: Mapping[str, Any] | None = None,
        operators: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
        relations: Mapping[str, Relation] | None = None,
        fallback: bool = False,
        version: Version = "2.1",
    ) -> DialectMapping:
        """From parsed JSON instead of files; `version` is that of the results. Raises MappingFileError."""
        native = NativeFields.read(fields or {})
        index = FieldIndex(
            (leaf for leaf in leaves(to_stix or {}) if native.holds(leaf.field)),
            from_stix=from_stix,
            fields=native,
            relations=relations,
            fallback=fallback,
            version=version,
        )
        return cls(dialect, from_stix, to_stix or {}, operators or {}, native, index)


def list_dialects(folder: Path) -> list[str]:
    """The dialects of a json folder, in alphabetical order.

    One for each `<dialect>_from_stix_map.json` (or `<dialect>_to_stix_map.json`, where fields are derived, or
    `<dialect>_fields.json`, where dialects share the maps); `["default"]` when there is none of these. Beside
    a from_stix map, files of fields make no dialect: earlier connectors keep other lists under such names.
    """
    endings = [f"_{FROM_STIX}.json", f"_{TO_STIX}.json"]
    if next(folder.glob(f"*{FROM_STIX}.json"), None) is None:
        endings.append(f"_{FIELDS}.json")
    names = {path.name.removesuffix(ending) for ending in endings for path in folder.glob(f"*{ending}")}
    return sorted(names) or ["default"]


def load_mappings(
    folder: Path,
    dialect: str,
    options: Mapping[str, Any] | None = None,
    relations: Mapping[str, Relation] | None = None,
) -> DialectMapping:
    """The mapping of one dialect in a connector's `stix_translation/json` folder.

    Each file is `<dialect>_<name>.json`, else `<name>.json`. `options["mapping"]` may hold whole files by
    their stem and replaces these; with `options["stix_2.1"]` the files of `stix_2_1/` are laid over those
    of the folder (an object is merged key by key, anything else replaced, null removes), and those of
    `options["overlays"]` over these. `relations` gives the relation of each transformer. Parsed files and
    indexes are kept until a file changes.

    Raises MappingFileError when a file is not JSON, has a wrong shape, or when there is neither a from_stix
    nor a to_stix map.
    """
    chosen = options or {}
    sources = _sources(folder, dialect, chosen)
    known = tuple(sorted((relations or {}).items(), key=lambda item: item[0]))
    version: Version = "2.1" if chosen.get("stix_2.1") else "2.0"
    return _load(dialect, sources, known, fallback=bool(chosen.get("unmapped_fallback")), version=version)


def load_file(
    folder: Path, dialect: str, name: str, options: Mapping[str, Any] | None = None
) -> Mapping[str, Any] | None:
    """One mapping file of a dialect as it stands, without looking at what it means; None where there is none.

    `name` is `from_stix_map`, `to_stix_map`, `operators` or `fields`; the file is chosen as in
    `load_mappings`. Shared between callers: read only. Raises MappingFileError for what is no JSON object.
    """
    chosen = options or {}
    if chosen.get("overlays"):
        return _files(dialect, _sources(folder, dialect, chosen))[name]
    return _read(_source(folder, dialect, name, chosen.get("mapping") or {}, bool(chosen.get("stix_2.1"))))


@frozen
class _Sources:
    """Where the files of a dialect come from, and what is laid over them: JSON text of the overlays."""

    files: tuple[_Source, ...]
    overlays: str = ""
    known: tuple[str, ...] = ()
    connector: str = ""


_Source = tuple[str, str | None, tuple[tuple[str, int, int], ...]]
"""Stem, custom JSON text if any, and the files to lay over each other with time and size."""


def _sources(folder: Path, dialect: str, options: Mapping[str, Any]) -> _Sources:
    custom = {} if options.get("mapping") is None else options["mapping"]
    if not isinstance(custom, Mapping):
        msg = "the option mapping must be an object that holds mapping files by their names without .json"
        raise MappingFileError(msg)
    files = tuple(_source(folder, dialect, name, custom, bool(options.get("stix_2.1"))) for name in _FILES)
    if not options.get("overlays"):
        return _Sources(files)
    from stix_shifter_utils.mapping.overlays import inline_overlays

    text = json.dumps(inline_overlays(options["overlays"]), default=str)
    known = tuple(dict.fromkeys((*list_dialects(folder), dialect)))
    return _Sources(files, text, known, folder.parent.parent.name)


def _source(folder: Path, dialect: str, name: str, custom: Mapping[str, Any], is_21: bool) -> _Source:
    stem = f"{dialect}_{name}"
    if stem not in custom and not (folder / f"{stem}.json").is_file():
        stem = name
    if stem in custom:
        return stem, json.dumps(custom[stem]), ()
    layers = [folder / f"{stem}.json"] + ([folder / "stix_2_1" / f"{stem}.json"] if is_21 else [])
    return stem, None, tuple(_stamp(path) for path in layers if path.is_file())


def _stamp(path: Path) -> tuple[str, int, int]:
    state = path.stat()
    return str(path), state.st_mtime_ns, state.st_size


@lru_cache(maxsize=64)
def _load(
    dialect: str,
    sources: _Sources,
    relations: tuple[tuple[str, Relation], ...],
    *,
    fallback: bool,
    version: Version,
) -> DialectMapping:
    files = _files(dialect, sources)
    if files[FROM_STIX] is None and files[TO_STIX] is None:
        msg = f"dialect {dialect} has neither {FROM_STIX}.json nor {TO_STIX}.json; add one of them"
        raise MappingFileError(msg)
    return DialectMapping.of(
        dialect=dialect,
        from_stix=files[FROM_STIX],
        to_stix=files[TO_STIX],
        operators=files[OPERATORS],
        fields=files[FIELDS],
        relations=dict(relations),
        fallback=fallback,
        version=version,
    )


@lru_cache(maxsize=64)
def _files(dialect: str, sources: _Sources) -> dict[str, dict[str, Any] | None]:
    """The files of a dialect by their names, with the overlays; shared, so only to be read."""
    files = {name: _read(source) for name, source in zip(_FILES, sources.files, strict=True)}
    if not sources.overlays:
        return files
    from stix_shifter_utils.mapping.overlaying import overlaid
    from stix_shifter_utils.mapping.overlays import read_overlays

    overlays = read_overlays(json.loads(sources.overlays))
    return overlaid(files, overlays, dialect, sources.known, sources.connector)


@lru_cache(maxsize=512)
def _read(source: _Source) -> dict[str, Any] | None:
    stem, custom, layers = source
    if custom is not None:
        return _parsed(custom, f"option mapping.{stem}")
    result: dict[str, Any] | None = None
    for path, _, _ in layers:
        layer = _parsed(Path(path).read_bytes(), path)
        result = layer if result is None else _laid_over(result, layer)
    return result


def _laid_over(below: dict[str, Any], layer: dict[str, Any]) -> dict[str, Any]:
    from stix_shifter_utils.mapping.overlaying import laid_over

    return laid_over(below, layer)


def _parsed(text: str | bytes, place: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"{place} is not JSON: {error}"
        raise MappingFileError(msg) from error
    if not isinstance(data, dict):
        msg = f"{place} must hold a JSON object"
        raise MappingFileError(msg)
    return data
