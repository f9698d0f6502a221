"""The tree of a STIX pattern: immutable nodes, AND and OR with any number of operands.

Reading, printing, planning and judging live beside this file; here is only what a pattern *is*
(STIX 2.1 specification, part 9 "STIX Patterning").

A tree may be some hundred levels deep, so nothing here recurses: nodes are compared, hashed, shown and
pickled by way of `flatten`, a list in which every node stands before its operands. To walk a tree, use
`rewrite.fold`. Literals of different kinds differ: `1`, `1.0`, `true` and `'1'` make four different
comparisons.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


class Comparator(enum.Enum):
    """A comparison operator; the value is its spelling in a pattern (§9.6.1). `EXISTS` takes no value."""

    __hash__ = object.__hash__  # members are single: hashing them need not leave C

    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER_THAN = ">"
    LESS_THAN = "<"
    GREATER_THAN_OR_EQUAL = ">="
    LESS_THAN_OR_EQUAL = "<="
    IN = "IN"
    LIKE = "LIKE"
    MATCHES = "MATCHES"
    ISSUBSET = "ISSUBSET"
    ISSUPERSET = "ISSUPERSET"
    EXISTS = "EXISTS"


class AnyIndex(enum.Enum):
    """The list step `[*]`: any element of the list."""

    ANY = "*"


ANY: Final = AnyIndex.ANY

PathStep = str | int | AnyIndex
"""A property name or dictionary key (unquoted, escapes undone), a list index, or `ANY`."""


@frozen
class ObjectPath:
    """`file:hashes.'SHA-256'`: an object type and the steps from the object to the value.

    Names are kept unquoted, so a path written with and without quotes is the same path; hash names are kept
    in the specification's spelling (`sha256` -> `SHA-256`). `str()` gives the canonical text, quoted where
    needed.
    """

    object_type: str
    steps: tuple[PathStep, ...]

    def __str__(self) -> str:
        from stix_shifter_utils.pattern.print import print_path

        return print_path(self)


@frozen
class Timestamp:
    """A timestamp literal: the text between the quotes, and the instant it names (UTC, cut to microseconds).

    Two literals are equal when they name the same instant; `digits` holds the fraction without trailing
    zeros, of any length, so that `(moment, digits)` orders instants exactly.
    """

    text: str
    moment: datetime
    digits: str = ""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Timestamp):
            return NotImplemented
        return self.moment == other.moment and self.digits == other.digits

    def __hash__(self) -> int:
        return hash((self.moment, self.digits))


@frozen
class Hex:
    """A hex literal, `h'0aff'`."""

    data: bytes


@frozen
class Binary:
    """A binary literal, `b'AAEC'` (base64)."""

    data: bytes


Scalar = str | int | float | bool | Timestamp | Hex | Binary
Literal = Scalar | tuple[Scalar, ...] | None
"""What stands right of a comparator: one value, a tuple for IN, `None` for EXISTS."""


class _Nested:
    """What nodes that hold nodes share: equality, hash, text and pickling without recursion."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        # subclasses are all nodes
        return self is other or flatten(self) == flatten(other)  # type: ignore[arg-type]

    def __hash__(self) -> int:
        return hash(tuple(flatten(self)))  # type: ignore[arg-type]  # as above

    def __repr__(self) -> str:
        from stix_shifter_utils.pattern.print import print_node

        return f"<{type(self).__name__} {print_node(self)}>"  # type: ignore[arg-type]  # as above

    def __reduce__(self) -> tuple[Any, ...]:
        return unflatten, (flatten(self),)  # type: ignore[arg-type]  # as above

    def __copy__(self) -> _Nested:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> _Nested:
        return self


@frozen
class Comparison:
    """`path NOT? comparator value`. `offset` is the place of the path in the pattern text, -1 when unknown.

    The offset is not compared. Values are equal only when their kinds are.
    """

    path: ObjectPath
    comparator: Comparator
    value: Literal
    negated: bool = False
    offset: int = -1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Comparison):
            return NotImplemented
        return (
            self.path == other.path
            and self.comparator is other.comparator
            and self.negated == other.negated
            and _same_literal(self.value, other.value)
        )

    def __hash__(self) -> int:
        return hash((self.path, self.comparator.value, self.negated, self.value))


