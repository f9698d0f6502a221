"""Values that Splunk's add-ons write in a way of their own. The shared transformers do the rest."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from stix_shifter_utils.errors import TransformError
from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.results import ValueTransformer


class _HashIn(ValueTransformer):
    """A hash of one length in a text such as `MD5=…,SHA256=…`, in lower case; None where there is none."""

    relation: ClassVar = Relation.DOMAIN_OF_URL  # a part of the native text, in lower case
    letters: ClassVar = 0

    @classmethod
    def transform(cls, obj: Any) -> str | None:
        found = re.search(rf"(?<![0-9A-Fa-f])[0-9A-Fa-f]{{{cls.letters}}}(?![0-9A-Fa-f])", str(obj))
        return found[0].lower() if found else None


class Md5In(_HashIn):
    """The MD5."""

    letters: ClassVar = 32


class Sha1In(_HashIn):
    """The SHA-1."""

    letters: ClassVar = 40


class Sha256In(_HashIn):
    """The SHA-256."""

    letters: ClassVar = 64


class SeverityToScore(ValueTransformer):
    """A word for a severity, as the Alerts data model has them, as a number from 0 to 100."""

    SCORES: ClassVar = {"critical": 100, "high": 80, "medium": 60, "low": 40, "informational": 20}

    @staticmethod
    def transform(obj: Any) -> int:
        score = SeverityToScore.SCORES.get(str(obj).lower())
        if score is None:
            message = "the severity is none of critical, high, medium, low and informational"
            raise TransformError(message)
        return score
