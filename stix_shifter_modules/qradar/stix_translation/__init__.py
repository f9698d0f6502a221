"""Patterns, events and flows of QRadar."""
