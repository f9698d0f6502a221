"""Searches through the proxy host."""
