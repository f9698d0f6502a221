"""OData `$filter`: put together as SQL's conditions are, with OData's words.

Written after "OData Version 4.01. Part 2: URL Conventions" (5.1.1): operators, `in`, `contains`,
`startswith`, `endswith`, `tolower`, `any`. A null differs from everything there, so whatever is negated says
that the field is not null. Wildcards in the middle of a text, and regular expressions, are asked for by the
pieces of text that every match holds. The `$filter` alone is written: `$top` and the path are the client's.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar, Final

from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.clause import Binds, Clause
from stix_shifter_utils.query.conditions import Condition, Like, Wild
from stix_shifter_utils.query.families.plain_values import is_writable
from stix_shifter_utils.query.families.sql import SqlCompiler
from stix_shifter_utils.query.families.sql_words import SqlWords
from stix_shifter_utils.query.judging import Written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stix_shifter_utils.mapping import FieldBinding

_NAME: Final = re.compile(r"[A-Za-z_@]\w*", re.ASCII).fullmatch
_ODD: Final = re.compile("[K;`]")  # what signs that are not ASCII become in normal form


class ODataCompiler(SqlCompiler):
    """A `$filter` of OData 4.01; empty for everything. A connector leaves out of `formats` what it lacks."""

    dialect = "OData"
    formats: ClassVar = {
        Comparator.EQUAL: "{field} eq {value}",
        Comparator.NOT_EQUAL: "({field} ne null and {field} ne {value})",
        Comparator.GREATER_THAN: "{field} gt {value}",
        Comparator.GREATER_THAN_OR_EQUAL: "{field} ge {value}",
        Comparator.LESS_THAN: "{field} lt {value}",
        Comparator.LESS_THAN_OR_EQUAL: "{field} le {value}",
        Comparator.IN: "{field} in ({value})",
        Comparator.LIKE: "contains({field},{value})",
        Comparator.MATCHES: "contains({field},{value})",
        Comparator.ISSUBSET: SqlWords.formats[Comparator.ISSUBSET],
        Comparator.EXISTS: "{field} ne null",
    }
    words_and: ClassVar = " and "
    words_or: ClassVar = " or "
    never: ClassVar = "1 eq 0"

    def select(self, table: str, where: str, limit: int | None) -> str:
        return where

    def _column(self, binding: FieldBinding) -> str | None:
        if binding.list_at is not None and binding.list_at < len(binding.path):
            return None  # a value in a list of objects
        return "/".join(binding.path) if all(map(_NAME, binding.path)) else None

    def boolean(self, *, value: bool) -> str:
        return str(value).lower()

    def timestamp(self, moment: datetime) -> str:
        return moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"

    def opposite(self, condition: str) -> Clause:
        return Clause(f"not ({condition})", Binds.NOT)

    def true_or_false(self, condition: str) -> str:
        return condition

    def not_null(self, field: str) -> str:
        return f"{field} ne null"

    def not_empty(self, field: str) -> str:
        return f"({field} ne null and {field} ne '')"

    def none_of(self, field: str, listed: str) -> str:
        return f"({field} ne null and not ({field} in ({listed})))"

    def lower(self, field: str) -> str:
        return f"tolower({field})"

    def is_not_ascii(self, field: str) -> str:
        """OData cannot tell: any text may be."""
        return f"{field} ne null"

    def as_text(self, field: str) -> str:
        return f"cast({field},Edm.String)"

    def any_item(self, field: str, condition: Callable[[str], str]) -> str | None:
        return f"{field}/any(item:{condition('item')})"

    def like(self, field: str, parts: Sequence[str | Wild], *, fold: bool) -> str | None:
        """A text with wildcards at its ends only; None for any other."""
        texts = [part for part in parts if isinstance(part, str)]
        if len(texts) != 1 or Wild.ONE in parts or not is_writable(texts[0]):
            return None
        operand = self.lower(field) if fold else field
        literal = self.text(texts[0].lower() if fold else texts[0])
        before, behind = parts[0] is Wild.ANY, parts[-1] is Wild.ANY
        if not (before or behind):
            return f"{operand} eq {literal}"
        function = "contains" if before and behind else "endswith" if before else "startswith"
        return f"{function}({operand},{literal})"

    def _like(
        self, field: str, demand: Like, condition: Condition, *, checked: bool
    ) -> Written[Clause] | None:
        if condition.negated or self.like(field, demand.parts, fold=condition.fold) is not None:
            return super()._like(field, demand, condition, checked=checked)
        pieces = [self._piece(field, demand.parts, at, condition) for at in range(len(demand.parts))]
        known = [piece for piece in pieces if piece is not None]
        return Written(self.all_of(known), exact=False) if known else None

    def _piece(self, field: str, parts: Sequence[str | Wild], at: int, condition: Condition) -> Clause | None:
        """What a piece of text between wildcards says, where no other text can be composed to it."""
        part = parts[at]
        if not isinstance(part, str) or not part.isascii() or _ODD.search(part):
            return None
        if condition.fold and "k" in part.lower():
            return None
        before = () if at == 0 else (Wild.ANY,)
        behind = () if at == len(parts) - 1 else (Wild.ANY,)
        text = self.like(field, (*before, part, *behind), fold=condition.fold)
        return None if text is None else Clause(text)
