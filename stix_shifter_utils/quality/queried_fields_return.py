"""Rule `queried-fields-return`: what can be searched also comes back, so that a hit shows why it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.mapping import load_mappings
from stix_shifter_utils.quality.finding import Finding
from stix_shifter_utils.quality.folder import JSON_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stix_shifter_utils.quality.folder import ConnectorFolder


def check(folder: ConnectorFolder) -> Iterator[Finding]:
    """Each field of a from_stix map that does not feed the property that it is searched for."""
    if not any(folder.maps("to_stix_map")):
        return  # rows become STIX by a results_translator.py
    for dialect in folder.dialects:
        yield from _check_dialect(folder, dialect)


def _check_dialect(folder: ConnectorFolder, dialect: str) -> Iterator[Finding]:
    try:
        mapping = load_mappings(folder.path / JSON_FOLDER, dialect)
    except MappingFileError:
        return  # the rule json-schema tells what is wrong with it
    if mapping.from_stix is None:
        return  # derived from the to_stix map: what is asked comes back
    for path in mapping.index.paths():
        for binding in mapping.index.lookup(path):
            if not binding.comes_back:
                example = f'{{"key": "{path.object_type}.{".".join(str(step) for step in path.steps)}"}}'
                yield Finding(
                    _file_of(folder, dialect),
                    f"{path} is searched in {binding.field}, which does not come back as {path}; "
                    f"add {example} to {binding.field} in the to_stix map",
                )


def _file_of(folder: ConnectorFolder, dialect: str) -> str:
    own = f"{JSON_FOLDER}/{dialect}_from_stix_map.json"
    return own if folder.has(own) else f"{JSON_FOLDER}/from_stix_map.json"
