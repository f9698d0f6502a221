"""SQL: conditions put together as text. The words are in `sql_words`; each database has its own file."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.mapping import FieldBinding, Kind
from stix_shifter_utils.mapping.kinds import TEXT_KINDS
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.pattern.addresses import read_block
from stix_shifter_utils.query.clause import Binds, Clause, joined
from stix_shifter_utils.query.conditions import (
    Between,
    Bound,
    Condition,
    Demand,
    Holds,
    InBlock,
    Like,
    OneOf,
    Ordered,
    View,
    Wild,
)
from stix_shifter_utils.query.families.sql_words import SqlWords
from stix_shifter_utils.query.families.windows import FieldWindows
from stix_shifter_utils.query.inversion import window_demand
from stix_shifter_utils.query.judging import Written
from stix_shifter_utils.query.unmapped import CLASSIC_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stix_shifter_utils.mapping import DialectMapping
    from stix_shifter_utils.pattern import TimeWindow
    from stix_shifter_utils.query.capabilities import Capabilities
    from stix_shifter_utils.query.model import Body
    from stix_shifter_utils.query.options import CompilerOptions

_SIGNS: Final = {
    "<": Comparator.LESS_THAN,
    "<=": Comparator.LESS_THAN_OR_EQUAL,
    ">": Comparator.GREATER_THAN,
    ">=": Comparator.GREATER_THAN_OR_EQUAL,
}
_FURTHEST: Final = Decimal(10) ** 37  # no column holds such numbers, and engines refuse longer ones
_FOLDED_FROM_AFAR: Final = frozenset("ik")
_COMPOSED_FROM_AFAR: Final = frozenset("K;`")


class SqlCompiler(SqlWords, FieldWindows[Clause]):
    """Standard SQL. A database overrides words; a connector, perhaps `formats`, `table` or `select`."""

    dialect = "SQL"

    def __init__(
        self,
        mapping: DialectMapping,
        options: CompilerOptions | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        super().__init__(mapping, options, capabilities)
        self.spelled = dict(self.formats)
        self.renamed: set[Comparator] = set()
        self._take_operators(mapping.operators)
        self._columns: dict[tuple[tuple[str, ...], int | None], str | None] = {}

    def _take_operators(self, operators: Mapping[str, object]) -> None:
        """operators.json: another spelling takes the place of the family's, null or empty text removes it."""
        for comparator, name in CLASSIC_NAMES.items():
            key = f"ComparisonComparators.{name}"
            if key not in operators:
                continue
            text = str(operators[key] or "")
            if not text:
                self.spelled.pop(comparator, None)
                continue
            value = "({value})" if comparator is Comparator.IN else "{value}"
            template = text if "{field}" in text else f"{{field}} {text} {value}"
            known = self.spelled.get(comparator, "")
            if template.upper() == known.upper() or comparator in {Comparator.MATCHES, Comparator.ISSUBSET}:
                continue  # the family's own way of saying it
            self.spelled[comparator] = template
            self.renamed.add(comparator)

    def has(self, comparator: Comparator) -> bool:
        return comparator in self.spelled

    # The query.

    def table(self) -> str:
        """What FROM names."""
        name = self.options.table or self.mapping.index.table or self.mapping.dialect
        return ".".join(self.quote(part) for part in name.split("."))

    def select(self, table: str, where: str, limit: int | None) -> str:
        """The whole query; `where` may be empty."""
        condition = f" WHERE {where}" if where else ""
        ending = "" if limit is None else f" LIMIT {limit}"
        return f"SELECT * FROM {table}{condition}{ending}"  # noqa: S608  table and literals are escaped

    def finish(self, condition: Clause | None, window: TimeWindow, limit: int | None) -> Body:
        return self.select(self.table(), condition.text if condition else "", limit)

    def all_of(self, parts: Sequence[Clause]) -> Clause:
        return joined(parts, self.words_and, Binds.AND)

    def any_of(self, parts: Sequence[Clause]) -> Clause:
        return joined(parts, self.words_or, Binds.OR)

    def nothing(self) -> Clause:
        return Clause(self.never)

    # Windows.

    def bounds(self, binding: FieldBinding, window: TimeWindow) -> tuple[Clause | None, bool]:
        demand = window_demand(binding, window)
        column = self.column(binding)
        if demand is None or column is None:
            return None, False
        is_text = binding.kind.kind in TEXT_KINDS and not isinstance(demand[0].low or demand[0].high, str)
        field = self.as_number(column) if is_text else column
        return (None, False) if field is None else (self._between(field, demand[0], negated=False), demand[1])

    # Conditions.

    def column(self, binding: FieldBinding) -> str | None:
        """The expression for a field; None where the database cannot reach it."""
        key = (binding.path, binding.list_at)
        if key not in self._columns:
            self._columns[key] = self._column(binding)
        return self._columns[key]

    def _column(self, binding: FieldBinding) -> str | None:
        path, at = binding.path, binding.list_at
        if at is not None and at < len(path):
            return self.in_list(path[:at], path[at:])
        return self.quote(path[0]) if len(path) == 1 else self.nested(path)

    def write(self, condition: Condition, *, checked: bool) -> Written[Clause] | None:
        column = self.column(condition.field)
        if column is None:
            return None
        if not condition.field.kind.is_list or condition.view is View.ANYTHING:
            return self._write(column, condition, checked=checked)
        written: list[Written[Clause]] = []

        def of_item(item: str) -> str:
            found = self._write(item, condition, checked=checked)
            written.extend([found] if found else [])
            return found.part.text if found else ""

        text = self.any_item(column, of_item)
        return Written(Clause(text, Binds.ATOM), written[0].exact) if text and written else None

    def _write(  # noqa: PLR0911  one return for each demand
        self, column: str, condition: Condition, *, checked: bool
    ) -> Written[Clause] | None:
        field = self._viewed(column, condition, checked=checked)
        if field is None:
            return None
        demand, kind = condition.demand, condition.field.kind.kind
        if isinstance(demand, OneOf):
            if isinstance(demand.values[0], str):
                return self._one_text(field, demand.values, condition, checked=checked)
            return Written(self._one_number(field, demand.values, negated=condition.negated), exact=True)
        if isinstance(demand, Between):
            return Written(self._between(field, demand, negated=condition.negated), exact=True)
        if isinstance(demand, Ordered):
            return self._ordered(field, demand, condition, checked=checked)
        if isinstance(demand, Like):
            return self._like(field, demand, condition, checked=checked)
        if isinstance(demand, Holds):
            return self._holds(field, demand, condition, checked=checked)
        if isinstance(demand, InBlock):
            return self._in_block(field, demand, condition, checked=checked)
        return Written(self._present(field, condition), exact=kind is not Kind.UNKNOWN)

    def _viewed(self, column: str, condition: Condition, *, checked: bool) -> str | None:
        """What of a column is compared. A column of no stated kind may be of any type: hunts make it text."""
        kind, view = condition.field.kind.kind, condition.view
        if kind is Kind.UNKNOWN and checked and (view is not View.VALUE or _compares_text(condition.demand)):
            column = self.as_text(column)
        if view is View.VALUE or view is View.ANYTHING:
            is_text = isinstance(condition.demand, (Like, Holds, Ordered))
            return self.as_text(column) if kind is Kind.IP and is_text else column
        if view is View.FILE_NAME:
            return self.file_name(column)
        if view is View.FOLDER:
            return self.folder(column)
        return self.as_number(column) if view is View.NUMBER else self.as_text(column)

    def _present(self, field: str, condition: Condition) -> Clause:
        """A value that becomes one in results: not null, and not empty text."""
        if condition.view is View.ANYTHING or not _is_text(condition):
            return Clause(self.not_null(field))
        return Clause(self.not_empty(field))

    def _one_number(self, field: str, values: Sequence[object], *, negated: bool) -> Clause:
        literals = [
            self.boolean(value=value) if isinstance(value, bool) else self.number(value)
            for value in values
            if isinstance(value, (int, float)) and abs(value) < _FURTHEST
        ]
        if not literals:
            return Clause(self.not_null(field)) if negated else self.nothing()
        return self._among(field, literals, negated=negated)

    def _among(self, field: str, literals: Sequence[str], *, negated: bool) -> Clause:
        if len(literals) == 1:
            comparator = Comparator.NOT_EQUAL if negated else Comparator.EQUAL
            if comparator in self.spelled:
                return Clause(self.spelled[comparator].format(field=field, value=literals[0]))
        listed = ", ".join(literals)
        if negated:
            return Clause(self.none_of(field, listed))
        return Clause(self.spelled[Comparator.IN].format(field=field, value=listed))

    def _one_text(
        self, field: str, values: Sequence[object], condition: Condition, *, checked: bool
    ) -> Written[Clause]:
        texts = [str(value).lower() if condition.fold else str(value) for value in values]
        kind, negated, fold = condition.field.kind.kind, condition.negated, condition.fold
        if kind is Kind.IP:
            texts = [text for text in texts if read_block(text) is not None]
        literals = [literal for literal in map(self.text, texts) if literal is not None]
        if not literals:
            return Written(self._present(field, condition) if negated else self.nothing(), exact=True)
        if negated and _is_text(condition):
            literals = [self.empty, *literals]
        untold = kind is Kind.UNKNOWN or kind is Kind.IP
        own_way = untold or (kind is Kind.TEXT_NOCASE and not (negated and checked))
        operand = self.lower(field) if fold and kind is not Kind.TEXT_NOCASE else field
        if own_way:
            clause = self._among(operand, literals, negated=negated)
        elif negated or fold:
            clause = self._among(
                self.by_code_points(self.lower(field) if fold else field), literals, negated=negated
            )
        elif self.equal_is_exact:
            clause = self._among(field, literals, negated=False)
        else:
            both = (field, self.by_code_points(field))
            clause = self.all_of([self._among(each, literals, negated=False) for each in both])
        if checked and fold and any(_is_far(text, negated=negated) for text in texts):
            clause = self.any_of([clause, Clause(self.is_not_ascii(field))])
        return Written(clause, exact=not own_way and not self.renamed)

    def _ordered(
        self, field: str, demand: Ordered, condition: Condition, *, checked: bool
    ) -> Written[Clause] | None:
        literal = self.text(demand.value)
        if literal is None:
            return None
        kind = condition.field.kind.kind
        operand = self.lower(field) if condition.fold else field
        if kind is not Kind.UNKNOWN:
            operand = self.by_code_points(operand)
        clause = Clause(self.spelled[_SIGNS[demand.sign]].format(field=operand, value=literal))
        if (demand.sign[0] == "<" or not demand.value) and _is_text(condition):
            clause = self.all_of([Clause(self.not_empty(field)), clause])
        if checked and condition.fold:
            clause = self.any_of([clause, Clause(self.is_not_ascii(field))])
        return Written(clause, exact=kind is not Kind.UNKNOWN and not self.renamed)

    def _between(self, field: str, demand: Between, *, negated: bool) -> Clause:
        low, high = self._bound_text(demand.low), self._bound_text(demand.high)
        signs = [(">=" if demand.low_included else ">", low), ("<=" if demand.high_included else "<", high)]
        if negated:
            signs = [({">=": "<", ">": "<=", "<=": ">", "<": ">="}[sign], bound) for sign, bound in signs]
        parts = [
            Clause(
                self.spelled.get(_SIGNS[sign], f"{{field}} {sign} {{value}}").format(field=field, value=bound)
            )
            for sign, bound in signs
            if bound is not None
        ]
        if not parts:
            return self.nothing() if negated else Clause(self.not_null(field))
        return self.any_of(parts) if negated else self.all_of(parts)

    def _bound_text(self, bound: Bound | None) -> str | None:
        if bound is None:
            return None
        if isinstance(bound, datetime):
            return self.timestamp(bound)
        if isinstance(bound, str):
            return self.text(bound)
        return self.number(max(-_FURTHEST, min(_FURTHEST, Decimal(bound))))

    def _like(
        self, field: str, demand: Like, condition: Condition, *, checked: bool
    ) -> Written[Clause] | None:
        kind, fold, negated = condition.field.kind.kind, condition.fold, condition.negated
        own_way = kind is Kind.TEXT_NOCASE and not (negated and checked)
        if own_way:
            text = self.like_own_way(field, demand.parts)
        else:
            text = self.like(field, demand.parts, fold=fold)
        if text is None:
            return None
        clause = Clause(text)
        if negated:
            clause = self.opposite(text)
            clause = self.all_of([Clause(self.not_empty(field)), clause]) if _is_text(condition) else clause
        if checked and (negated or self.like_ends_at_nul or _needs_more(demand, fold=fold)):
            clause = self.any_of([clause, Clause(self.is_not_ascii(field))])
        return Written(clause, exact=not (own_way or fold or demand.normal or kind is Kind.UNKNOWN))

    def _holds(
        self, field: str, demand: Holds, condition: Condition, *, checked: bool
    ) -> Written[Clause] | None:
        if self.flavour is None or (condition.negated and not demand.regex.fits(self.flavour)):
            return None
        expression = demand.regex.write(self.flavour)
        literal = None if expression is None else self.text(expression)
        text = None if literal is None else self.regex(field, literal)
        if text is None:
            return None
        clause = Clause(text)
        if condition.negated:
            clause = self.opposite(text)
            clause = self.all_of([Clause(self.not_empty(field)), clause]) if _is_text(condition) else clause
        if checked:
            clause = self.any_of([clause, Clause(self.is_not_ascii(field))])
        return Written(clause, exact=False)

    def _in_block(
        self, field: str, demand: InBlock, condition: Condition, *, checked: bool
    ) -> Written[Clause] | None:
        text = self.in_block(field, demand.block, condition.field)
        if text is None:
            return None
        clause = Clause(text)
        if condition.negated:
            clause = self.all_of([self._present(field, condition), self.opposite(self.true_or_false(text))])
        elif checked and condition.field.kind.kind is not Kind.IP:
            odd = [self.like(field, (Wild.ANY, sign, Wild.ANY), fold=False) for sign in ("/", "%")]
            clause = self.any_of([clause, *(Clause(each) for each in odd if each)])
        return Written(clause, exact=False)

    def like_own_way(self, field: str, parts: Sequence[str | Wild]) -> str | None:
        """A LIKE as the source compares a text that it keeps without case."""
        return self.like(field, parts, fold=True)


