"""Values that Synchronous Template writes in a way of its own. The shared transformers do the rest."""

from stix_shifter_utils.results import transformers


class SeverityToScore(transformers.SeverityToScore):
    """A word for a severity as a number from 0 to 100, on the scale of this product."""

    SCORES = {"low": 25, "medium": 50, "high": 75, "critical": 100}
