"""Elastic ECS: patterns to queries, documents to STIX."""