def _compares_text(demand: Demand) -> bool:
    """Whether a demand compares text, whatever the field holds."""
    if isinstance(demand, OneOf):
        return isinstance(demand.values[0], str)
    return isinstance(demand, (Like, Holds, Ordered, InBlock))


def _is_text(condition: Condition) -> bool:
    """Whether what is compared is surely text, so that it can be empty."""
    if condition.view is View.FILE_NAME or condition.view is View.FOLDER:
        return True
    kind = condition.field.kind.kind
    texts = kind is Kind.TEXT or kind is Kind.TEXT_NOCASE or kind is Kind.TIMESTAMP_TEXT
    return texts and condition.view is View.VALUE


def _is_far(text: str, *, negated: bool) -> bool:
    """Whether text with other characters than ASCII's can fold to this one, here or in the source."""
    return not text.isascii() or "k" in text or (negated and not _FOLDED_FROM_AFAR.isdisjoint(text))


def _needs_more(demand: Like, *, fold: bool) -> bool:
    """Whether text that is not ASCII can match in normal form, or folded, though not as it is."""
    texts = "".join(part for part in demand.parts if isinstance(part, str))
    if not texts.isascii() or (fold and "k" in texts.lower()):
        return True
    return demand.normal and (Wild.ONE in demand.parts or not _COMPOSED_FROM_AFAR.isdisjoint(texts))
