"""Async Template: patterns to queries, rows to STIX."""
