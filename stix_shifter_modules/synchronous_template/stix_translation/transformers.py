"""Values that Synchronous Template writes in a way of its own. The shared transformers do the rest."""

from __future__ import annotations

from stix_shifter_utils.errors import TransformError
from stix_shifter_utils.results import ValueTransformer


class SeverityToScore(ValueTransformer):
    """A word for a severity, as a number from 0 to 100."""

    SCORES = {"low": 25, "medium": 50, "high": 75, "critical": 100}

    @staticmethod
    def transform(obj: object) -> int:
        score = SeverityToScore.SCORES.get(str(obj).lower())
        if score is None:
            message = "the severity is not low, medium, high or critical"
            raise TransformError(message)
        return score
