"""Fetches rows. By `APIClient.get_search_results`."""

from stix_shifter_utils.connector import BaseJsonResultsConnector


class ResultsConnector(BaseJsonResultsConnector):
    """Nothing differs from the base."""
