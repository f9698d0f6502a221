"""Patterns, alerts and incidents."""
