"""Deletes a search. By `APIClient.delete_search`."""

from stix_shifter_utils.connector import BaseDeleteConnector


class DeleteConnector(BaseDeleteConnector):
    """Nothing differs from the base."""
