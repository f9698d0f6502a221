"""Searching a workspace."""
