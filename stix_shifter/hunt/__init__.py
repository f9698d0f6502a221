"""Hunting: one STIX pattern asked of many sources at once."""
