"""Whole objects: what each must have besides valid properties; the identity completed.

Rules of the specifications (and of stix2-validator 3.2.0, where it asks for more). What is missing is filled
where an honest value follows from the rest; else the object becomes a partial one, with all that it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from stix_shifter_utils.errors import ResultsTranslationError
from stix_shifter_utils.stix.names import PARTIAL, Version
from stix_shifter_utils.stix.observable_table import TABLE
from stix_shifter_utils.stix.times import same_width

Object = dict[str, Any]
TypeOf = Callable[[Any], str]
"""From a reference as the object holds it to the type of what it refers to."""

UNKNOWN_TIME: Final = "1970-01-01T00:00:00.000Z"
"""What an identity's `created` becomes when the caller does not say: the same in every run."""

_PROTOCOLS: Final = {"ipv4-addr": "ipv4", "ipv6-addr": "ipv6", "mac-addr": "ethernet"}
_KNOWN_HEADERS: Final = re.compile(
    "^date|received_lines|content_type|from_ref|sender_ref|to_refs|cc_refs|bcc_refs|subject$"
).search

_ANY_OF: Final[Mapping[str, frozenset[str]]] = {
    "file": frozenset({"hashes", "name"}),
    "process": frozenset(TABLE["process"]) - {"created_time"},
    "user-account": frozenset(TABLE["user-account"]) - {"password_last_changed"},
    "windows-registry-key": frozenset({"key", "values", "creator_user_ref", "number_of_subkeys"}),
    "x509-certificate": frozenset(TABLE["x509-certificate"]) - {"extensions"},
    "network-traffic": frozenset({"src_ref", "dst_ref"}),
}
"""Types that must have at least one of some properties."""
_ALL_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(("domain-name", "email-addr", "ipv4-addr", "ipv6-addr", "mac-addr", "url"), "value"),
    "autonomous-system": "number",
    "directory": "path",
    "mutex": "name",
    "software": "name",
}
"""Types that must have a certain property."""
_ALL_OF_20: Final = {"user-account": "user_id", "windows-registry-key": "key"}

_EXTENSION_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(members)
    for table in TABLE.values()
    for name, members in table["extensions"].items()
} | {
    "windows-process-ext": frozenset(TABLE["process"]["extensions"]["windows-process-ext"])
    - {"integrity_level"},
    "windows-pebinary-ext": frozenset(TABLE["file"]["extensions"]["windows-pebinary-ext"]) - {"pe_type"},
    "archive-ext": frozenset({"contains_refs"}),
}  # fmt: skip
_EXTENSION_FILL: Final[Mapping[str, Mapping[str, str]]] = {
    "http-request-ext": {"request_method": "", "request_value": ""},
    "socket-ext": {"address_family": "AF_UNSPEC"},
    "windows-pebinary-ext": {"pe_type": "unknown"},
}
SURE: Final[Mapping[str, str]] = {**_ALL_OF, "user-account": "user_id", "process": "pid"}
"""A property that, where it is present, leaves `settle` nothing to do unless there are extensions."""
SECOND_LOOK: Final = frozenset(
    {"network-traffic", "process", "windows-registry-key", "file", "email-message"}
)
"""Types for which references decide whether they are whole."""


def settle(item: Object, version: Version) -> bool:
    """Make an object whole as far as its own values allow; False when it is then still not valid.

    Types for which references count are looked at again by `settle_references`.
    """
    kind = item["type"]
    rule = _RULES.get(kind)
    if rule is not None:
        rule(item, version)
    elif kind not in TABLE:
        _settle_custom(item, version)
    if "extensions" in item:
        _settle_extensions(item, version)
    needed = _ALL_OF.get(kind) or (_ALL_OF_20.get(kind) if version == "2.0" else None)
    if needed is not None and needed not in item:
        return False
    if kind == "artifact":
        return "payload_bin" in item or ("url" in item and "hashes" in item)
    return kind in SECOND_LOOK or kind not in _ANY_OF or not _ANY_OF[kind].isdisjoint(item)


def settle_references(item: Object, type_of: TypeOf) -> bool:
    """The second look, with references in their places (see `settle`); False when the object is not valid."""
    kind = item["type"]
    if kind not in SECOND_LOOK:
        return True
    archive = item.get("extensions", {}).get("archive-ext")
    if archive is not None and "contains_refs" not in archive:
        item["extensions"]["x-partial-archive-ext"] = item["extensions"].pop("archive-ext")
    if kind == "email-message":
        _settle_parts(item.get("body_multipart", ()))
    elif _ANY_OF[kind].isdisjoint(item):
        return False
    if kind == "network-traffic" and "protocols" not in item:
        families = [type_of(item[end]) for end in ("src_ref", "dst_ref") if end in item]
        item["protocols"] = list(dict.fromkeys(_PROTOCOLS.get(family, "ip") for family in families))
    return True


