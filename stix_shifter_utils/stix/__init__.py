"""STIX objects without the `stix2` library: ids, valid values and objects, merging, bundles.

How native rows become such objects is the results package's work.
"""

from stix_shifter_utils.stix.bundle import bundle_of, write_bundle, write_ndjson
from stix_shifter_utils.stix.canonical import canonical_json, row_key
from stix_shifter_utils.stix.ids import bundle_id, deterministic_id, own_id
from stix_shifter_utils.stix.merge import Merger, unite
from stix_shifter_utils.stix.names import PARTIAL, Version, native_name, native_type, property_name
from stix_shifter_utils.stix.objects import whole_identity
from stix_shifter_utils.stix.times import format_time, timestamp

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
