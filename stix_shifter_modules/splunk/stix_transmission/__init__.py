"""Searching Splunk."""
