"""Patterns and rows of PostgreSQL."""
