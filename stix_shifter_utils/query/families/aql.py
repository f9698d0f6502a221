r"""AQL, the Ariel Query Language, on the SQL family: START and STOP, ILIKE, MATCHES, INCIDR.

From the vendor's AQL Guide (7.5) and "AQL logical and comparison operators": text in single quotes, a quote
doubled; `=`, LIKE and MATCHES mind case, ILIKE and IMATCHES do not; LIKE has no escape for `%` and `_`. A
query without START sees only the last minutes, so each one names its span.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.clause import Binds, Clause
from stix_shifter_utils.query.conditions import Like, OneOf, Present, View, Wild
from stix_shifter_utils.query.families.plain_values import IPV4_BITS, is_writable, network
from stix_shifter_utils.query.families.sql import SqlCompiler
from stix_shifter_utils.query.families.sql_words import SqlWords
from stix_shifter_utils.query.judging import Written
from stix_shifter_utils.query.regex import Flavour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern import TimeWindow
    from stix_shifter_utils.pattern.addresses import Block
    from stix_shifter_utils.query.conditions import Condition

_BARE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch
_NO_NAME: Final = re.compile(r"[\"\x00-\x1f\x7f]").search
_INSIDE: Final = r"[^/\\]"
_NOT_ASCII: Final = r"'(?s).*[^\x00-\x7F].*'"


class AqlCompiler(SqlCompiler):
    """Events and flows of an Ariel database. `columns` are computed ones: a result's name -> expression."""

    dialect = "AQL"
    has_booleans: ClassVar = False
    formats: ClassVar = {
        **SqlWords.formats,
        Comparator.NOT_EQUAL: "{field} != {value}",
        Comparator.MATCHES: "{field} MATCHES {value}",
    }
    flavour: ClassVar = Flavour(prefix="(?s)", prefix_fold="(?si)", backtracks=True)
    columns: ClassVar[dict[str, str]] = {}

    # The query.

    def finish(self, condition: Clause | None, window: TimeWindow, limit: int | None) -> str:
        start = 0 if window.start is None else math.floor(window.start.timestamp() * 1000)
        stop = "" if window.stop is None else f" STOP {math.ceil(window.stop.timestamp() * 1000)}"
        return f"{super().finish(condition, window, limit)} START {start}{stop}"

    def nothing(self) -> Clause:
        return Clause(f"{self.quote(self.mapping.index.time_field or 'starttime')} < 0")

    # Names and literals.

    def quote(self, name: str) -> str:
        return name if _BARE(name) else f'"{name}"'

    def _column(self, binding: FieldBinding) -> str | None:
        name = ".".join(binding.path)
        return self.columns.get(name) or (None if _NO_NAME(name) else self.quote(name))

    def odd_text(self, value: str) -> str | None:
        """U+0000 ends text in no documented way, so no literal holds it."""
        return None if "\0" in value or not is_writable(value) else "'" + value.replace("'", "''") + "'"

    # Expressions.

    def as_text(self, field: str) -> str:
        return f"STR({field})"

    def not_empty(self, field: str) -> str:
        return f"{field} != ''"

    def is_not_ascii(self, field: str) -> str:
        return f"{field} MATCHES {_NOT_ASCII}"

    def like(self, field: str, parts: Sequence[str | Wild], *, fold: bool) -> str | None:
        """LIKE, or ILIKE; a text that holds a wildcard is looked for by a regular expression."""
        if any(isinstance(part, str) and {"%", "_"} & set(part) for part in parts):
            return self._like_regex(field, parts, fold=fold)
        literal = self.text("".join(part.value if isinstance(part, Wild) else part for part in parts))
        return None if literal is None else f"{field} {'ILIKE' if fold else 'LIKE'} {literal}"

    def _like_regex(self, field: str, parts: Sequence[str | Wild], *, fold: bool) -> str | None:
        literal = self.text(rf"(?s)\A{_body(parts)}\z")
        return None if literal is None else f"{field} {'IMATCHES' if fold else 'MATCHES'} {literal}"

    def regex(self, field: str, literal: str) -> str | None:
        """With anything around it: that is right whether or not the whole text has to match."""
        flags, _, body = literal[1:-1].partition(")")
        return f"{field} MATCHES '{flags}).*(?:{body}).*'"

    def in_block(self, field: str, block: Block, binding: FieldBinding) -> str | None:
        """INCIDR is documented for IPv4."""
        return f"INCIDR('{network(block)}', {field})" if block.bits == IPV4_BITS else None

    # Conditions that the language has no word for.

    def write(self, condition: Condition, *, checked: bool) -> Written[Clause] | None:
        if condition.view in {View.FILE_NAME, View.FOLDER}:
            return self._part_of_path(condition, checked=checked)
        return super().write(condition, checked=checked)

    def _part_of_path(self, condition: Condition, *, checked: bool) -> Written[Clause] | None:
        r"""What is said of the text behind the last `/` or `\`, or up to it, by a regular expression.

        None where LIKE says it as well.
        """
        column, demand, negated = self.column(condition.field), condition.demand, condition.negated
        is_name = condition.view is View.FILE_NAME
        if (
            column is None
            or (not negated and is_name and isinstance(demand, OneOf))
            or (negated and not is_name)
        ):
            return None
        if isinstance(demand, Like):
            body = _body(demand.parts, one=_INSIDE if is_name else ".")
        elif isinstance(demand, OneOf):
            body = "|".join(_escaped(str(value)) for value in demand.values)
        elif isinstance(demand, Present):
            body = f"{_INSIDE}+"
        else:
            return None
        literal = self.text(
            rf"(?s)\A(?:.*[/\\])?(?:{body})\z" if is_name else rf"(?s)\A(?:{body}){_INSIDE}*\z"
        )
        if literal is None:
            return None
        clause = Clause(f"{column} {'IMATCHES' if condition.fold else 'MATCHES'} {literal}")
        if negated:
            clause = self.all_of(
                [Clause(rf"{column} MATCHES '(?s)\A.*{_INSIDE}\z'"), Clause(f"NOT {clause.text}", Binds.NOT)]
            )
        widens = checked and (condition.fold or isinstance(demand, Like))
        if widens:
            clause = self.any_of([clause, Clause(self.is_not_ascii(column))])
        return Written(clause, exact=not widens and not isinstance(demand, Like))

    def none_of(self, field: str, listed: str) -> str:
        return f"({field} IS NOT NULL AND NOT ({field} IN ({listed})))"

    def true_or_false(self, condition: str) -> str:
        return condition  # the field was asked to have a value

    def _one_text(
        self, field: str, values: Sequence[object], condition: Condition, *, checked: bool
    ) -> Written[Clause]:
        if condition.field.kind.kind is Kind.IP:
            condition = replace(condition, fold=False)  # addresses are compared by value
        found = super()._one_text(field, values, condition, checked=checked)
        return Written(found.part, found.exact and not _holds_nul(values))

    def _like(
        self, field: str, demand: Like, condition: Condition, *, checked: bool
    ) -> Written[Clause] | None:
        found = super()._like(field, demand, condition, checked=checked)
        plain = all(isinstance(part, Wild) or part.isascii() for part in demand.parts)
        return found if found is None or plain else Written(found.part, exact=False)


def _body(parts: Sequence[str | Wild], *, one: str = ".") -> str:
    wilds = {Wild.ANY: f"{one}*", Wild.ONE: one}
    return "".join(wilds[part] if isinstance(part, Wild) else _escaped(part) for part in parts)


def _escaped(text: str) -> str:
    return re.sub(r"[^\w\s]", lambda found: f"\\{found[0]}" if found[0].isascii() else found[0], text)


def _holds_nul(values: Sequence[object]) -> bool:
    return any("\0" in str(value) for value in values)
