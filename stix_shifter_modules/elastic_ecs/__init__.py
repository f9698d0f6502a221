"""Elasticsearch and OpenSearch with Elastic Common Schema fields."""
