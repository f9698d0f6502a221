"""Names that STIX allows: property names, object types, extension and hash names made legal.

Which name a property has in which version is `mapping.versions`' matter.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

from stix_shifter_utils.expressions import expression

Version = Literal["2.0", "2.1"]

PARTIAL: Final = "x-stix-shifter-partial"
"""The type of an object that lacks what its standard type demands; `partial_type` names that (ADR 0004)."""

_LEGAL_PROPERTY: Final = re.compile(r"[a-z][a-z0-9_]{2,249}").fullmatch
_LEGAL_TYPE: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*").fullmatch
_NOT_PROPERTY: Final = expression(r"[^a-z0-9_]+")
_NOT_TYPE: Final = expression(r"[^a-z0-9]+")
_NOT_KEY: Final = expression(r"[^A-Za-z0-9_-]+")
_LONGEST: Final = 250
_TYPED_ENDINGS: Final = ("_ref", "_refs", "_bin", "_hex")

COMMON: Final = frozenset({
    *("id", "type", "spec_version", "created", "modified", "created_by_ref", "revoked", "labels"),
    *("confidence", "lang", "external_references", "object_marking_refs", "granular_markings", "defanged"),
    *("extensions", "cpe", "severity", "action", "username", "phone_numbers", "partial_type"),
})  # fmt: skip
"""Property names that mean something on every object, or are reserved: no native field takes one unasked."""

_VALIDATOR_WORDS: Final = expression(
    "directory|file|mutex|process|software|user-account|windows-registry-key|x509-certificate|autonomous-system"
    "|domain-name|email-addr|email-message|ipv4-addr|ipv6-addr|mac-addr|network-traffic|url$"
)
"""Parts of a custom type's name for which stix2-validator 3.2.0 refuses a STIX 2.0 object."""

_HASHES_21: Final = ("MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256", "SHA3-512", "SSDEEP", "TLSH")
_HASHES_20: Final = (
    *("MD5", "MD6", "RIPEMD-160", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"),
    *("SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512", "ssdeep", "WHIRLPOOL"),
)
_HASH_NAMES: Final = {
    version: {re.sub("[-_]", "", name).upper(): name for name in names}
    for version, names in (("2.0", (*_HASHES_21, *_HASHES_20)), ("2.1", (*_HASHES_20, *_HASHES_21)))
}


@lru_cache(maxsize=4096)
def property_name(name: str) -> str:
    """A legal property name: lower case, `[a-z0-9_]`, 3 to 250 characters, a letter first.

    A legal name stays as it is; one that is too short or starts otherwise gets `x_` in front.
    """
    if _LEGAL_PROPERTY(name):
        return name
    name = _NOT_PROPERTY.sub("_", name.lower())
    return _whole(name if _LEGAL_PROPERTY(name) else f"x_{name}"[:_LONGEST])


@lru_cache(maxsize=4096)
def native_name(name: str) -> str:
    """The property name of an unmapped native field: legal, and without a meaning that STIX gives it."""
    name = property_name(name)
    if name in COMMON:
        return f"x_{name}"
    return f"{name[: _LONGEST - 6]}_value" if name.endswith(_TYPED_ENDINGS) else name


def _whole(name: str) -> str:
    return f"{name:_<3}"


def object_type(name: str) -> str:
    """A legal object type: `[a-z0-9-]`, a letter first, 3 to 250 characters."""
    if _LEGAL_TYPE(name) and 2 < len(name) <= _LONGEST:  # noqa: PLR2004  the specification's limit
        return name
    name = _NOT_TYPE.sub("-", name.lower()).strip("-") or "object"
    return name[:_LONGEST].rstrip("-") if _LEGAL_TYPE(name) and len(name) > 2 else object_type(f"x-{name}")  # noqa: PLR2004


def native_type(identity_name: str, version: Version) -> str:
    """The type of the object that holds a source's unmapped fields: `x-` and the name of its identity."""
    name = object_type(f"x-{_NOT_TYPE.sub('-', identity_name.lower()).strip('-') or 'native'}")
    return "x-native-record" if version == "2.0" and _VALIDATOR_WORDS.search(name) else name


def extension_name(name: str, version: Version) -> str:
    """A legal key of `extensions`. Version 2.1 asks for an ending `-ext`, or an extension-definition's id."""
    if name.startswith("extension-definition--"):
        return name
    if version == "2.0":
        return dictionary_key(name, version)
    name = object_type(name)
    return name if name.endswith("-ext") else f"{name}-ext"


@lru_cache(maxsize=4096)
def dictionary_key(name: str, version: Version) -> str:
    """A legal dictionary key: `[A-Za-z0-9_-]`, up to 250 characters, at least 3 in version 2.0."""
    name = _NOT_KEY.sub("_", name)[:_LONGEST] or "_"
    return f"{name:_<3}" if version == "2.0" else name


@lru_cache(maxsize=1024)
def hash_name(name: str, version: Version) -> str:
    """The version's spelling of a hash algorithm (`sha256` -> `SHA-256`); an unknown name is made legal."""
    known = _HASH_NAMES[version].get(re.sub("[-_]", "", name).upper())
    return known or f"{dictionary_key(name, version):_<3}"
