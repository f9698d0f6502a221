"""SQLite: GLOB for LIKE, JSON text for lists and structures, no regular expressions, no numbers from text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from stix_shifter_utils.query.conditions import Wild
from stix_shifter_utils.query.families.sql import SqlCompiler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

_LONGEST_PATTERN: Final = 10_000
_GLOBS: Final = {Wild.ANY: "*", Wild.ONE: "?"}


class SqliteCompiler(SqlCompiler):
    """SQLite 3.38 or newer.

    Times of kind `timestamp` are text, `YYYY-MM-DD HH:MM:SS`, with or without a fraction, in UTC. Lists are
    JSON text.
    """

    dialect = "SQLite"
    has_booleans: ClassVar = False
    like_ends_at_nul: ClassVar = True

    def nested(self, names: Sequence[str]) -> str | None:
        if any('"' in name for name in names[1:]):
            return None
        path = self.text("$" + "".join(f'."{name}"' for name in names[1:]))
        return None if path is None else f"json_extract({self.quote(names[0])}, {path})"

    def odd_text(self, value: str) -> str | None:
        literal = super().odd_text(value)
        if literal is None or "\0" not in value:
            return literal
        return f"CAST(X'{value.encode().hex()}' AS TEXT)"

    def boolean(self, *, value: bool) -> str:
        return str(int(value))

    def timestamp(self, moment: datetime) -> str:
        return super().timestamp(moment).removeprefix("TIMESTAMP ").replace(".000000'", "'")

    def by_code_points(self, field: str) -> str:
        return f"{field} COLLATE BINARY"

    def is_not_ascii(self, field: str) -> str:
        return f"LENGTH(CAST({field} AS BLOB)) <> LENGTH({field})"

    def as_text(self, field: str) -> str:
        return f"CAST({field} AS TEXT)"

    def as_number(self, field: str) -> str | None:
        return f"CAST({field} AS REAL)"

    def file_name(self, field: str) -> str | None:
        return f"SUBSTR({field}, LENGTH({self.folder(field)}) + 1)"

    def folder(self, field: str) -> str | None:
        name = rf"REPLACE(REPLACE({field}, '/', ''), '\', '')"
        return f"RTRIM({field}, {name})"

    def like(self, field: str, parts: Sequence[str | Wild], *, fold: bool) -> str | None:
        """GLOB compares code points; LIKE folds ASCII letters."""
        if (
            any(isinstance(part, str) and "\0" in part for part in parts)
            or sum(len(part) if isinstance(part, str) else 1 for part in parts) > _LONGEST_PATTERN
        ):
            return None
        if fold:
            return super().like(field, parts, fold=False)
        pattern = "".join(
            _GLOBS[part] if isinstance(part, Wild) else re.sub(r"[*?[]", r"[\g<0>]", part) for part in parts
        )
        literal = self.text(pattern)
        if literal is None:
            return None
        return f"{field} GLOB {literal}"

    def like_own_way(self, field: str, parts: Sequence[str | Wild]) -> str | None:
        return self.like(field, parts, fold=True)

    def any_item(self, field: str, condition: Callable[[str], str]) -> str | None:
        items = f"EXISTS (SELECT 1 FROM json_each({field}) AS item WHERE {condition('item.value')})"  # noqa: S608  escaped
        return f"CASE WHEN json_valid({field}) THEN {items} END"
