"""Patterns and rows of advanced hunting."""
