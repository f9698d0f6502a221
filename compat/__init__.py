"""Compares this core with the published one, on published connector wheels: `make compat`."""
