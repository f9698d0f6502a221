"""Rule `stix-names-exist`: each type, property, hash and extension in a map is one of STIX 2.0 or 2.1.

The `stix2` library knows them. Names of one's own begin with `x-` (types, extensions) or `x_` (properties).
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import PatternSyntaxError
from stix_shifter_utils.pattern import make_path
from stix_shifter_utils.pattern.paths import HASH_NAMES
from stix_shifter_utils.quality.finding import Finding
from stix_shifter_utils.quality.leaves import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stix_shifter_utils.pattern import PathStep
    from stix_shifter_utils.quality.folder import ConnectorFolder, JsonFile

OBSERVED_DATA = frozenset(
    {"first_observed", "last_observed", "number_observed", "created", "modified", "labels"}
)


def check(folder: ConnectorFolder) -> Iterator[Finding]:
    """Each name that STIX does not have, in both kinds of maps."""
    for file in folder.maps("to_stix_map"):
        for leaf in leaves_of(file):
            steps = leaf.path.steps if leaf.path else ()
            problem = (
                _path_problem(leaf.path.object_type, steps) if leaf.path else _observed_problem(leaf.key)
            )
            if problem:
                yield Finding(file.relative, f"{leaf.field}: {problem}")
    for file in folder.maps("from_stix_map"):
        yield from _asked(file)


def _asked(file: JsonFile) -> Iterator[Finding]:
    for object_type, entry in (file.data or {}).items():
        fields = entry.get("fields") if isinstance(entry, dict) else None
        for text in fields if isinstance(fields, dict) else ():
            try:
                problem = _path_problem(object_type, make_path(object_type, text).steps)
            except PatternSyntaxError as error:
                problem = f"is no property path: {error}"
            if problem:
                yield Finding(file.relative, f"{object_type}: {text}: {problem}")


def _observed_problem(key: str) -> str:
    if key in OBSERVED_DATA or key.startswith("x_"):
        return ""
    return f"observed-data has no property {key}; {_hint(key, OBSERVED_DATA, 'x_')}"


def _path_problem(object_type: str, steps: Sequence[PathStep]) -> str:
    """What is wrong with a path, or nothing."""
    if object_type.startswith("x-"):
        return ""
    known = _properties(object_type)
    if not known:
        return f"STIX has no object type {object_type}; {_hint(object_type, _types(), 'x-')}"
    names = [step for step in steps if isinstance(step, str)]
    first = names[0]
    if first not in known and not first.startswith("x_"):
        return f"{object_type} has no property {first}; {_hint(first, known, 'x_')}"
    return _inner_problem(object_type, names)


def _inner_problem(object_type: str, names: list[str]) -> str:
    """The same for what follows `hashes`, `extensions` or a reference."""
    first, rest = names[0], names[1:]
    if not rest:
        return ""
    if first == "hashes" and rest[0] not in HASH_NAMES.values() and not rest[0].startswith("x_"):
        return f"{rest[0]} is no hash algorithm of STIX; {_hint(rest[0], HASH_NAMES.values(), 'x_')}"
    if first == "extensions":
        return _extension_problem(rest)
    if (
        first.endswith(("_ref", "_refs"))
        and rest[0] not in _all_properties()
        and not rest[0].startswith("x_")
    ):
        return f"no object behind {object_type}:{first} has a property {rest[0]}"
    return ""


def _extension_problem(names: list[str]) -> str:
    extension, rest = names[0], names[1:]
    if extension.startswith(("x-", "x_", "extension-definition--")):
        return ""
    known = _extensions().get(extension)
    if known is None:
        return f"STIX has no extension {extension}; {_hint(extension, _extensions(), 'x-')}"
    if rest and rest[0] not in known and not rest[0].startswith("x_"):
        return f"{extension} has no property {rest[0]}; {_hint(rest[0], known, 'x_')}"
    return ""


def _hint(name: str, known: Iterable[str], prefix: str) -> str:
    close = get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return f"did you mean {close[0]}?" if close else f"a name of your own begins with {prefix}"


@cache
def _registry() -> dict[str, Any]:
    from stix2.registry import STIX2_OBJ_MAPS

    return dict(STIX2_OBJ_MAPS)


@cache
def _types() -> frozenset[str]:
    return frozenset(name for version in ("2.0", "2.1") for name in _registry()[version]["observables"])


@cache
def _properties(object_type: str) -> frozenset[str]:
    """The properties of a type in 2.0 and 2.1 together; none for an unknown type."""
    found = (_registry()[version]["observables"].get(object_type) for version in ("2.0", "2.1"))
    return frozenset(name for kind in found if kind is not None for name in kind._properties)  # noqa: SLF001  stix2 has no other way to list them


@cache
def _all_properties() -> frozenset[str]:
    return frozenset(name for object_type in _types() for name in _properties(object_type))


@cache
def _extensions() -> dict[str, frozenset[str]]:
    """The predefined extensions, and the properties of each."""
    found: dict[str, frozenset[str]] = {}
    for version in ("2.0", "2.1"):
        for name, kind in _registry()[version]["extensions"].items():
            found[name] = found.get(name, frozenset()) | frozenset(kind._properties)  # noqa: SLF001  as above
    return found