def _same_literal(one: Literal, other: Literal) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same_literal, one, other))
    return one == other


@frozen
class ComparisonAnd(_Nested):
    """Two or more comparison expressions, all of which hold; in text order, no operand is itself an AND."""

    operands: tuple[ComparisonExpression, ...]


@frozen
class ComparisonOr(_Nested):
    """Two or more comparison expressions, any of which holds; in text order, no operand is itself an OR."""

    operands: tuple[ComparisonExpression, ...]


ComparisonExpression = Comparison | ComparisonAnd | ComparisonOr


@frozen
class Observation(_Nested):
    """`[...]`: a comparison expression judged within one observed-data."""

    expression: ComparisonExpression


@frozen
class ObservationAnd(_Nested):
    """Two or more observation expressions, all satisfied, by different observations (§9.5.2).

    None of them is itself an AND.
    """

    operands: tuple[ObservationExpression, ...]


@frozen
class ObservationOr(_Nested):
    """Two or more observation expressions, any of which is satisfied; none is itself an OR."""

    operands: tuple[ObservationExpression, ...]


@frozen
class ObservationFollowedBy(_Nested):
    """Two or more observation expressions, each satisfied not before those left of it.

    The operator groups from the left (the grammar's rule), so `a FOLLOWEDBY b FOLLOWEDBY c` and
    `(a FOLLOWEDBY b) FOLLOWEDBY c` are one node. `a FOLLOWEDBY (b FOLLOWEDBY c)` keeps its inner node: the
    specification does not say that the operator is associative. Only the first operand is never a FOLLOWEDBY.
    """

    operands: tuple[ObservationExpression, ...]


@frozen
class StartStop:
    """`START t'...' STOP t'...'`: start <= t < stop, both aware."""

    start: Timestamp
    stop: Timestamp


@frozen
class Within:
    """`WITHIN n SECONDS`, n > 0."""

    seconds: int | float


@frozen
class Repeats:
    """`REPEATS n TIMES`, n >= 1."""

    times: int


Qualifier = StartStop | Within | Repeats


@frozen
class Qualified(_Nested):
    """An observation expression with one qualifier; several qualifiers nest, the last written outermost."""

    expression: ObservationExpression
    qualifier: Qualifier


ObservationExpression = Observation | ObservationAnd | ObservationOr | ObservationFollowedBy | Qualified


@frozen
class Pattern(_Nested):
    """A whole pattern."""

    expression: ObservationExpression

    def __str__(self) -> str:
        from stix_shifter_utils.pattern.print import print_pattern

        return print_pattern(self)

    def comparisons(self) -> Iterator[Comparison]:
        """All comparisons in text order."""
        from stix_shifter_utils.pattern.rewrite import comparisons

        return comparisons(self.expression)


Node = Pattern | ObservationExpression | ComparisonExpression

_NARY: Final = (ComparisonAnd, ComparisonOr, ObservationAnd, ObservationOr, ObservationFollowedBy)


def children(node: Node) -> tuple[Any, ...]:
    """The nodes directly below `node`, in text order; empty for a comparison."""
    if isinstance(node, _NARY):
        return node.operands
    return () if isinstance(node, Comparison) else (node.expression,)


def flatten(node: Node) -> list[object]:
    """The tree as a list: each node's kind and number of operands (or its qualifier) before its operands."""
    flat: list[object] = []
    stack: list[Node] = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, Comparison):
            flat.append(top)
        elif isinstance(top, _NARY):
            flat.append((type(top), len(top.operands)))
            stack.extend(reversed(top.operands))
        else:
            flat.append((type(top), top.qualifier if isinstance(top, Qualified) else None))
            stack.append(top.expression)
    return flat


def unflatten(flat: list[Any]) -> Any:
    """The tree that `flatten` made the list of."""
    made: list[Any] = []
    for item in reversed(flat):
        if isinstance(item, Comparison):
            made.append(item)
            continue
        kind, detail = item
        if kind in _NARY:
            operands = tuple(made[: -detail - 1 : -1])
            del made[-detail:]
            made.append(kind(operands))
        elif kind is Qualified:
            made.append(Qualified(made.pop(), detail))
        else:
            made.append(kind(made.pop()))
    return made[0]
