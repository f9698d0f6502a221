"""Patterns to conditions for Amazon Athena, and its rows to STIX."""
