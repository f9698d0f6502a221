"""Values that results put where the source has none: defaults, copies, and what is set aside.

The rules are in `stix.objects`; here they say which other native fields stand behind such a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stix_shifter_utils.frozen import frozen
from stix_shifter_utils.mapping.properties import is_standard

if TYPE_CHECKING:
    from collections.abc import Mapping

Names = tuple[str, ...]
Constant = str | bool


@frozen
class Fill:
    """Constants that a property gets where it has no value, once any property below `triggers` is there."""

    constants: tuple[Constant, ...]
    triggers: tuple[Names, ...]


def _part(*names: str, constant: Constant = "") -> tuple[Names, Fill]:
    return names, Fill((constant,), (names[:-1],))


FILLS: Final[Mapping[str, Mapping[Names, Fill]]] = {
    "network-traffic": {
        ("protocols",): Fill(("ipv4", "ipv6", "ethernet", "ip"), (("src_ref",), ("dst_ref",))),
        ("is_active",): Fill((False,), (("end",),)),
        **dict(
            [
                _part("extensions", "http-request-ext", "request_method"),
                _part("extensions", "http-request-ext", "request_value"),
                _part("extensions", "socket-ext", "address_family", constant="AF_UNSPEC"),
            ]
        ),
    },
    "email-message": {
        ("is_multipart",): Fill((True, False), ((),)),
        **dict([_part("body_multipart", "body")]),
    },
    "artifact": {("encryption_algorithm",): Fill(("mime-type-indicated",), (("decryption_key",),))},
    "file": {
        ("is_encrypted",): Fill((True,), (("encryption_algorithm",), ("decryption_key",))),
        **dict(
            [
                _part("extensions", "windows-pebinary-ext", "pe_type", constant="unknown"),
                _part("extensions", "windows-pebinary-ext", "sections", "name"),
                _part("extensions", "ntfs-ext", "alternate_data_streams", "name"),
            ]
        ),
    },
    "process": dict([_part("extensions", "windows-service-ext", "service_name")]),
    "windows-registry-key": dict([_part("values", "name")]),
}
"""Object type -> property -> the fill."""

_COPIES: Final[Mapping[str, Mapping[Names, tuple[Names, ...]]]] = {
    "user-account": {("user_id",): (("account_login",), ("display_name",))}
}
_PARTIAL_EXTENSION: Final = "x-partial-"
_MADE: Final[Mapping[Names, tuple[Names, ...]]] = {
    ("created",): (("modified",),),
    ("modified",): (("created",),),
}


def copied_from(object_type: str, names: Names) -> tuple[Names, ...]:
    """Other properties of the object whose value this one can take over."""
    if not is_standard(object_type):
        return _MADE.get(names, ())
    return _COPIES.get(object_type, {}).get(names, ())


_GIVES_WAY: Final[Mapping[str, frozenset[Names]]] = {
    "artifact": frozenset({("url",)}),
    "email-message": frozenset({("body",), ("additional_header_fields",), ("body_multipart", "body")}),
    "network-traffic": frozenset({("is_active",), ("end",)}),
}
_CUSTOM_GIVES_WAY: Final = frozenset(
    {"confidence", "labels", "revoked", "external_references", "created_by_ref"}
)


def gives_way(object_type: str, names: Names) -> bool:
    """Whether other properties of the object can make results set this one aside."""
    if not is_standard(object_type):
        return names[0] in _CUSTOM_GIVES_WAY
    return any(names[: len(one)] == one for one in _GIVES_WAY.get(object_type, ()))


def without_partial_extension(names: Names) -> Names | None:
    """The names as the map has them, of an extension that results rename because it is not whole."""
    if len(names) < 2 or names[0] != "extensions" or not names[1].startswith(_PARTIAL_EXTENSION):  # noqa: PLR2004
        return None
    return (names[0], names[1].removeprefix(_PARTIAL_EXTENSION), *names[2:])


def set_aside_from(names: Names) -> Names | None:
    """The property whose unfit value may stand under these names: `x_value` has that of `value`."""
    first = names[0].removeprefix("x_")
    return None if first == names[0] or not first else (first, *names[1:])
