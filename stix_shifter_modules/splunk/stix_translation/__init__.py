"""Patterns and events of Splunk."""
