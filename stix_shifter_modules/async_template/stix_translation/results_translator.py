"""Async Template rows to STIX, by `json/to_stix_map.json`."""

from stix_shifter_utils.connector import JSONToStix


class ResultsTranslator(JSONToStix):
    """The map says it all. Rows that need more are changed before, in `get_search_results`."""
