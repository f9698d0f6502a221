"""Searching STIX bundles."""
