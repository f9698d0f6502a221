"""Transmission: native queries to sources, rows back."""
