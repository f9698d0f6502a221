"""Queries over log files: DuckDB's SQL, with nested names as names of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter_utils.query import DuckDbCompiler

if TYPE_CHECKING:
    from stix_shifter_utils.mapping import FieldBinding


class QueryConstructor(DuckDbCompiler):
    """The views of the transmission side have one column per field, called by its path within the pack."""

    dialect = "DuckDB over files"

    def column(self, binding: FieldBinding) -> str | None:
        return self.quote(".".join(binding.path[1:]))
