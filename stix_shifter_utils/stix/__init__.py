"""STIX objects without the `stix2` library: ids, valid values and objects, merging, bundles.

How native rows become such objects is the results package's work. Nothing is imported until it is asked for:
searching needs what properties hold, not how objects are merged and written.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stix_shifter_utils.stix.bundle import bundle_of, write_bundle, write_ndjson
    from stix_shifter_utils.stix.canonical import canonical_json, row_key
    from stix_shifter_utils.stix.ids import bundle_id, deterministic_id, own_id
    from stix_shifter_utils.stix.merge import Merger, unite
    from stix_shifter_utils.stix.names import PARTIAL, Version, native_name, native_type, property_name
    from stix_shifter_utils.stix.objects import whole_identity
    from stix_shifter_utils.stix.times import format_time, timestamp

_HOME = {
    "Merger": "merge",
    "PARTIAL": "names",
    "Version": "names",
    "bundle_id": "ids",
    "bundle_of": "bundle",
    "canonical_json": "canonical",
    "deterministic_id": "ids",
    "format_time": "times",
    "native_name": "names",
    "native_type": "names",
    "own_id": "ids",
    "property_name": "names",
    "row_key": "canonical",
    "timestamp": "times",
    "unite": "merge",
    "whole_identity": "objects",
    "write_bundle": "bundle",
    "write_ndjson": "bundle",
}
__all__ = [
    "PARTIAL",
    "Merger",
    "Version",
    "bundle_id",
    "bundle_of",
    "canonical_json",
    "deterministic_id",
    "format_time",
    "native_name",
    "native_type",
    "own_id",
    "property_name",
    "row_key",
    "timestamp",
    "unite",
    "whole_identity",
    "write_bundle",
    "write_ndjson",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return found
