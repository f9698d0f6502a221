"""A connector that runs elsewhere, asked through a proxy host."""
