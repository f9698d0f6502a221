"""Async Template: a connector to copy."""
