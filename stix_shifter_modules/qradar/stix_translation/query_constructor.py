"""AQL for QRadar: the columns of its saved lists, which are expressions with names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from stix_shifter_utils.query import AqlCompiler, named_columns

LISTS = Path(__file__).with_name("json") / "columns"


def saved(dialect: str) -> list[str]:
    """The list of columns that is shipped for a dialect, such as `QIDNAME(qid) AS qidname`."""
    found: list[str] = json.loads((LISTS / f"aql_{dialect}_fields.json").read_bytes())["default"]
    return found


class QueryConstructor(AqlCompiler):
    """What results call `qidname` is asked for as `QIDNAME(qid)`: WHERE knows no other names."""

    dialect = "QRadar AQL"
    columns: ClassVar = {**named_columns(saved("events")), **named_columns(saved("flows"))}

    def as_number(self, field: str) -> str | None:
        return f"PARSELONG({field})"
