"""Pages of `docs/` that are made from the code: connectors and query languages. `make pages` writes them."""
