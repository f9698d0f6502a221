"""Translation: patterns to native queries, native rows to bundles."""
