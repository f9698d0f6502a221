"""Elastic ECS: searching by point in time."""
