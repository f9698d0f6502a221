"""What the properties of an object may hold: the words of the table read as kinds, per version.

What an object as a whole must have is in `objects`. Types and properties that the table does not name are
custom: they hold any JSON.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, Literal

from stix_shifter_utils.expressions import expression
from stix_shifter_utils.frozen import changed
from stix_shifter_utils.stix.kinds import (
    ANY,
    HEX_LENGTHS,
    INTEGER,
    TEXT,
    WORDS,
    Kind,
    matching,
    nothing,
    one_of,
    scalar,
    tlsh,
)
from stix_shifter_utils.stix.names import Version, dictionary_key, extension_name, hash_name
from stix_shifter_utils.stix.observable_table import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COMMON: Final = {
    "object_marking_refs": "refs marking-definition", "granular_markings": "refs none", "defanged": "boolean",
    "cpe": "cpe", "lang": "language",
}  # fmt: skip
"""Property names that mean the same on every object."""


@lru_cache(maxsize=256)
def _word(word: str, version: Version) -> Kind:
    """The kind that a word of the table names."""
    known = WORDS.get(f"{word} {version}") or WORDS.get(word)
    if known is not None:
        return known
    first, _, rest = word.partition(" ")
    return _MAKERS[first](rest, version)


def _reference(shape: Literal["ref", "refs"], rest: str, _version: Version) -> Kind:
    return Kind(shape, nothing, "a value where a reference belongs", targets=frozenset(rest.split()))


def _enumeration(rest: str, _version: Version) -> Kind:
    return scalar(partial(one_of, frozenset(rest.split("|"))), f"one of {rest.replace('|', ', ')}")


def _dictionary(version: Version, rest: Kind, members: Mapping[str, Kind] | None = None) -> Kind:
    name_of = partial(dictionary_key, version=version)
    return Kind("struct", nothing, "not an object", members, rest, name_of)


def _exif(_rest: str, version: Version) -> Kind:
    kind = _dictionary(version, WORDS["text_or_integer"])
    return changed(kind, name_of=lambda name: _capital(dictionary_key(name, version)))


def _startup(_rest: str, version: Version) -> Kind:
    """Windows' STARTUPINFO, whose parts are fixed."""
    texts = [
        "lpDesktop",
        "lpTitle",
        "dwFillAttribute",
        "dwFlags",
        "wShowWindow",
        "hStdInput",
        "hStdOutput",
        "hStdError",
    ]
    numbers = ["cb", "dwX", "dwY", "dwXSize", "dwYSize", "dwXCountChars", "dwYCountChars"]
    members = dict.fromkeys(texts, TEXT) | dict.fromkeys(numbers, INTEGER)
    return _dictionary(version, Kind("any", nothing, "no part of STARTUPINFO"), members)


def _capital(name: str) -> str:
    return name if name[0].isupper() and len(name) > 1 else f"X{name}"


def _hashes(_rest: str, version: Version) -> Kind:
    members = {
        name: scalar(
            partial(matching, expression(f"[a-fA-F0-9]{{{length}}}")), f"{length} hexadecimal digits"
        )
        for name, length in HEX_LENGTHS.items()
    }
    fuzzy = scalar(partial(matching, expression("[a-zA-Z0-9/+:.]{1,128}")), "an ssdeep hash")
    members |= {hash_name("SSDEEP", version): fuzzy, "TLSH": scalar(tlsh, "a TLSH hash")}
    return changed(_dictionary(version, TEXT, members), name_of=partial(hash_name, version=version))


_MAKERS: Final[Mapping[str, Callable[[str, Version], Kind]]] = {
    "list": lambda rest, version: changed(_word(rest, version), shape="list"),
    "ref": partial(_reference, "ref"),
    "refs": partial(_reference, "refs"),
    "enum": _enumeration,
    "dict": lambda rest, version: _dictionary(version, _word(rest, version)),
    "hashes": _hashes,
    "request_header": lambda _, version: _dictionary(
        version, TEXT if version == "2.0" else changed(TEXT, shape="list")
    ),
    "exif": _exif,
    "socket_options": lambda _, version: _dictionary(version, INTEGER),
    "startup": _startup,
}


def _build(node: Any, version: Version) -> Kind:
    if isinstance(node, str):
        return _word(node, version)
    if isinstance(node, list):
        return changed(_build(node[0], version), shape="structs")
    members = {name: _build(part, version) for name, part in node.items()}
    return Kind("struct", nothing, "not an object", members, members.pop("*", ANY))


def _extensions(node: Mapping[str, Any], version: Version) -> Kind:
    custom = Kind("struct", nothing, "not an object", None, ANY)
    if version == "2.0":
        custom = changed(custom, name_of=partial(dictionary_key, version=version))
    members = {name: _build(part, version) for name, part in node.items()}
    return Kind("struct", nothing, "not an object", members, custom, partial(extension_name, version=version))


@lru_cache(maxsize=64)
def object_kind(object_type: str, version: Version) -> Kind:
    """The kind of a whole object, a struct of its properties."""
    table = TABLE.get(object_type, {})
    members = {name: _build(part, version) for name, part in table.items() if name != "extensions"}
    for name, word in _COMMON.items():
        members.setdefault(name, _word(word, version))
    if object_type not in TABLE and version == "2.1":
        members |= dict.fromkeys(("created", "modified"), changed(WORDS["millisecond"], spare=True))
    members["extensions"] = _extensions(table.get("extensions", {}), version)
    return Kind("struct", nothing, "not an object", members, ANY)


def typed_by_name(name: str, kind: Kind, version: Version) -> Kind:
    """The kind of a custom property whose name ends in `_bin` or `_hex`, which schemas give a meaning to."""
    if kind is not ANY:
        return kind
    if name.endswith("_bin"):
        return WORDS["binary"]
    return WORDS["hex"] if name.endswith("_hex") and version == "2.1" else kind
