"""Searching QRadar."""
