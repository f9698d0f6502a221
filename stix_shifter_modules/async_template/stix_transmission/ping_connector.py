"""Asks the product whether it is there. By `APIClient.ping_data_source`."""

from stix_shifter_utils.connector import BasePingConnector


class PingConnector(BasePingConnector):
    """Nothing differs from the base."""
