r"""Lucene's query string, as the `query_string` query of Elasticsearch and OpenSearch reads it.

Written after "Query string query" of the Elasticsearch guide and the classic query parser of Lucene. A text
is always quoted, so that neither operators nor `<` and `>` (which nothing can escape outside of quotes) mean
anything in it; wildcards and regular expressions have every other sign escaped by a backslash. AND, OR and
NOT have no usable precedence there: every group is in brackets, and never are two operators in one. NOT
always stands beside what it is taken from.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final

from stix_shifter_utils.query.clause import Binds, Clause
from stix_shifter_utils.query.conditions import Between, Bound, Wild
from stix_shifter_utils.query.families.lucene_terms import TermsCompiler, Value, decimal_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.pattern import TimeWindow
    from stix_shifter_utils.query.model import Body

_SPECIAL: Final = re.compile(r'[+\-=&|><!(){}\[\]^"~*?:\\/\s]')
_WILDS: Final = {Wild.ANY: "*", Wild.ONE: "?"}
_JOINTS: Final = re.compile(" (?:AND|OR) ")

EVERYTHING: Final = "*:*"
NOTHING: Final = Clause("(*:* AND NOT *:*)", Binds.ATOM)


def quoted(text: str) -> str:
    """A text in quotes, standing for itself."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def escaped(text: str) -> str:
    """A text outside of quotes, standing for itself: of a field's name, and between wildcards."""
    return _SPECIAL.sub(r"\\\g<0>", text)


class LuceneCompiler(TermsCompiler[Clause]):
    """The query string. Its time window stands in it; how many rows are wanted is said beside it."""

    dialect: ClassVar = "Lucene"

    def terms(self, field: str, values: Sequence[Value]) -> Clause:
        literals = [self._literal(value) for value in dict.fromkeys(values)]
        listed = literals[0] if len(literals) == 1 else f"({' OR '.join(literals)})"
        return self._of(field, listed)

    def wildcard(self, field: str, parts: Sequence[str | Wild]) -> Clause:
        spelled = "".join(_WILDS[part] if isinstance(part, Wild) else escaped(part) for part in parts)
        if not any(isinstance(part, Wild) for part in parts):
            return self.terms(field, ["".join(map(str, parts))])
        return self._of(field, spelled)

    def regexp(self, field: str, expression: str) -> Clause:
        return self._of(field, f"/{expression}/")

    def range(self, field: str, demand: Between) -> Clause:
        low = "*" if demand.low is None else self._bound(demand.low)
        high = "*" if demand.high is None else self._bound(demand.high)
        opening = "[" if demand.low_included or demand.low is None else "{"
        closing = "]" if demand.high_included or demand.high is None else "}"
        return self._of(field, f"{opening}{low} TO {high}{closing}")

    def exists(self, field: str) -> Clause:
        return Clause(f"_exists_:{escaped(field)}", Binds.ATOM)

    def but_not(self, field: str, part: Clause) -> Clause:
        return Clause(f"{self.exists(field).text} AND NOT {part.within(Binds.ATOM)}", Binds.AND)

    def all_of(self, parts: Sequence[Clause]) -> Clause:
        return _joined(parts, " AND ", Binds.AND)

    def any_of(self, parts: Sequence[Clause]) -> Clause:
        return _joined(parts, " OR ", Binds.OR)

    def nothing(self) -> Clause:
        return NOTHING

    def finish(self, condition: Clause | None, window: TimeWindow, limit: int | None) -> str:
        return EVERYTHING if condition is None else condition.text

    def clauses(self, body: Body) -> int:
        return len(_JOINTS.findall(str(body))) + 1

    @staticmethod
    def _of(field: str, text: str) -> Clause:
        return Clause(f"{escaped(field)}:{text}", Binds.ATOM)

    @staticmethod
    def _literal(value: Value) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            return quoted(value)
        return quoted(decimal_text(value)) if value < 0 else decimal_text(value)

    @staticmethod
    def _bound(bound: Bound) -> str:
        text = decimal_text(bound) if isinstance(bound, (int, Decimal)) else str(bound)
        return text if text.isdigit() and not isinstance(bound, str) else quoted(text)


def _joined(parts: Sequence[Clause], operator: str, binds: Binds) -> Clause:
    """Parts under one operator; whatever is no single condition is in brackets."""
    unique = list(dict.fromkeys(parts))
    if len(unique) == 1:
        return unique[0]
    texts = [
        part.text if part.binds in {Binds.ATOM, binds} and not _is_but(part) else f"({part.text})"
        for part in unique
    ]
    return Clause(operator.join(texts), binds)


def _is_but(part: Clause) -> bool:
    """Whether a part holds a NOT, which stays in brackets with what it is taken from."""
    return part.binds is Binds.AND and " AND NOT " in part.text
