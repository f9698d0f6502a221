"""Starts a search. By `APIClient.create_search`."""

from stix_shifter_utils.connector import BaseQueryConnector


class QueryConnector(BaseQueryConnector):
    """Nothing differs from the base."""
