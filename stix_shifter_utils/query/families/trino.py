"""Trino and Amazon Athena: addresses by `ipaddress`, arrays with lambdas, Java's regular expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.families.plain_values import IPV4_BITS, addresses, network
from stix_shifter_utils.query.families.sql import SqlCompiler
from stix_shifter_utils.query.families.sql_words import DOTTED, SqlWords, octet_number
from stix_shifter_utils.query.regex import Flavour

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern.addresses import Block


class TrinoCompiler(SqlCompiler):
    """Trino; Athena engine version 3. Columns of kind `timestamp` have no time zone, and are in UTC."""

    dialect = "Trino"
    formats: ClassVar = {**SqlWords.formats, Comparator.MATCHES: "regexp_like({field}, {value})"}
    flavour: ClassVar = Flavour(backtracks=True)

    def in_list(self, names: Sequence[str], inner: Sequence[str]) -> str | None:
        item = ".".join(["entry", *map(self.quote, inner)])
        return f"transform({'.'.join(map(self.quote, names))}, entry -> {item})"

    def odd_text(self, value: str) -> str | None:
        """Control characters are written as code points; U+0000 cannot be, and is joined from its number."""
        if not any(letter < " " or letter == "\x7f" for letter in value):
            return super().odd_text(value)
        parts = [super(TrinoCompiler, self).odd_text(part) for part in value.split("\0")]
        if None in parts:
            return None
        return " || chr(0) || ".join(part for part in parts if part) if len(parts) > 1 else parts[0]

    def is_not_ascii(self, field: str) -> str:
        return f"length(to_utf8({field})) <> length({field})"

    def as_number(self, field: str) -> str | None:
        return f"TRY_CAST({field} AS DOUBLE)"

    def file_name(self, field: str) -> str | None:
        return rf"regexp_extract({field}, '[^/\\]*\z')"

    def folder(self, field: str) -> str | None:
        return rf"COALESCE(regexp_extract({field}, '(?s)^.*[/\\]'), '')"

    def regex(self, field: str, literal: str) -> str | None:
        return f"regexp_like({field}, {literal})"

    def in_block(self, field: str, block: Block, binding: FieldBinding) -> str | None:
        if binding.kind.kind is Kind.IP:
            return f"contains('{network(block)}', {field})"
        if block.bits != IPV4_BITS:
            return f"contains('{network(block)}', TRY_CAST({field} AS IPADDRESS))"
        low, high = addresses(block)
        number = octet_number(field)
        return f"CASE WHEN regexp_like({field}, '{DOTTED}') THEN {number} BETWEEN {low} AND {high} END"

    def any_item(self, field: str, condition: Callable[[str], str]) -> str | None:
        return f"any_match({field}, item -> {condition('item')})"
