"""The tree that connectors of earlier releases walk: binary nodes, writable, fresh for every call.

Our own code reads `nodes`; here are only the published classes with their quirks, and the way from one to
the other. The texts of nodes count too: connectors search them for the names of operators.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import UnsupportedComparatorError
from stix_shifter_utils.pattern import nodes
from stix_shifter_utils.pattern.classic_brackets import Brackets
from stix_shifter_utils.pattern.literals import read_timestamp
from stix_shifter_utils.pattern.print import print_literal, print_path
from stix_shifter_utils.pattern.rewrite import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from stix_shifter_utils.pattern.classic_brackets import Nested, Span

MAX_CHAIN: Final = 200
"""Operands that nest one by one, as connectors know them; more nest in halves, for connectors recurse."""


class _Member(enum.Enum):
    """`str()` gives the key of operators.json (`ComparisonComparators.Equal`), `repr()` the bare name."""

    def __repr__(self) -> str:
        return self.name


class ComparisonComparators(_Member):
    """Comparison operators."""

    Equal = 0
    NotEqual = 1
    GreaterThan = 2
    LessThan = 3
    GreaterThanOrEqual = 4
    LessThanOrEqual = 5
    In = 6
    Like = 7
    Matches = 8
    IsSuperSet = 9
    IsSubSet = 10


class ComparisonExpressionOperators(_Member):
    """What joins comparisons."""

    And = 0
    Or = 1


class ObservationOperators(_Member):
    """What joins observation expressions."""

    And = 0
    Or = 1
    FollowedBy = 2


def _check(name: str, *pairs: tuple[object, type | tuple[type, ...]]) -> None:
    if not all(isinstance(value, kind) for value, kind in pairs):
        message = f"{name} constructor called with wrong types"
        raise RuntimeWarning(message)


class BasePattern:
    """What a pattern is."""


class BaseObservationExpression:
    """What an observation expression is; a qualifier is none."""


class BaseComparisonExpression:
    """What stands inside the brackets of an observation expression."""


class BaseQualifier:
    """What a qualifier is."""


class STIX2Value:
    """A value that is more than a Python value."""


class SetValue(STIX2Value):
    """The values of an IN; `str()` writes them as `('a', 'b')`."""

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self.values: list[Any] = list(values)
        self.is_open = True

    def append(self, value: Any) -> None:
        """Add a value to a set that is still open."""
        if not self.is_open:
            message = "the set is closed"
            raise RuntimeError(message)
        self.values.append(value)

    def close(self) -> None:
        """Let no more values in."""
        self.is_open = False

    def element_iterator(self) -> Iterator[str]:
        """The values as texts."""
        return (str(value) for value in self.values)

    def __str__(self) -> str:
        texts = (f"'{value}'" if isinstance(value, str) else str(value) for value in self.values)
        return f"({', '.join(texts)})"


class ComparisonExpression(BaseComparisonExpression):
    """`object_path comparator value`; all attributes may be written to."""

    def __init__(
        self, object_path: str, value: Any, comparator: ComparisonComparators, negated: bool = False
    ) -> None:
        _check("ComparisonExpression", (object_path, str), (comparator, ComparisonComparators))
        self.object_path, self.value = object_path, value
        self.comparator, self.negated = comparator, negated

    def __repr__(self) -> str:
        return f"ComparisonExpression({self.object_path} {self.comparator} {self.value})"


class CombinedComparisonExpression(BaseComparisonExpression):
    """Two comparison expressions; `expr1` is the one that stands later in the text."""

    def __init__(
        self,
        expr1: BaseComparisonExpression,
        expr2: BaseComparisonExpression,
        operator: ComparisonExpressionOperators,
    ) -> None:
        kind = BaseComparisonExpression
        _check(
            "CombinedComparisonExpression",
            (expr1, kind),
            (expr2, kind),
            (operator, ComparisonExpressionOperators),
        )
        self.expr1, self.expr2, self.operator = expr1, expr2, operator

    def __repr__(self) -> str:
        return f"CombinedComparisonExpression({self.expr1} {self.operator} {self.expr2})"


class ObservationExpression(BaseObservationExpression):
    """`[...]`."""

    def __init__(self, comparison_expression: BaseComparisonExpression) -> None:
        _check("ObservationExpression", (comparison_expression, BaseComparisonExpression))
        self.comparison_expression = comparison_expression

    def __repr__(self) -> str:
        return f"ObservationExpression({self.comparison_expression})"


class CombinedObservationExpression(BaseObservationExpression):
    """Two observation expressions in text order; either may be a qualifier."""

    def __init__(
        self,
        expr1: BaseObservationExpression | BaseQualifier,
        expr2: BaseObservationExpression | BaseQualifier,
        operator: ObservationOperators,
    ) -> None:
        kinds = (BaseObservationExpression, BaseQualifier)
        _check(
            "CombinedObservationExpression", (expr1, kinds), (expr2, kinds), (operator, ObservationOperators)
        )
        self.expr1, self.expr2, self.operator = expr1, expr2, operator

    def __repr__(self) -> str:
        return f"CombinedObservationExpression({self.expr1} {self.operator} {self.expr2})"


class Qualifier(BaseQualifier):
    """An observation expression with the text of its qualifier, written without spaces."""

    def __init__(self, qualifier: str, observation_expression: BaseObservationExpression) -> None:
        _check(type(self).__name__, (qualifier, str), (observation_expression, BaseObservationExpression))
        self.qualifier, self.observation_expression = qualifier, observation_expression


class StartStopQualifier(Qualifier):
    """`STARTt'...'STOPt'...'`; `start` and `stop` are texts such as `t'2020-01-01T00:00:00Z'`."""

    def __init__(
        self, qualifier: str, observation_expression: BaseObservationExpression, start: str, stop: str
    ) -> None:
        super().__init__(qualifier, observation_expression)
        _check("StartStopQualifier", (start, str), (stop, str))
        self.start, self.stop = start, stop

    def __repr__(self) -> str:
        inner = f"start={self.start}, stop={self.stop}, observation_expression={self.observation_expression}"
        return f"StartStopQualifier({self.qualifier}, {inner})"

    @property
    def start_iso(self) -> str:
        """The start without its `t'...'`."""
        return self.start.removeprefix("t").strip("'")

    @property
    def stop_iso(self) -> str:
        """The stop without its `t'...'`."""
        return self.stop.removeprefix("t").strip("'")


class Pattern(BasePattern):
    """A whole pattern."""

    def __init__(
        self, expression: BaseObservationExpression | BaseQualifier, qualifier: BaseQualifier | None = None
    ) -> None:
        _check("Pattern", (expression, (BaseObservationExpression, BaseQualifier)))
        self.expression = expression
        if qualifier is not None:  # an attribute of this name marks a qualifier, for some connectors
            self.qualifier = qualifier

    def __repr__(self) -> str:
        return f"Pattern[{self.expression}]"


_COMPARATORS: Final = {
    nodes.Comparator.EQUAL: ComparisonComparators.Equal,
    nodes.Comparator.NOT_EQUAL: ComparisonComparators.NotEqual,
    nodes.Comparator.GREATER_THAN: ComparisonComparators.GreaterThan,
    nodes.Comparator.LESS_THAN: ComparisonComparators.LessThan,
    nodes.Comparator.GREATER_THAN_OR_EQUAL: ComparisonComparators.GreaterThanOrEqual,
    nodes.Comparator.LESS_THAN_OR_EQUAL: ComparisonComparators.LessThanOrEqual,
    nodes.Comparator.IN: ComparisonComparators.In,
    nodes.Comparator.LIKE: ComparisonComparators.Like,
    nodes.Comparator.MATCHES: ComparisonComparators.Matches,
    nodes.Comparator.ISSUPERSET: ComparisonComparators.IsSuperSet,
    nodes.Comparator.ISSUBSET: ComparisonComparators.IsSubSet,
}
_COMPARISON_OPERATORS: Final = {
    nodes.ComparisonAnd: ComparisonExpressionOperators.And,
    nodes.ComparisonOr: ComparisonExpressionOperators.Or,
}
_OBSERVATION_OPERATORS: Final = {
    nodes.ObservationAnd: ObservationOperators.And,
    nodes.ObservationOr: ObservationOperators.Or,
    nodes.ObservationFollowedBy: ObservationOperators.FollowedBy,
}


def _canonical(comparison: nodes.Comparison) -> str:
    return print_path(comparison.path)


def classic_tree(
    pattern: nodes.Pattern, path_text: Callable[[nodes.Comparison], str] = _canonical, text: str = ""
) -> Pattern:
    r"""The published classes for a pattern, new objects each time.

    Operands nest from the left up to 200 of them, inside brackets with the later one as `expr1`; more nest
    in halves. WITHIN and REPEATS are left out; of START-STOP straight around START-STOP one with their
    common window is left. Strings keep a backslash before their quotes (`it\'s`), as the published parser
    left it; hex and binary literals are their text, timestamps `datetime`. `path_text` says how a path is
    spelled where its canonical text will not do; `text`, which the pattern was read from, gives operands
    the parentheses that they have there.

    Raises UnsupportedComparatorError for EXISTS, which these classes cannot say.
    """
    brackets = Brackets(text)
    spans: dict[int, Span] = {}

    def arranged(node: nodes.Node, results: tuple[Any, ...]) -> Nested[Any]:
        places = (spans[id(operand)] for operand in nodes.children(node))
        return brackets.arranged(list(zip(results, places, strict=True)))

    def combine(node: nodes.Node, results: tuple[Any, ...]) -> Any:
        kind = type(node)
        if isinstance(node, nodes.Comparison):
            spans[id(node)] = node.offset, node.offset
            return _comparison(node, path_text(node))
        below = nodes.children(node)
        spans[id(node)] = spans[id(below[0])][0], spans[id(below[-1])][1]
        if kind in _COMPARISON_OPERATORS:
            operator = _COMPARISON_OPERATORS[kind]
            return _nested(
                arranged(node, results), lambda one, two: CombinedComparisonExpression(two, one, operator)
            )
        if kind in _OBSERVATION_OPERATORS:
            joint = _OBSERVATION_OPERATORS[kind]
            return _nested(
                arranged(node, results), lambda one, two: CombinedObservationExpression(one, two, joint)
            )
        if isinstance(node, nodes.Qualified):
            return _qualified(node.qualifier, results[0])
        return Pattern(results[0]) if isinstance(node, nodes.Pattern) else ObservationExpression(results[0])

    tree: Pattern = fold(pattern, combine)
    return tree


def _comparison(comparison: nodes.Comparison, path: str) -> ComparisonExpression:
    if comparison.comparator is nodes.Comparator.EXISTS:
        who = "a connector that walks classic trees"
        raise UnsupportedComparatorError(comparison.comparator.value, path, who)
    comparator = _COMPARATORS[comparison.comparator]
    return ComparisonExpression(path, _value(comparison.value), comparator, comparison.negated)


def _value(value: nodes.Literal) -> Any:
    if isinstance(value, str):
        return value.replace("'", "\\'")
    if isinstance(value, nodes.Timestamp):
        return value.moment
    if isinstance(value, (nodes.Hex, nodes.Binary)):
        return print_literal(value)
    if isinstance(value, tuple):
        members = SetValue(map(_value, value))
        members.close()
        return members
    return value


def _nested(arranged: Nested[Any], join: Callable[[Any, Any], Any]) -> Any:
    operands = [_nested(one, join) if isinstance(one, list) else one for one in arranged]
    if len(operands) <= MAX_CHAIN:
        tree = operands[0]
        for operand in operands[1:]:
            tree = join(tree, operand)
        return tree
    level = operands
    while len(level) > 1:
        pairs = [join(one, two) for one, two in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def _qualified(qualifier: nodes.Qualifier, expression: Any) -> Any:
    if not isinstance(qualifier, nodes.StartStop):
        return expression
    first, last = qualifier.start, qualifier.stop
    if isinstance(
        expression, StartStopQualifier
    ):  # of two windows straight around one another, what is common
        first = max(first, read_timestamp(expression.start), key=_instant)
        last = min(last, read_timestamp(expression.stop), key=_instant)
        expression = expression.observation_expression
    start, stop = print_literal(first), print_literal(last)
    return StartStopQualifier(f"START{start}STOP{stop}", expression, start, stop)


def _instant(timestamp: nodes.Timestamp) -> tuple[datetime, str]:
    return timestamp.moment, timestamp.digits
