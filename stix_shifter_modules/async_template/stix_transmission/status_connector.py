"""Asks how far a search is. By `APIClient.get_search_status`."""

from stix_shifter_utils.connector import BaseStatusConnector


class StatusConnector(BaseStatusConnector):
    """Nothing differs from the base."""
