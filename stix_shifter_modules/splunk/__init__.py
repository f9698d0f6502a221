"""Splunk as a data source."""
