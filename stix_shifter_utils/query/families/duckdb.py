"""DuckDB: lists, structures, RE2. Text is compared by code points."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.families.plain_values import IPV4_BITS, addresses
from stix_shifter_utils.query.families.sql import SqlCompiler
from stix_shifter_utils.query.families.sql_words import DOTTED, SqlWords, octet_number
from stix_shifter_utils.query.regex import Flavour

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern.addresses import Block


class DuckDbCompiler(SqlCompiler):
    """DuckDB 1.4 or newer."""

    dialect = "DuckDB"
    formats: ClassVar = {**SqlWords.formats, Comparator.MATCHES: "regexp_matches({field}, {value})"}
    flavour: ClassVar = Flavour()

    def in_list(self, names: Sequence[str], inner: Sequence[str]) -> str | None:
        item = ".".join(["entry", *map(self.quote, inner)])
        return f"list_transform({'.'.join(map(self.quote, names))}, lambda entry: {item})"

    def is_not_ascii(self, field: str) -> str:
        return f"strlen({field}) <> length({field})"

    def as_number(self, field: str) -> str | None:
        return f"TRY_CAST({field} AS DOUBLE)"

    def file_name(self, field: str) -> str | None:
        return rf"regexp_extract({field}, '[^/\\]*$')"

    def folder(self, field: str) -> str | None:
        return rf"regexp_extract({field}, '(?s)^.*[/\\]')"

    def regex(self, field: str, literal: str) -> str | None:
        return f"regexp_matches({field}, {literal})"

    def in_block(self, field: str, block: Block, binding: FieldBinding) -> str | None:
        if block.bits != IPV4_BITS:
            return None
        low, high = addresses(block)
        number = octet_number(field)
        return f"CASE WHEN regexp_matches({field}, '{DOTTED}') THEN {number} BETWEEN {low} AND {high} END"

    def any_item(self, field: str, condition: Callable[[str], str]) -> str | None:
        return f"len(list_filter({field}, lambda item: {condition('item')})) > 0"
