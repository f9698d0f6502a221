"""Values that documents spell in ways of their own. The shared transformers do the rest."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.results import ValueTransformer
from stix_shifter_utils.results.transformers import EpochToTimestamp

_ZONED = re.compile(r".*(?:[Zz]|[+-]\d\d:?\d\d)")


class DateToTimestamp(ValueTransformer):
    """A `date` as the default format takes it: ISO 8601, UTC without a zone, or milliseconds since 1970."""

    relation: ClassVar = Relation.TIMESTAMP

    @staticmethod
    def transform(obj: Any) -> Any:
        if not isinstance(obj, str):
            return EpochToTimestamp.transform(obj)
        day = obj if "T" in obj else f"{obj}T00:00:00"
        return obj if "T" in obj and _ZONED.fullmatch(obj) else f"{day}Z"
