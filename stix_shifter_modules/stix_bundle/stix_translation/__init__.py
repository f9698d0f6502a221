"""Patterns and rows of STIX bundles."""
