"""Patterns and rows of a workspace's tables."""