def _settle_parts(parts: Iterable[Object]) -> None:
    """A part of a message has a body or a reference to one, not both."""
    for part in parts:
        if "body_raw_ref" not in part:
            part.setdefault("body", "")
        elif "body" in part:
            _set_aside(part, "body")


def make_partial(item: Object) -> None:
    """Turn an object that cannot be valid into a partial one, which keeps all its properties.

    A value that was kept beside the property which makes the type (`x_value`) goes back to it.
    """
    kind = item["type"]
    item["partial_type"], item["type"] = kind, PARTIAL
    name = _ALL_OF.get(kind) or _ALL_OF_20.get(kind)
    if name is not None and f"x_{name}" in item:
        item.setdefault(name, item.pop(f"x_{name}"))


def _set_aside(item: Object, name: str) -> None:
    item[f"x_{name}"] = item.pop(name)


def _artifact(item: Object, _version: Version) -> None:
    if "payload_bin" in item and "url" in item:
        _set_aside(item, "url")
    if "decryption_key" in item:
        item.setdefault("encryption_algorithm", "mime-type-indicated")


def _email_message(item: Object, _version: Version) -> None:
    headers = item.get("additional_header_fields")
    if headers is not None and all(map(_KNOWN_HEADERS, headers)):
        _set_aside(item, "additional_header_fields")
    if "body_multipart" in item and "body" in item:
        _set_aside(item, "body")
    if "body_multipart" in item or "body" in item or "is_multipart" not in item:
        item["is_multipart"] = "body_multipart" in item


def _file(item: Object, version: Version) -> None:
    if version == "2.0" and ("encryption_algorithm" in item or "decryption_key" in item):
        item["is_encrypted"] = True


def _network_traffic(item: Object, version: Version) -> None:
    """Flows that ended are not active (2.1 asks to say so), and end after their start."""
    if "end" not in item:
        return
    if item.get("is_active"):
        _set_aside(item, "is_active")
    if "start" in item:
        item["start"], item["end"] = same_width(item["start"], item["end"])
        if item["end"] < item["start"]:
            _set_aside(item, "end")
    if "end" in item and version == "2.1":
        item["is_active"] = False


def _user_account(item: Object, version: Version) -> None:
    login = item.get("account_login") or item.get("display_name")
    if version == "2.0" and "user_id" not in item and login:
        item["user_id"] = login


def _registry_key(item: Object, version: Version) -> None:
    if version == "2.0":
        for value in item.get("values", ()):
            value.setdefault("name", "")


_RULES: Final[Mapping[str, Callable[[Object, Version], None]]] = {
    "artifact": _artifact,
    "email-message": _email_message,
    "file": _file,
    "network-traffic": _network_traffic,
    "user-account": _user_account,
    "windows-registry-key": _registry_key,
}


def _settle_custom(item: Object, version: Version) -> None:
    """Version 2.1's validator takes a custom object that says when it was made for a domain object."""
    made = item.get("created") or item.get("modified")
    if version == "2.0" or made is None:
        return
    item["created"], item["modified"] = made, max(made, item.get("modified", made))
    for name in ("confidence", "labels", "revoked", "external_references", "created_by_ref"):
        if name in item:
            _set_aside(item, name)


def _settle_extensions(item: Object, version: Version) -> None:
    extensions = item["extensions"]
    for name in [name for name in extensions if name in _EXTENSION_NEEDS]:
        part = extensions[name]
        for missing, value in _EXTENSION_FILL.get(name, {}).items():
            part.setdefault(missing, value)
        if name == "windows-service-ext" and version == "2.0":
            part.setdefault("service_name", "")
        for entry in (*part.get("alternate_data_streams", ()), *part.get("sections", ())):
            entry.setdefault("name", "")
        lacks_one = name == "icmp-ext" and len(part.keys() & _EXTENSION_NEEDS[name]) < 2  # noqa: PLR2004  both
        if name != "archive-ext" and (lacks_one or _EXTENSION_NEEDS[name].isdisjoint(part)):
            extensions[f"x-partial-{name}"] = extensions.pop(name)


def whole_identity(identity: Mapping[str, Any], version: Version) -> Object:
    """A copy of the caller's identity with what the specification demands filled in.

    Raises ResultsTranslationError when `id` or `name` is missing or no text.
    """
    for name in ("id", "name"):
        if not isinstance(identity.get(name), str) or not identity[name]:
            msg = f"the identity of the data source has no {name!r}; it needs an id and a name, as text"
            raise ResultsTranslationError(msg)
    made = identity.get("created") or identity.get("modified") or UNKNOWN_TIME
    filled: Object = {"type": "identity", "created": made, "modified": made}
    filled["identity_class"] = "system" if version == "2.1" else "unknown"
    if version == "2.1":
        filled["spec_version"] = version
    known = {name: value for name, value in identity.items() if value is not None}
    return {**known, **{name: value for name, value in filled.items() if name not in known}}
