"""SQLite: text by code points, GLOB for LIKE, JSON text for lists; no regular expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from stix_shifter_utils.query.conditions import Wild
from stix_shifter_utils.query.families.sql import SqlCompiler

_LONGEST_PATTERN = 10_000


class SqliteCompiler(SqlCompiler):
    """SQLite 3.38 or newer. Times of kind `timestamp` are text, `YYYY-MM-DD HH:MM:SS`, with or without a fraction."""

    dialect = "SQLite"
    has_booleans: ClassVar = False

    def nested(self, names: Sequence[str]) -> str | None:
        path = "$" + "".join('."' + name.replace('"', '""') + '"' for name in names[1:])
        literal = self.text(path)
        return (
            None
            if literal is None or '"' in "".join(names[1:])
            else f"json_extract({self.quote(names[0])}, {literal})"
        )

    def odd_text(self, value: str) -> str | None:
        literal = super().odd_text(value)
        if literal is None or "\0" not in literal:
            return literal
        return f"CAST(X'{value.encode().hex()}' AS TEXT)"
