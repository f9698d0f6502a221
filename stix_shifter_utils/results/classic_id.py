"""Ids of STIX 2.1 objects as earlier releases made them. Our own are in `stix.ids`."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.stix.classic_ids import properties

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMESPACE: Final = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7").bytes
_NAMES: Final = {
    kind: tuple(name for name in names if name != "hashes" and "_ref" not in name)
    for kind, names in properties.items()
}
"""What an id is made of: the contributing properties, without hashes and references."""
_JSON: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
_VARIANTS: Final = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
"""From a digit to the one that tells RFC 9562's variant and keeps two bits."""


def classic_id(item: Mapping[str, Any]) -> str:
    """The id of an object: of its contributing properties, or random where it has none."""
    kind = item["type"]
    names = _NAMES.get(kind, ())
    values = {name: item[name] for name in names if name in item}
    if not values:
        return f"{kind}--{random_uuid()}"
    digest = hashlib.sha1(_NAMESPACE + _text(names, values).encode(), usedforsecurity=False).hexdigest()
    return f"{kind}--{_uuid(digest, '5')}"


def _text(names: tuple[str, ...], values: dict[str, Any]) -> str:
    """The properties as JSON, sorted."""
    if len(names) == 1 and values[names[0]].__class__ is str:
        return f'{{"{names[0]}":{_JSON.encode(values[names[0]])}}}'
    return _JSON.encode(values)


def random_uuid() -> str:
    """The text of a random UUID, version 4."""
    return _uuid(os.urandom(16).hex(), "4")


def _uuid(digits: str, version: str) -> str:
    variant = _VARIANTS[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-{version}{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
