"""The mapping files of a connector's dialects, looked at on every call and read only after a change.

Reading and indexing them is `stix_shifter_utils.mapping`; here are the ways in that translators share.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from stix_shifter_utils.config.files import Stamp, copied, inside, listing, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stix_shifter_utils.mapping import DialectMapping, Relation

_STEMS = ("from_stix_map", "to_stix_map", "operators", "fields")


def map_file(basepath: Any, dialect: str, name: str, options: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """One mapping file of a dialect (`from_stix_map`, `to_stix_map`, `operators`); None where there is none.

    Shared, so only to be read; the same file is the same object. Raises MappingFileError.
    """
    from stix_shifter_utils.mapping import load_file

    folder, is_21 = inside(str(basepath), "json"), bool(options.get("stix_2.1"))
    if options.get("mapping") or options.get("overlays"):
        check_transformers(options, Path(basepath).parent.name)
        return load_file(Path(folder), dialect, name, options)
    return _file(folder, dialect, name, is_21, _state(folder, dialect, is_21))


@lru_cache(maxsize=512)
def _file(folder: str, dialect: str, name: str, is_21: bool, state: Stamp) -> Mapping[str, Any] | None:
    del state  # a part of the key: another state of the files is another content
    from stix_shifter_utils.mapping import load_file

    return load_file(Path(folder), dialect, name, {"stix_2.1": is_21})


def mappings_of(
    basepath: Any, dialect: str, options: Mapping[str, Any], module: str | None = None
) -> DialectMapping:
    """The mapping files of a dialect, indexed; shared, so only to be read.

    `basepath` is the connector's `stix_translation` folder. With `module`, the index knows how the
    connector's transformers relate STIX values to native ones. Raises MappingFileError.
    """
    from stix_shifter_utils.mapping import load_mappings

    folder = inside(str(basepath), "json")
    if options.get("mapping") or options.get("overlays"):
        check_transformers(options, module)
        return load_mappings(Path(folder), dialect, options, relations_of(module))
    flags = _Flags(bool(options.get("stix_2.1")), bool(options.get("unmapped_fallback")))
    return _loaded(folder, dialect, flags, module, _state(folder, dialect, flags.is_21))


def check_transformers(options: Mapping[str, Any], module: str | None) -> None:
    """Raise MappingFileError for an overlay that names a transformer which the connector has not."""
    from stix_shifter_utils.mapping import leaves, read_overlays

    for overlay in read_overlays(options.get("overlays")):
        for leaf in leaves(overlay.additions()):
            known = module_transformers(module) if leaf.transformer else {}
            if leaf.transformer and leaf.transformer not in known:
                legal = ", ".join(sorted(known))
                overlay.refuse(f"to_stix.{leaf.field}: no transformer {leaf.transformer} (there are {legal})")


def check_overlays(module: str, folder: Path, options: Mapping[str, Any]) -> None:
    """Raise MappingFileError for what is wrong in the overlays of a connector's options, for any dialect."""
    from stix_shifter_utils.mapping import list_dialects

    if options.get("overlays"):
        basepath = folder / "stix_translation"
        for dialect in list_dialects(basepath / "json"):
            mappings_of(str(basepath), dialect, options, module)


def overlaid_files(basepath: str, dialects: Sequence[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """The maps of some dialects under their file names, as overlays leave them; fresh copies.

    A connector of one dialect has them under plain names. Raises MappingFileError.
    """
    found: dict[str, Any] = {}
    for dialect in dialects:
        for stem in _STEMS:
            document = map_file(basepath, dialect, stem, options)
            if document is not None:
                found[stem if dialect == "default" else f"{dialect}_{stem}"] = copied(document)
    return found


class _Flags(NamedTuple):
    """The options that shape a mapping beside custom files."""

    is_21: bool
    fallback: bool


_OPTIONS = ("stix_2.1", "unmapped_fallback")


def _state(folder: str, dialect: str, is_21: bool) -> Stamp:
    """The state of every file that takes part."""
    names = listing(folder)
    found = stamp(_candidates(folder, dialect, names))
    if is_21 and "stix_2_1" in names:
        inner = inside(folder, "stix_2_1")
        found += stamp(_candidates(inner, dialect, listing(inner)))
    return found


@lru_cache(maxsize=1024)
def _candidates(folder: str, dialect: str, names: frozenset[str]) -> tuple[str, ...]:
    """The files among these names that are maps of a dialect, its own or those that all dialects share."""
    wanted = [name for stem in _STEMS for name in (f"{dialect}_{stem}.json", f"{stem}.json")]
    return tuple(inside(folder, name) for name in wanted if name in names)


@lru_cache(maxsize=256)
def _loaded(folder: str, dialect: str, flags: _Flags, module: str | None, state: Stamp) -> DialectMapping:
    del state  # a part of the key: another state of the files is another mapping
    from stix_shifter_utils.mapping import load_mappings

    return load_mappings(Path(folder), dialect, dict(zip(_OPTIONS, flags, strict=True)), relations_of(module))


@lru_cache(maxsize=256)
def relations_of(module: str | None) -> Mapping[str, Relation]:
    """How a value follows from the native one, for each transformer of a connector."""
    if module is None:
        return {}
    found = ((name, getattr(kind, "relation", None)) for name, kind in module_transformers(module).items())
    return {name: relation for name, relation in found if relation is not None}


@lru_cache(maxsize=256)
def module_transformers(module: str | None) -> dict[str, type]:
    """The shared transformers overlaid by those of a connector; shared, so only to be read."""
    from stix_shifter_utils.results import get_module_transformers

    return get_module_transformers(module)
