"""Patterns to test with: made at random from values that were seen, counted, and as Hypothesis strategies.

`generate_patterns` serves closed loops (pattern, native query, rows, STIX, matcher): its patterns are about
real rows, so that most select some of them. The strategies (`pattern_strategies`) serve property tests of
the pattern package: their patterns are about nothing. What a pattern selects is the matcher's to say.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    ComparisonExpression,
    ObjectPath,
    Observation,
    ObservationExpression,
    Pattern,
    Qualified,
    Qualifier,
    Repeats,
    Scalar,
    StartStop,
    Timestamp,
    Within,
    comparison_and,
    comparison_or,
    comparisons,
    followed_by,
    observation_and,
    observation_or,
    parse_path,
)
from stix_shifter_utils.pattern.literals import MAX_DIGITS, LiteralError, is_timestamp, read_timestamp
from stix_shifter_utils.testing.chosen_values import Chooser, suits

if TYPE_CHECKING:
    from stix_shifter_utils.testing.pattern_strategies import (
        comparison_expressions,
        literals,
        object_paths,
        patterns,
    )

__all__ = [
    "Shape",
    "comparison_expressions",
    "count_comparators",
    "generate_patterns",
    "literals",
    "object_paths",
    "patterns",
]

Row = Mapping[str, Any]
"""One observed-data: from object path text to the value seen there, or a list of values."""

Literals = dict[ObjectPath, list[Scalar]]

_JOIN: Final = {"OR": observation_or, "AND": observation_and, "FOLLOWEDBY": followed_by}
_TRUE_FOR_ITS_ROW: Final = 0.85
_ABOUT_NOTHING: Final = 0.02
_DECK_COPIES: Final = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """What the generated patterns may hold; the defaults allow everything.

    `times` are moments around which START-STOP windows are laid; without any there are none. `one_type`
    keeps each observation expression to one object type, as the reading `same_object` needs.
    `several_observations` and `qualified` are the shares of patterns with more than one observation
    expression, and of expressions that get a qualifier. Empty `observation_operators` or `qualifiers` leave
    those out.
    """

    comparators: Sequence[Comparator] = tuple(Comparator)
    negation: bool = True
    most_comparisons: int = 6
    observation_operators: Sequence[str] = ("OR", "AND", "FOLLOWEDBY")
    qualifiers: Sequence[str] = ("START", "WITHIN", "REPEATS")
    times: Sequence[datetime] = ()
    one_type: bool = False
    several_observations: float = 0.3
    qualified: float = 0.25


def generate_patterns(
    rows: Iterable[Row] | Mapping[str, Sequence[Any]], *, seed: int, count: int, shape: Shape | None = None
) -> list[Pattern]:
    """`count` patterns about the rows, the same ones for the same arguments.

    `rows` are rows, or one mapping from path text to the values seen there, each of which then counts as a
    row of its own. Values are strings, numbers, booleans, aware datetimes or `Timestamp`; others count as
    absent. Rows that know several values of one observed-data give better patterns, for an AND is made true
    for a row.

    Comparators come in turn, each with and without NOT, so that in 500 patterns every one comes at least
    ten times (`count_comparators`). Literals are seen values, pieces of them (LIKE, MATCHES), networks
    around them (ISSUBSET), bounds between them, and near misses: another case, one character, a number
    beside it, another kind, a property that the row does not have.

    Raises ValueError when no row holds a value.
    """
    chance = random.Random(seed)  # noqa: S311  chance to test with, no secret
    generator = _Generator(_Table(rows), chance, shape or Shape())
    return [generator.pattern() for _ in range(count)]


def count_comparators(made: Iterable[Pattern]) -> Counter[tuple[Comparator, bool]]:
    """How often each comparator comes, with (True) and without (False) NOT."""
    return Counter((one.comparator, one.negated) for pattern in made for one in comparisons(pattern))


class _Table:
    """The rows' values as literals, by row and by path."""

    def __init__(self, rows: Iterable[Row] | Mapping[str, Sequence[Any]]) -> None:
        if isinstance(rows, Mapping):
            rows = [{path: value} for path, values in rows.items() for value in values]
        self.rows = [row for row in map(_literals, rows) if row]
        if not self.rows:
            msg = "no row holds a value to make patterns of"
            raise ValueError(msg)
        columns: dict[ObjectPath, dict[Scalar, None]] = {}
        for row in self.rows:
            for path, values in row.items():
                columns.setdefault(path, {}).update(dict.fromkeys(values))
        self.columns = {path: list(column) for path, column in columns.items()}

    def paths(self, object_type: str | None) -> list[ObjectPath]:
        """All paths of a type; of any type for None, and where the type has none."""
        return [path for path in self.columns if object_type in {None, path.object_type}] or list(
            self.columns
        )


def _literals(row: Row) -> Literals:
    literals: Literals = {}
    for text, value in row.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        found = [literal for literal in map(_literal, values) if literal is not None]
        if found:
            literals[parse_path(text)] = found
    return literals


def _literal(value: object) -> Scalar | None:
    """The literal that says a value; a string that is a timestamp as one. None for what no literal says."""
    if isinstance(value, datetime):
        return _timestamp(value)
    if isinstance(value, str) and is_timestamp(value):
        try:
            return read_timestamp(f"t'{value}'")
        except LiteralError:
            return value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= 10 ** (MAX_DIGITS - 1):
        return None
    return value if isinstance(value, (str, int, float, bool, Timestamp)) else None


