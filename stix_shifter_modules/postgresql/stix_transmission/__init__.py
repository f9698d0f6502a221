"""Searching PostgreSQL."""
