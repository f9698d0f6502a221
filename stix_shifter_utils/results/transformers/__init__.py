"""Transformers: from a native value to the value of a STIX property, by name in a to_stix map."""

from stix_shifter_utils.results.transformers.base import ValueTransformer
from stix_shifter_utils.results.transformers.registry import SHARED, get_module_transformers
from stix_shifter_utils.results.transformers.texts import SeverityToScore
from stix_shifter_utils.results.transformers.times import EpochSecondsToTimestamp, EpochToTimestamp

__all__ = [
    "SHARED",
    "EpochSecondsToTimestamp",
    "EpochToTimestamp",
    "SeverityToScore",
    "ValueTransformer",
    "get_module_transformers",
]