def _timestamp(moment: datetime) -> Timestamp:
    text = moment.astimezone(timezone.utc).isoformat(timespec="microseconds")
    return read_timestamp(f"t'{text.replace('+00:00', 'Z')}'")


def _suiting(comparator: Comparator, row: Literals, object_type: str | None = None) -> list[ObjectPath]:
    """The row's paths (of a type) that hold a value of which the comparator says something."""
    return [
        path
        for path, values in row.items()
        if object_type in {None, path.object_type} and any(suits(comparator, value) for value in values)
    ]


@dataclass
class _Generator:
    """Draws patterns; see `generate_patterns`."""

    table: _Table
    chance: random.Random
    shape: Shape
    deck: list[tuple[Comparator, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chooser = Chooser(self.chance)
        self.rows_for = {
            comparator: [row for row in self.table.rows if _suiting(comparator, row)] or self.table.rows
            for comparator in self.shape.comparators
        }

    def pattern(self) -> Pattern:
        chance, shape = self.chance, self.shape
        several = shape.observation_operators and chance.random() < shape.several_observations
        operands = [self.observation() for _ in range(chance.choice([2, 2, 3]) if several else 1)]
        whole = operands[0]
        for operand in operands[1:]:
            whole = _JOIN[chance.choice(shape.observation_operators)]([whole, operand])
        return Pattern(self.qualified(whole) if several and chance.randrange(2) else whole)

    def observation(self) -> ObservationExpression:
        chance = self.chance
        budget = min(self.shape.most_comparisons, chance.choice([1, 1, 1, 2, 2, 2, 3, 3, 4, 6]))
        row = chance.choice(self.table.rows)
        object_type = (
            chance.choice(sorted({path.object_type for path in row})) if self.shape.one_type else None
        )
        word = chance.choice(["AND", "AND", "OR"])
        return self.qualified(Observation(self.group(budget, row, word, object_type)))

    def group(self, budget: int, row: Literals, word: str, object_type: str | None) -> ComparisonExpression:
        """`budget` comparisons under AND, about one row, or under OR, about several; nested at will."""
        if budget == 1:
            return self.comparison(row, object_type)
        operands: list[ComparisonExpression] = []
        while budget:
            part = min(budget if operands else budget - 1, self.chance.choice([1, 1, 2, 3]))
            about = row if word == "AND" or self.shape.one_type else self.chance.choice(self.table.rows)
            operands.append(self.group(part, about, "OR" if word == "AND" else "AND", object_type))
            budget -= part
        return comparison_and(operands) if word == "AND" else comparison_or(operands)

    def comparison(self, row: Literals, object_type: str | None) -> Comparison:
        """The next comparator of the deck, about a value of this row, or of another if none here suits it."""
        chance = self.chance
        comparator, negated = self.draw()
        suiting = _suiting(comparator, row, object_type)
        if not suiting:
            row = chance.choice(self.rows_for[comparator])
            suiting = _suiting(comparator, row, object_type) or self.table.paths(object_type)
        path = chance.choice(suiting)
        column = self.table.columns[path]
        values = row.get(path, column)
        value = chance.choice([one for one in values if suits(comparator, one)] or values)
        holds = (chance.random() < _TRUE_FOR_ITS_ROW) is not negated
        literal = self.chooser.literal(comparator, value, column, holds=holds)
        if comparator is Comparator.EXISTS and not holds:
            path = self.absent(row, path.object_type)
        elif chance.random() < _ABOUT_NOTHING:
            path = ObjectPath(path.object_type, ("x_absent",))
        return Comparison(path, comparator, literal, negated)

    def absent(self, row: Literals, object_type: str) -> ObjectPath:
        """A path that the row has no value for, if possible one that other rows have."""
        paths = [path for path in self.table.columns if path not in row]
        if self.shape.one_type:
            paths = [path for path in paths if path.object_type == object_type]
        return self.chance.choice(paths or [ObjectPath(object_type, ("x_absent",))])

    def draw(self) -> tuple[Comparator, bool]:
        """The next of a shuffled deck, in which every comparator lies as often as every other."""
        if not self.deck:
            signs = (False, True) if self.shape.negation else (False,)
            self.deck = [(one, sign) for one in self.shape.comparators for sign in signs] * _DECK_COPIES
            self.chance.shuffle(self.deck)
        return self.deck.pop()

    def qualified(self, expression: ObservationExpression) -> ObservationExpression:
        """The expression with one or two qualifiers of different kinds, or with none."""
        kinds = [kind for kind in self.shape.qualifiers if kind != "START" or self.shape.times]
        if not kinds or self.chance.random() >= self.shape.qualified:
            return expression
        for kind in self.chance.sample(kinds, min(len(kinds), self.chance.choice([1, 1, 2]))):
            expression = Qualified(expression, self.qualifier(kind))
        return expression

    def qualifier(self, kind: str) -> Qualifier:
        chance = self.chance
        if kind == "WITHIN":
            return Within(chance.choice([0.5, 1, 60, 300, 3600, 86400]))
        if kind == "REPEATS":
            return Repeats(chance.choice([1, 2, 2, 3, 5]))
        first, last = sorted(chance.choices(self.shape.times, k=2))
        first -= timedelta(seconds=chance.choice([0, 1, 60]))
        last += timedelta(milliseconds=chance.choice([1, 1000, 60000]))
        return StartStop(_timestamp(first), _timestamp(last))


def __getattr__(name: str) -> Any:
    """The strategies, which need Hypothesis."""
    if name in __all__:
        from stix_shifter_utils.testing import pattern_strategies

        return getattr(pattern_strategies, name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
