"""Searching by advanced hunting."""
