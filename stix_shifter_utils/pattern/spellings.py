"""Names of one property in different data: STIX 2.0 and 2.1, reserved names renamed, hash names respelled.

A pattern says one of the names; the matcher takes the other name only where the one asked for is absent.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

RENAMED: Final = MappingProxyType({
    "directory": {"created": "ctime", "modified": "mtime", "accessed": "atime"},
    "file": {"created": "ctime", "modified": "mtime", "accessed": "atime"},
    "process": {"created": "created_time", "binary_ref": "image_ref"},
    "user-account": {"password_last_changed": "credential_last_changed"},
    "windows-registry-key": {"modified": "modified_time"},
})  # fmt: skip
"""Object type -> name in STIX 2.0 -> name in STIX 2.1."""

RESERVED: Final = frozenset({"severity", "action", "username", "phone_numbers"})
"""Names that STIX 2.1 keeps for later use (§3.8); `reserved_names: rename` puts `x_` before them."""

_OTHER: Final = {
    kind: {**names, **{new: old for old, new in names.items()}} for kind, names in RENAMED.items()
}
_RESERVED_OTHER: Final = {
    **{name: f"x_{name}" for name in RESERVED},
    **{f"x_{name}": name for name in RESERVED},
}

AMBIGUOUS: Final = frozenset(_RESERVED_OTHER) | {name for names in _OTHER.values() for name in names}
"""Every name that may have another: for all others one look is enough."""


def other_name(object_type: Any, name: str) -> str | None:
    """The other spelling of a top-level property of an object of that type, if there is one."""
    renamed = _OTHER.get(object_type) if isinstance(object_type, str) else None
    return (renamed.get(name) if renamed else None) or _RESERVED_OTHER.get(name)


def top_value(holder: Mapping[str, Any], name: str) -> Any:
    """A top-level property under either of its names; `None` when it has neither."""
    value = holder.get(name)
    if value is None and name in AMBIGUOUS:
        other = other_name(holder.get("type"), name)
        return holder.get(other) if other else None
    return value


def hash_value(hashes: Mapping[str, Any], name: str) -> Any:
    """A hash by its algorithm's name, however the data write it (`sha256`, `SHA-256`); `None` without one."""
    value = hashes.get(name)
    if value is not None:
        return value
    plain = _plain(name)
    return next((found for key, found in hashes.items() if _plain(str(key)) == plain), None)


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").upper()
