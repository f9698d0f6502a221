"""Nothing to delete: the product keeps no searches."""

from stix_shifter_utils.connector import BaseDeleteConnector


class DeleteConnector(BaseDeleteConnector):
    """Nothing differs from the base."""
