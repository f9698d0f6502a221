"""Strict readers and evaluators of query languages for fake products, written from vendors' documentation."""
