"""AQL for QRadar: the columns of its saved lists, which are expressions with names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from stix_shifter_utils.query import AqlCompiler

LISTS = Path(__file__).with_name("json")


def saved(dialect: str) -> list[str]:
    """The list of columns that is shipped for a dialect, such as `QIDNAME(qid) AS qidname`."""
    path = LISTS / f"aql_{dialect}_columns.json"
    found: list[str] = json.loads(path.read_bytes())["default"]
    return found


def named(columns: list[str]) -> dict[str, str]:
    """Name -> expression, for the columns that are not a field's own name."""
    pairs = [column.rsplit(" AS ", 1) for column in columns]
    return {pair[1]: pair[0] for pair in pairs if len(pair) > 1}


class QueryConstructor(AqlCompiler):
    """What results call `qidname` is asked for as `QIDNAME(qid)`: WHERE knows no other names."""

    dialect = "QRadar AQL"
    columns: ClassVar = {**named(saved("events")), **named(saved("flows"))}

    def as_number(self, field: str) -> str | None:
        return f"PARSELONG({field})"
