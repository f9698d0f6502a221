"""One file for each family of query languages, and for each member that differs."""
