r"""Keys of a to_stix map: `file.hashes.SHA-256` as object type and steps, made legal for a version.

A dot inside a name is written `\.`, or the name stands in single quotes, as in a pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.mapping.versions import name_in, unreserved
from stix_shifter_utils.stix import property_name
from stix_shifter_utils.stix.names import object_type
from stix_shifter_utils.stix.observable_table import TABLE
from stix_shifter_utils.stix.observables import object_kind, typed_by_name

if TYPE_CHECKING:
    from stix_shifter_utils.stix import Version
    from stix_shifter_utils.stix.kinds import Kind

_PART: Final = re.compile(r"'((?:[^'\\]|\\.)*)'|((?:\\\.|[^.'\[\]])+)")
_SEPARATOR: Final = re.compile(r"(?:\[(?:\*|[0-9]+)\])?(?:\.|$)")


@dataclass(frozen=True, slots=True)
class Key:
    """Where a value goes: steps from the object, the kind at each, the last one the value's own.

    `object_type` is empty for a property of the observed-data itself.
    """

    object_type: str
    steps: tuple[str, ...]
    kinds: tuple[Kind, ...]

    @property
    def kind(self) -> Kind:
        return self.kinds[-1]


def split_key(key: str) -> list[str]:
    """The names in a key. Raises ValueError for empty names and stray quotes or brackets."""
    names: list[str] = []
    at = 0
    while at < len(key) or not names:
        part = _PART.match(key, at)
        separator = part and _SEPARATOR.match(key, part.end())
        if part is None or separator is None or (separator.end() == len(key) and key.endswith(".")):
            msg = f"the key {key!r} is not names with dots between"
            raise ValueError(msg)
        quoted, bare = part.groups()
        names.append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare.replace("\\.", "."))
        at = separator.end()
    return names


@lru_cache(maxsize=4096)
def read_key(key: str, version: Version, *, rename_reserved: bool) -> Key:
    """A key as the version spells it: renamed, made legal, its kinds looked up. Raises ValueError."""
    kind_name, *names = split_key(key)
    if not names:
        return Key("", (kind_name,), ())
    legal_type = object_type(kind_name)
    top = property_name(name_in(version, legal_type, names[0]))
    if version == "2.1" and (rename_reserved or legal_type in TABLE):
        top = unreserved(top)
    if top in {"id", "type", "spec_version", "partial_type"}:
        top = f"x_{top}"
    steps, kinds = [], []
    kind = object_kind(legal_type, version)
    for name in (top, *names[1:]):
        legal, kind = kind.member(name)
        kind = typed_by_name(legal, kind, version)
        steps.append(legal)
        kinds.append(kind)
    return Key(legal_type, tuple(steps), tuple(kinds))
