"""Rule `json-schema`: every JSON file is JSON and has the shape that its readers expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.quality.finding import Finding
from stix_shifter_utils.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.exceptions import ValidationError

    from stix_shifter_utils.quality.folder import ConnectorFolder, JsonFile

MAPS = ("from_stix_map", "to_stix_map", "operators", "fields")
SHOWN = 80


def check(folder: ConnectorFolder) -> Iterator[Finding]:
    """Each place in each file that breaks its schema."""
    for file in (*folder.mapping_files, *folder.configuration_files, *folder.transmission_files):
        if file.data is None:
            yield Finding(file.relative, f"{file.problem}; mend it")
        else:
            yield from _violations(file, _kind(file))


def _kind(file: JsonFile) -> str | None:
    """The schema for a file, by its name; None for a file of the connector's own."""
    if file.relative.startswith("stix_transmission/"):
        return file.stem
    if file.relative.startswith("configuration/"):
        if file.stem.startswith("lang_"):
            return "labels"
        return file.stem if file.stem in {"config", "capabilities"} else None
    return next((kind for kind in MAPS if file.stem == kind or file.stem.endswith(f"_{kind}")), None)


def _violations(file: JsonFile, kind: str | None) -> Iterator[Finding]:
    from jsonschema import Draft202012Validator

    if kind is None:
        return
    data = _without_removals(file.data) if "/stix_2_1/" in file.relative else file.data
    for error in Draft202012Validator(load_schema(kind)).iter_errors(data):
        deepest = _deepest(error)
        place = ".".join(str(step) for step in deepest.absolute_path) or "the file"
        yield Finding(file.relative, f"{place}: {_in_words(deepest)}; see schemas/{kind}.schema.json")


def _without_removals(data: Any) -> Any:
    """A file that is laid over another may hold null to remove a key of it."""
    if isinstance(data, dict):
        return {key: _without_removals(value) for key, value in data.items() if value is not None}
    return data


def _deepest(error: ValidationError) -> ValidationError:
    """Of what was tried at a place, the complaint that goes furthest into the file."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return error


def _in_words(error: ValidationError) -> str:
    message = str(error.message)
    return message if len(message) <= 2 * SHOWN else f"{message[:SHOWN]} … {message[-SHOWN:]}"
