"""KQL, the Kusto Query Language: `Table | where … | take n`, put together as SQL's conditions are.

Written after Microsoft's reference (learn.microsoft.com/kusto/query: "The string data type", "String
operators", "Null values", "strcmp()", "matches regex", "ipv4_is_in_range()", "ipv6_is_in_range()").
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar, Final

from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.mapping.kinds import TEXT_KINDS
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.clause import Binds, Clause
from stix_shifter_utils.query.conditions import Condition, Ordered, Wild
from stix_shifter_utils.query.families.plain_values import IPV4_BITS, is_writable, network
from stix_shifter_utils.query.families.sql import SqlCompiler
from stix_shifter_utils.query.judging import Written
from stix_shifter_utils.query.regex import Flavour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern.addresses import Block

_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII).fullmatch
_ESCAPED: Final = re.compile(r"[\\'\x00-\x1f\x7f\u0085\u2028\u2029]")
_ESCAPES: Final = {"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
_OUT_OF_BAG: Final = {
    Kind.INTEGER: "tolong",
    Kind.NUMBER: "todouble",
    Kind.EPOCH_S: "todouble",
    Kind.EPOCH_MS: "todouble",
    Kind.BOOLEAN: "tobool",
    Kind.TIMESTAMP: "todatetime",
}
_WILD: Final = {Wild.ANY: ".*", Wild.ONE: "."}
_SPECIAL: Final = re.compile(r"[\\.^$*+?()\[\]{}|]")


class KqlCompiler(SqlCompiler):
    """KQL, as log workspaces and advanced hunting have it.

    Text has no null there, only empty text; numbers have. A dotted field lies in a column of type `dynamic`.
    Fields that hold lists are not asked for.
    """

    dialect = "KQL"
    formats: ClassVar = {
        Comparator.EQUAL: "{field} == {value}",
        Comparator.NOT_EQUAL: "(isnotnull({field}) and {field} != {value})",
        Comparator.GREATER_THAN: "{field} > {value}",
        Comparator.GREATER_THAN_OR_EQUAL: "{field} >= {value}",
        Comparator.LESS_THAN: "{field} < {value}",
        Comparator.LESS_THAN_OR_EQUAL: "{field} <= {value}",
        Comparator.IN: "{field} in ({value})",
        Comparator.LIKE: "{field} matches regex {value}",
        Comparator.MATCHES: "{field} matches regex {value}",
        Comparator.ISSUBSET: "{field}",
        Comparator.EXISTS: "isnotempty({field})",
    }
    flavour: ClassVar = Flavour()
    words_and: ClassVar = " and "
    words_or: ClassVar = " or "
    never: ClassVar = "1 == 0"

    # The query.

    def select(self, table: str, where: str, limit: int | None) -> str:
        condition = f" | where {where}" if where else ""
        return f"{table}{condition}{'' if limit is None else f' | take {limit}'}"

    # Names and literals.

    def quote(self, name: str) -> str:
        return name if _NAME(name) else f"[{self.odd_text(name)}]"

    def nested(self, names: Sequence[str]) -> str | None:
        return self.quote(names[0]) + "".join(f"[{self.odd_text(name)}]" for name in names[1:])

    def _column(self, binding: FieldBinding) -> str | None:
        column = super()._column(binding)
        if column is None or len(binding.path) == 1:
            return column
        return f"{_OUT_OF_BAG.get(binding.kind.kind, 'tostring')}({column})"

    def odd_text(self, value: str) -> str | None:
        if not is_writable(value):
            return None
        return f"'{_ESCAPED.sub(_escape, value)}'"

    def boolean(self, *, value: bool) -> str:
        return "true" if value else "false"

    def timestamp(self, moment: datetime) -> str:
        utc = moment.astimezone(timezone.utc).replace(tzinfo=None)
        return f"datetime({utc.isoformat(timespec='microseconds')}Z)"

    # Expressions.

    def opposite(self, condition: str) -> Clause:
        return Clause(f"not({condition})", Binds.ATOM)

    def true_or_false(self, condition: str) -> str:
        return f"coalesce({condition}, false)"

    def not_null(self, field: str) -> str:
        return f"isnotnull({field})"

    def not_empty(self, field: str) -> str:
        return f"isnotempty({field})"

    def none_of(self, field: str, listed: str) -> str:
        return f"(isnotnull({field}) and {field} !in ({listed}))"

    def lower(self, field: str) -> str:
        return f"tolower({field})"

    def is_not_ascii(self, field: str) -> str:
        return rf"{field} matches regex @'[^\x00-\x7F]'"

    def as_text(self, field: str) -> str:
        return f"tostring({field})"

    def as_number(self, field: str) -> str | None:
        return f"todouble({field})"

    def file_name(self, field: str) -> str | None:
        return rf"extract(@'[^/\\]*\z', 0, {field})"

    def folder(self, field: str) -> str | None:
        return rf"extract(@'(?s)^.*[/\\]', 0, {field})"

    def like(self, field: str, parts: Sequence[str | Wild], *, fold: bool) -> str | None:
        """By the words that indexes know, where the wildcards stand at the ends only."""
        operator, text = _words(parts)
        literal = self.text(text.lower() if fold else text)
        return None if literal is None else f"{self.lower(field) if fold else field} {operator} {literal}"

    def regex(self, field: str, literal: str) -> str | None:
        return f"{field} matches regex {literal}"

    def in_block(self, field: str, block: Block, binding: FieldBinding) -> str | None:
        name = "ipv4_is_in_range" if block.bits == IPV4_BITS else "ipv6_is_in_range"
        return f"{name}({field}, '{network(block)}')"

    def write(self, condition: Condition, *, checked: bool) -> Written[Clause] | None:
        """Columns compare with case; a field that is said to be without is asked so."""
        if condition.field.kind.kind is Kind.TEXT_NOCASE:
            kind = replace(condition.field.kind, kind=Kind.TEXT)
            condition = replace(condition, field=replace(condition.field, kind=kind), fold=True)
        return super().write(condition, checked=checked)

    def _ordered(
        self, field: str, demand: Ordered, condition: Condition, *, checked: bool
    ) -> Written[Clause] | None:
        """`strcmp` goes by UTF-16, which orders text as code points do where one side is ASCII."""
        literal = self.text(demand.value)
        kind = condition.field.kind.kind
        if literal is None or kind not in TEXT_KINDS or not demand.value.isascii():
            return None
        operand = self.lower(field) if condition.fold else field
        clause = Clause(f"strcmp({operand}, {literal}) {demand.sign} 0")
        if demand.sign[0] == "<" or not demand.value:
            clause = self.all_of([Clause(self.not_empty(field)), clause])
        if checked and condition.fold:
            clause = self.any_of([clause, Clause(self.is_not_ascii(field))])
        return Written(clause, exact=not condition.fold and kind is Kind.TEXT)


def _words(parts: Sequence[str | Wild]) -> tuple[str, str]:
    """The operator for a LIKE, and its text: a regular expression where no other operator says it."""
    opens, closes = parts[:1] == (Wild.ANY,), parts[-1:] == (Wild.ANY,)
    inner = parts[opens : len(parts) - closes if len(parts) > 1 else None]
    if len(inner) == 1 and isinstance(inner[0], str):
        operator = {
            (False, False): "==",
            (False, True): "startswith_cs",
            (True, False): "endswith_cs",
            (True, True): "contains_cs",
        }[opens, closes]
        return operator, inner[0]
    pattern = "".join(
        _WILD[part] if isinstance(part, Wild) else _SPECIAL.sub(_escaped, part) for part in parts
    )
    return "matches regex", rf"(?s)^{pattern}\z"


def _escaped(match: re.Match[str]) -> str:
    return "\\" + match[0]


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04x}"
