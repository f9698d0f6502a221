"""Transformers of the mapping packs, beside the shared ones."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.results import ValueTransformer
from stix_shifter_utils.results.transformers import EpochToTimestamp

_SECONDS, _MILLISECONDS, _MICROSECONDS = 1e11, 1e14, 1e17
"""A count since 1970 that is smaller is of seconds, milliseconds, microseconds; else of nanoseconds."""


class ToMoment(ValueTransformer):
    """A timestamp from ISO 8601 text, or from (milli-, micro-, nano-) seconds since 1970."""

    relation: ClassVar = Relation.TIMESTAMP

    @staticmethod
    def transform(obj: Any) -> Any:
        if isinstance(obj, bool) or not isinstance(obj, (int, float)) or not math.isfinite(obj):
            return obj
        size = abs(obj)
        if size < _SECONDS:
            return EpochToTimestamp.transform(obj * 1000)
        if size < _MILLISECONDS:
            return EpochToTimestamp.transform(obj)
        return EpochToTimestamp.transform(obj / (1e3 if size < _MICROSECONDS else 1e6))


class ToLowercase(ValueTransformer):
    """Text in lower case."""

    relation: ClassVar = Relation.LOWERCASE

    @staticmethod
    def transform(obj: Any) -> Any:
        return obj.lower() if isinstance(obj, str) else None
