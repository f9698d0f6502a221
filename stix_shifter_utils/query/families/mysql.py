"""MySQL and MariaDB: text of unknown collations, backslash escapes, PCRE or ICU, JSON text for lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.families.plain_values import address, addresses
from stix_shifter_utils.query.families.sql import SqlCompiler
from stix_shifter_utils.query.families.sql_words import ESCAPE, SqlWords
from stix_shifter_utils.query.regex import Flavour

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern.addresses import Block
    from stix_shifter_utils.query.conditions import Wild


class MySqlCompiler(SqlCompiler):
    """MySQL 8 and MariaDB 10.6, or newer; the connection's character set is utf8mb4.

    A backslash is doubled and a quote too: whether or not the session's SQL mode has NO_BACKSLASH_ESCAPES, no
    value ends its literal; with that mode a value that holds a backslash is not found. Kind `text`: `=` lets
    an index work and a comparison of the octets beside it decides, since most collations ignore case, accents
    and spaces at the end. Kind `text_nocase`: the collation decides.
    """

    dialect = "MySQL"
    has_booleans: ClassVar = False
    equal_is_exact: ClassVar = False
    formats: ClassVar = {**SqlWords.formats, Comparator.MATCHES: "{field} REGEXP {value}"}
    flavour: ClassVar = Flavour(prefix="(?s-i)", prefix_fold="(?si)", backtracks=True)

    def quote(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"

    def nested(self, names: Sequence[str]) -> str | None:
        if any('"' in name or "\\" in name for name in names[1:]):
            return None
        path = self.text("$" + "".join(f'."{name}"' for name in names[1:]))
        return None if path is None else f"JSON_UNQUOTE(JSON_EXTRACT({self.quote(names[0])}, {path}))"

    def odd_text(self, value: str) -> str | None:
        """Control characters are written as octets: what clients and logs make of them is not certain."""
        literal = super().odd_text(value)
        if literal is None or not any(letter < " " or letter == "\x7f" for letter in value):
            return literal and literal.replace("\\", "\\\\")
        return f"_utf8mb4 X'{value.encode().hex()}'"

    def boolean(self, *, value: bool) -> str:
        return str(int(value))

    def timestamp(self, moment: datetime) -> str:
        return super().timestamp(moment).removeprefix("TIMESTAMP ")

    def by_code_points(self, field: str) -> str:
        return f"CAST({self._wide(field)} AS BINARY)"

    def lower(self, field: str) -> str:
        return f"LOWER({self._wide(field)})"

    def _wide(self, field: str) -> str:
        return f"CONVERT({field} USING utf8mb4)"

    def is_not_ascii(self, field: str) -> str:
        return f"LENGTH({self._wide(field)}) <> CHAR_LENGTH({field})"

    def as_text(self, field: str) -> str:
        return f"CAST({field} AS CHAR)"

    def not_empty(self, field: str) -> str:
        return f"LENGTH({field}) > 0"

    def as_number(self, field: str) -> str | None:
        return f"CASE WHEN {field} REGEXP '^[[:space:]]*[-+]?[0-9.]+[[:space:]]*$' THEN {field} + 0.0 END"

    def file_name(self, field: str) -> str | None:
        return f"SUBSTRING_INDEX(REPLACE({field}, '\\\\', '/'), '/', -1)"

    def folder(self, field: str) -> str | None:
        return f"LEFT({field}, CHAR_LENGTH({field}) - CHAR_LENGTH({self.file_name(field)}))"

    def like(self, field: str, parts: Sequence[str | Wild], *, fold: bool) -> str | None:
        operand = self.lower(field) if fold else self._wide(field)
        pattern = self.like_text(parts)
        literal = self.text(pattern.lower() if fold else pattern)
        return None if literal is None else f"{operand} COLLATE utf8mb4_bin LIKE {literal} ESCAPE '{ESCAPE}'"

    def like_own_way(self, field: str, parts: Sequence[str | Wild]) -> str | None:
        literal = self.text(self.like_text(parts))
        return None if literal is None else f"{field} LIKE {literal} ESCAPE '{ESCAPE}'"

    def regex(self, field: str, literal: str) -> str | None:
        return f"{self._wide(field)} REGEXP {literal}"

    def in_block(self, field: str, block: Block, binding: FieldBinding) -> str | None:
        low, high = addresses(block)
        octets = block.bits // 8
        if binding.kind.kind is Kind.IP:
            return f"{field} BETWEEN '{address(low, block.bits)}' AND '{address(high, block.bits)}'"
        inside = f"BETWEEN X'{low:0{octets * 2}x}' AND X'{high:0{octets * 2}x}'"
        return f"LENGTH(INET6_ATON({field})) = {octets} AND INET6_ATON({field}) {inside}"

    def any_item(self, field: str, condition: Callable[[str], str]) -> str | None:
        items = f"JSON_TABLE({field}, '$[*]' COLUMNS (item TEXT PATH '$')) AS items"
        found = f"EXISTS (SELECT 1 FROM {items} WHERE {condition('items.item')})"  # noqa: S608  all is escaped
        return f"CASE WHEN JSON_VALID({field}) THEN {found} END"
