"""PostgreSQL: a collation named where order counts, `inet`, arrays, its own regular expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.families.plain_values import IPV4_BITS, network
from stix_shifter_utils.query.families.sql import SqlCompiler
from stix_shifter_utils.query.families.sql_words import DOTTED, SqlWords
from stix_shifter_utils.query.regex import Flavour

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern.addresses import Block

_NUMBER: Final = r"^\s*[-+]?([0-9]{1,100}([.][0-9]{0,100})?|[.][0-9]{1,100})\s*$"


class PostgresCompiler(SqlCompiler):
    """PostgreSQL 12 or newer, with a UTF-8 database. Text columns of kind `text_nocase` are `citext`."""

    dialect = "PostgreSQL"
    formats: ClassVar = {**SqlWords.formats, Comparator.MATCHES: "{field} ~ {value}"}
    flavour: ClassVar = Flavour(prefix="", prefix_fold="(?i)", word=r"\y", inside=r"\Y", last=r"\Z")

    def nested(self, names: Sequence[str]) -> str | None:
        """A value inside a json or jsonb column, as text."""
        steps = [self.text(name) for name in names[1:]]
        if None in steps:
            return None
        arrows = ["->"] * (len(steps) - 1) + ["->>"]
        return self.quote(names[0]) + "".join(
            f" {arrow} {step}" for arrow, step in zip(arrows, steps, strict=True)
        )

    def odd_text(self, value: str) -> str | None:
        """Backslashes are escaped: by themselves they rely on `standard_conforming_strings`."""
        if "\0" in value:
            return None
        literal = super().odd_text(value)
        if literal is None or "\\" not in literal:
            return literal
        return "E" + literal.replace("\\", "\\\\")

    def timestamp(self, moment: datetime) -> str:
        """Text of no type, which becomes that of the column: with or without a time zone."""
        return super().timestamp(moment).removeprefix("TIMESTAMP ")[:-1] + "+00'"

    def by_code_points(self, field: str) -> str:
        return f'{field} COLLATE "C"'

    def as_text(self, field: str) -> str:
        return f"CAST({field} AS TEXT)"

    def is_not_ascii(self, field: str) -> str:
        return f"OCTET_LENGTH({field}) <> CHAR_LENGTH({field})"

    def as_number(self, field: str) -> str | None:
        return f"CASE WHEN {field} ~ '{_NUMBER}' THEN CAST({field} AS NUMERIC) END"

    def file_name(self, field: str) -> str | None:
        return rf"REGEXP_REPLACE({field}, '^.*[/\\]', '')"

    def folder(self, field: str) -> str | None:
        return rf"COALESCE(SUBSTRING({field} FROM '^.*[/\\]'), '')"

    def regex(self, field: str, literal: str) -> str | None:
        return f"{field} ~ {literal}"

    def in_block(self, field: str, block: Block, binding: FieldBinding) -> str | None:
        if binding.kind.kind is Kind.IP:
            return f"{field} <<= INET '{network(block)}'"
        if block.bits != IPV4_BITS:  # which text is an IPv6 address, no expression can tell
            return None
        return f"CASE WHEN {field} ~ '{DOTTED}' THEN CAST({field} AS INET) <<= INET '{network(block)}' END"

    def any_item(self, field: str, condition: Callable[[str], str]) -> str | None:
        return f"EXISTS (SELECT 1 FROM UNNEST({field}) AS item WHERE {condition('item')})"  # noqa: S608  escaped
