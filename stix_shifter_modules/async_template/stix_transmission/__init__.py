"""Async Template: queries to the product, rows back."""
