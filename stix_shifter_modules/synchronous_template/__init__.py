"""Synchronous Template: a connector to copy."""
