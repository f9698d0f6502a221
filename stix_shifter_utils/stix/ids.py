"""Ids: deterministic ones as STIX 2.1 §2.9 prescribes, and our own where it leaves them to the producer.

What an id contributes to (merging, references) is in `merge` and in the results package.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from stix_shifter_utils.stix.canonical import canonical_json
from stix_shifter_utils.stix.contributing import CONTRIBUTING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

NAMESPACE: Final = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The specification's namespace, for the ids of cyber observables with contributing properties only."""

_PREFERRED_HASHES: Final = ("MD5", "SHA-1", "SHA-256", "SHA-512")
_FRACTION: Final = re.compile(r"\.([0-9]+)Z$")
_NAMESPACE: Final = NAMESPACE.bytes
_VARIANTS: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
"""From a digit of the digest to the one that tells RFC 9562's variant and keeps two bits."""


def deterministic_id(
    object_type: str,
    properties: Mapping[str, Any],
    contributing: Mapping[str, tuple[str, ...]] = CONTRIBUTING,
) -> str | None:
    """The id of a STIX 2.1 cyber observable, equal to the one that the `stix2` library gives.

    `properties` are plain JSON values as the object holds them, references included. None when the type has
    no contributing properties or none of them is present: such an object needs an id of its own (`own_id`).
    """
    names = contributing.get(object_type)
    if names is None:
        return None
    if len(names) == 1:
        value = properties.get(names[0])
        if type(value) is str:
            return single_id(object_type, names[0])(value)
    data = {name: properties[name] for name in names if name in properties}
    if not data:
        return None
    if "hashes" in data:
        data["hashes"] = one_hash(data["hashes"])
    if "start" in data or "end" in data:
        for name in ("start", "end"):
            if name in data:
                data[name] = trimmed(data[name])
    if "extensions" in data or "number" in data:  # numbers, which orjson spells otherwise than RFC 8785
        return _uuid5(object_type, canonical_json(data).encode())
    return content_id(object_type, data)


def content_id(object_type: str, data: Mapping[str, Any]) -> str:
    """The id that contributing properties make, prepared as `deterministic_id` does: no floats."""
    return _uuid5(object_type, orjson.dumps(data, option=orjson.OPT_SORT_KEYS))


def own_id(object_type: str, source: str, record_key: bytes, name: str) -> str:
    """An id that follows from where an object comes from: the source, the row, the object's name in the map.

    SHA-256, shaped as a UUIDv4: §2.9 keeps its UUIDv5 namespace for contributing properties, and asks for
    version 4 where there are none. The same input gives the same id in every run.
    """
    return own_id_maker(source, object_type, name)(record_key)


@lru_cache(maxsize=4096)
def own_id_maker(source: str, object_type: str, name: str) -> Callable[[bytes], str]:
    """`own_id` as a function of the record key, for one object of many rows."""
    start = f"{source}\0{object_type}\0{name}\0".encode("utf-8", "surrogatepass")

    def make(record_key: bytes) -> str:
        digest = hashlib.sha256(start + record_key).hexdigest()
        return (
            f"{object_type}--{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-"
            f"{_VARIANTS[digest[16]]}{digest[17:20]}-{digest[20:32]}"
        )

    return make


def bundle_id(ids: Iterable[str]) -> str:
    """The id of a bundle, from the ids of its objects in order: the same content is the same bundle."""
    return _shape("bundle", hashlib.sha256("".join(ids).encode()).hexdigest(), "4")


class BundleId:
    """`bundle_id` of objects that come one by one; none of their ids is kept."""

    __slots__ = ("_digest",)

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, ids: bytes) -> None:
        """Take an id, or several, one behind the other."""
        self._digest.update(ids)

    def finish(self) -> str:
        return _shape("bundle", self._digest.hexdigest(), "4")


def is_shared(object_id: str) -> bool:
    """Whether objects of several rows may have this id: it is a UUIDv5, made of the object's own content."""
    return object_id[-22] == "5"


def one_hash(hashes: Mapping[str, str]) -> dict[str, str]:
    """The one hash that contributes: the first of the specification's four, else the first there is."""
    name = next((name for name in _PREFERRED_HASHES if name in hashes), None) or next(iter(hashes))
    return {name: hashes[name]}


def trimmed(text: str) -> str:
    """A timestamp as it contributes to an id."""
    return _FRACTION.sub(_trimmed, text)


def _trimmed(match: re.Match[str]) -> str:
    """A fraction without trailing zeros, as timestamps are compared by `stix2`."""
    digits = match[1][:6].rstrip("0")
    return f".{digits}Z" if digits else "Z"


def _uuid5(object_type: str, data: bytes) -> str:
    digest = hashlib.sha1(_NAMESPACE + data, usedforsecurity=False).hexdigest()
    return _shape(object_type, digest, "5")


@lru_cache(maxsize=256)
def single_id(object_type: str, name: str) -> Callable[[str], str]:
    """`deterministic_id` of the many types that one text makes (addresses, names, paths), as its function."""

    @lru_cache(maxsize=1 << 14)
    def make(value: str) -> str:
        return _uuid5(object_type, orjson.dumps({name: value}))

    return make


def _shape(object_type: str, digest: str, version: str) -> str:
    """A UUID of a version (RFC 9562) from the first 128 bits of a digest in hex."""
    return (
        f"{object_type}--{digest[:8]}-{digest[8:12]}-{version}{digest[13:16]}-"
        f"{_VARIANTS[digest[16]]}{digest[17:20]}-{digest[20:32]}"
    )
