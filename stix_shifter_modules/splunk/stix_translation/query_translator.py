"""Patterns to Splunk searches: the SPL family's, over the indexes that the option `index` names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector import BaseQueryTranslator
from stix_shifter_utils.query import SplCompiler

if TYPE_CHECKING:
    from pathlib import Path


class QueryTranslator(BaseQueryTranslator):
    """One `search`."""

    compiler = SplCompiler

    def __init__(self, options: dict[str, Any], dialect: str, basepath: str | Path | None) -> None:
        super().__init__({**options, "table": options.get("index")}, dialect, basepath)
