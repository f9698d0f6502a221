"""Patterns to DuckDB queries over log files, one dialect per mapping pack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_modules.local_files.stix_translation.query_constructor import QueryConstructor
from stix_shifter_utils.connector import BaseQueryTranslator

if TYPE_CHECKING:
    from pathlib import Path


class QueryTranslator(BaseQueryTranslator):
    """Without a window in the pattern all time is searched, for files hold the past."""

    compiler = QueryConstructor

    def __init__(self, options: dict[str, Any], dialect: str, basepath: str | Path | None) -> None:
        super().__init__({"time_range": None, **options}, dialect, basepath)
