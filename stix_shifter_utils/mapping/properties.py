"""What results make of a value on its way into a property: the same rules, seen from the searching side.

The rules themselves are in the `stix` package; here each property of a path is put in one of few classes,
so that searching knows which native values can become a STIX value.
"""

from __future__ import annotations

import enum
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.frozen import frozen
from stix_shifter_utils.mapping.versions import name_in
from stix_shifter_utils.pattern import ObjectPath, make_path
from stix_shifter_utils.stix.kinds import WORDS, Kind, matching, one_of
from stix_shifter_utils.stix.names import PARTIAL, object_type, property_name
from stix_shifter_utils.stix.objects import settle, settle_references
from stix_shifter_utils.stix.observable_table import TABLE
from stix_shifter_utils.stix.observables import object_kind, typed_by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stix_shifter_utils.mapping.versions import Version


class Cleaning(enum.Enum):
    """What becomes of a value."""

    __hash__ = object.__hash__  # members are single: hashing them need not leave C

    AS_IS = "as it is"
    """Any JSON value, unchanged."""

    TEXT = "text"
    """Text unchanged; numbers and booleans as JSON spells them."""

    VALID = "valid"
    """Text unchanged, if it is valid; nothing else."""

    RESPELLED = "respelled"
    """Valid text, in one of its spellings: MAC addresses, domain names, registry keys, IPv6 addresses."""

    WHOLE = "whole"
    """Whole numbers within bounds, also from the text that spells them."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    """Booleans, also from 1 and 0 and from words."""

    INSTANT = "instant"
    """Timestamps, from any spelling of a time."""

    OTHER = "other"
    """Something else: nothing is known of the native value."""


@frozen
class Property:
    """A property that a map feeds.

    `clean` gives the value that the property holds, or None. `low` and `high` bound whole numbers.
    `is_list`: the property, or one above it, is a list. `takes_lists`: it can hold a list of values itself.
    `splits`: a list of values becomes a list of objects. `stands`: an object with this property alone is
    whole, so that it keeps its type. `unit_us`: times are cut to this many microseconds.
    """

    path: ObjectPath
    cleaning: Cleaning
    clean: Callable[[Any], Any]
    low: int | None = None
    high: int | None = None
    is_list: bool = False
    takes_lists: bool = False
    splits: bool = False
    stands: bool = True
    unit_us: int = 1


_WORDS: Final = {
    **dict.fromkeys(("any",), Cleaning.AS_IS),
    **dict.fromkeys(("text",), Cleaning.TEXT),
    **dict.fromkeys(("integer", "count", "port"), Cleaning.WHOLE),
    "number": Cleaning.NUMBER,
    "boolean": Cleaning.BOOLEAN,
    **dict.fromkeys(("timestamp", "millisecond", "second"), Cleaning.INSTANT),
    **dict.fromkeys(("binary", "ipv4", "ipv4 2.1", "email", "url", "cpe", "media_type"), Cleaning.VALID),
    **dict.fromkeys(("ipv6", "ipv6 2.1", "domain", "mac", "registry_key"), Cleaning.RESPELLED),
}
_CLEANINGS: Final = {WORDS[word].clean: cleaning for word, cleaning in _WORDS.items()}
_UNITS: Final = {WORDS["millisecond"].clean: 1_000, WORDS["second"].clean: 1_000_000}
_BOUNDS: Final = {"port": (0, 65535), "count": (0, (1 << 63) - 1)}
_BOUNDS_OF: Final = {WORDS[word].clean: bounds for word, bounds in _BOUNDS.items()}


@lru_cache(maxsize=4096)
def property_of(path: ObjectPath, version: Version = "2.1") -> Property:
    """The property that a map's key names, under the path by which results show it."""
    kind_name = object_type(path.object_type)
    names = [step for step in path.steps if isinstance(step, str)]
    kind, kinds, steps = object_kind(kind_name, version), [], []
    for place, name in enumerate(names):
        legal, kind = kind.member(name if place else property_name(name))
        kind = typed_by_name(legal, kind, version)
        steps.append(legal)
        kinds.append(kind)
    shown = make_path(kind_name, ".".join(f"'{_quoted(step)}'" for step in steps))
    low, high = _BOUNDS_OF.get(kind.clean, (None, None))
    return Property(
        path=shown,
        cleaning=_cleaning(kind),
        clean=kind.clean,
        low=low,
        high=high,
        is_list=any(each.is_list for each in kinds),
        takes_lists=kind.is_list or kind.shape == "any",
        splits=kind.is_identity,
        stands=_stands(kind_name, (name_in(version, kind_name, steps[0]), *steps[1:]), tuple(kinds), version),
        unit_us=_UNITS.get(kind.clean, 1),
    )


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace("'", "\\'")


def _cleaning(kind: Kind) -> Cleaning:
    if kind.shape in {"ref", "refs", "struct", "structs"}:
        return Cleaning.OTHER
    if isinstance(kind.clean, partial) and kind.clean.func in {one_of, matching}:
        return Cleaning.VALID
    return _CLEANINGS.get(kind.clean, Cleaning.OTHER)


def _stands(kind_name: str, steps: Sequence[str], kinds: Sequence[Kind], version: Version) -> bool:
    """Whether an object with one property is whole, asked of the rules themselves with a made-up object."""
    if kind_name not in TABLE:
        return True
    item: dict[str, Any] = {"type": kind_name}
    holder: Any = item
    for step, kind in zip(steps[:-1], kinds[:-1], strict=True):
        inner: dict[str, Any] = {}
        holder[step] = [inner] if kind.is_list else inner
        holder = inner
    value: Any = 1 if _cleaning(kinds[-1]) is Cleaning.WHOLE else "x"
    if kinds[-1].shape in {"struct", "structs"}:
        value = {}
    holder[steps[-1]] = [value] if kinds[-1].is_list else value
    if not settle(item, version) or not settle_references(item, lambda target: kind_name):
        return False
    found: Any = item
    for step in steps:
        found = found[0] if isinstance(found, list) else found
        if not isinstance(found, dict) or step not in found:
            return False
        found = found[step]
    return True


def is_partial(name: str) -> bool:
    """Whether an object type is that of objects which lack what their own type demands."""
    return name == PARTIAL


def is_standard(name: str) -> bool:
    """Whether an object type is one of the specification's observables."""
    return name in TABLE
