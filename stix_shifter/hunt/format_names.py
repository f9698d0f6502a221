"""The names of what a hunt can write; apart, so that the command line knows them without the writers."""

from __future__ import annotations

from typing import Final, Literal

Format = Literal["bundle", "ndjson", "csv", "parquet", "table"]
FORMATS: Final[tuple[Format, ...]] = ("bundle", "ndjson", "csv", "parquet", "table")
