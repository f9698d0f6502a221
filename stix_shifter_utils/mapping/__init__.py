"""Mapping files: loading, validating, and the index from object paths to native fields.

Neither queries nor results are made here. Overlays are imported when they are asked for: few have any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.mapping.checks import Check, check_of
from stix_shifter_utils.mapping.fields import NativeFields
from stix_shifter_utils.mapping.index import FieldBinding, FieldIndex
from stix_shifter_utils.mapping.kinds import FieldKind, Kind, field_kind
from stix_shifter_utils.mapping.leaves import Leaf, leaves
from stix_shifter_utils.mapping.load import DialectMapping, list_dialects, load_file, load_mappings
from stix_shifter_utils.mapping.properties import Cleaning, Property, property_of
from stix_shifter_utils.mapping.relation import Relation

if TYPE_CHECKING:
    from stix_shifter_utils.mapping.overlays import Overlay, inline_overlays, read_overlays

__all__ = [
    "Check",
    "Cleaning",
    "DialectMapping",
    "FieldBinding",
    "FieldIndex",
    "FieldKind",
    "Kind",
    "Leaf",
    "NativeFields",
    "Overlay",
    "Property",
    "Relation",
    "check_of",
    "field_kind",
    "inline_overlays",
    "leaves",
    "list_dialects",
    "load_file",
    "load_mappings",
    "property_of",
    "read_overlays",
]


def __getattr__(name: str) -> Any:
    if name not in {"Overlay", "inline_overlays", "read_overlays"}:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from stix_shifter_utils.mapping import overlays

    return getattr(overlays, name)
