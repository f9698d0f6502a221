"""Patterns and rows, translated at the proxy host."""
