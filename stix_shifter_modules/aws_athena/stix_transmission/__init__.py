"""Searching Amazon Athena."""
