"""Property names that differ between STIX 2.0 and 2.1, so that one map and one pattern serve both versions.

Only names: what values a property may hold in each version is in `stix.observables`; here is what both
directions, the pattern's and the result's, have to agree on.
"""

from __future__ import annotations

from typing import Final, Literal

from stix_shifter_utils.pattern.spellings import RENAMED, RESERVED

Version = Literal["2.0", "2.1"]

_BACK: Final = {kind: {new: old for old, new in names.items()} for kind, names in RENAMED.items()}


def name_in(version: Version, object_type: str, name: str) -> str:
    """The name of a top-level property in a version, whichever version's name is given."""
    table = _BACK if version == "2.0" else RENAMED
    return table.get(object_type, {}).get(name, name)


def names_of(object_type: str, name: str) -> tuple[str, ...]:
    """All spellings of a top-level property, the given one first: `("modified", "mtime")`, `("pid",)`."""
    other = name_in("2.1", object_type, name)
    if other == name:
        other = name_in("2.0", object_type, name)
    return (name,) if other == name else (name, other)


def unreserved(name: str) -> str:
    """The name that the option `reserved_names: rename` gives a property: `action` -> `x_action`."""
    return f"x_{name}" if name in RESERVED else name
