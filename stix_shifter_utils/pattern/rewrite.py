"""Walking and rewriting trees without recursion; what is done at each node is the caller's.

A rewrite returns a new tree and shares what did not change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from stix_shifter_utils.pattern.nodes import (
    Comparison,
    ComparisonAnd,
    ComparisonExpression,
    ComparisonOr,
    Node,
    Observation,
    ObservationAnd,
    ObservationExpression,
    ObservationFollowedBy,
    ObservationOr,
    Pattern,
    Qualified,
    children,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
N = TypeVar("N", bound=Node)


def comparisons(expression: Node) -> Iterator[Comparison]:
    """All comparisons in text order."""
    stack: list[Node] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Comparison):
            yield node
        else:
            stack.extend(reversed(children(node)))


def fold(expression: Node, combine: Callable[[Node, tuple[T, ...]], T]) -> T:
    """The result of the whole, from the results of the parts.

    `combine(node, results)` is called once for every node, each node after its operands; `results` are
    theirs in text order, none for a comparison.
    """
    stack: list[tuple[Node, bool]] = [(expression, False)]
    done: list[T] = []
    while stack:
        node, ready = stack.pop()
        below = children(node)
        if not ready and below:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(below))
            continue
        first = len(done) - len(below)
        results = tuple(done[first:])
        del done[first:]
        done.append(combine(node, results))
    return done[0]


def comparison_and(operands: Iterable[ComparisonExpression]) -> ComparisonExpression:
    """AND of one or more expressions: operands that are ANDs are spliced in, a single one is itself."""
    return cast("ComparisonExpression", _joined(ComparisonAnd, operands))


def comparison_or(operands: Iterable[ComparisonExpression]) -> ComparisonExpression:
    """OR of one or more expressions: operands that are ORs are spliced in, a single one is itself."""
    return cast("ComparisonExpression", _joined(ComparisonOr, operands))


def observation_and(operands: Iterable[ObservationExpression]) -> ObservationExpression:
    """AND of one or more observation expressions, flattened."""
    return cast("ObservationExpression", _joined(ObservationAnd, operands))


def observation_or(operands: Iterable[ObservationExpression]) -> ObservationExpression:
    """OR of one or more observation expressions, flattened."""
    return cast("ObservationExpression", _joined(ObservationOr, operands))


def followed_by(operands: Iterable[ObservationExpression]) -> ObservationExpression:
    """FOLLOWEDBY of one or more observation expressions; only the first operand is spliced in."""
    flat = list(operands)
    if isinstance(flat[0], ObservationFollowedBy):
        flat[:1] = flat[0].operands
    return flat[0] if len(flat) == 1 else ObservationFollowedBy(tuple(flat))


def _joined(kind: Callable[[tuple[Any, ...]], Any], operands: Iterable[Any]) -> Any:
    flat: list[Any] = []
    for operand in operands:
        if type(operand) is kind:
            flat.extend(operand.operands)
        else:
            flat.append(operand)
    if not flat:
        msg = "an AND or OR needs at least one operand"
        raise ValueError(msg)
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


_JOIN: dict[type, Callable[[Any], Any]] = {
    ComparisonAnd: comparison_and,
    ComparisonOr: comparison_or,
    ObservationAnd: observation_and,
    ObservationOr: observation_or,
    ObservationFollowedBy: followed_by,
}


def map_comparisons(
    expression: N,
    change: Callable[[Comparison], ComparisonExpression | None],
    *,
    and_takes_all: bool = False,
) -> N | None:
    """A new tree with every comparison replaced by what `change` returns; `None` removes it.

    A removed part leaves the rest of its OR; it leaves the rest of its AND too, or with `and_takes_all`
    takes the whole AND inside the brackets along (the classic rule for unmapped comparisons). Observation
    operators keep what is left of their operands. An operator with one operand left is that operand;
    nothing left is `None`. Unchanged parts are the same objects as before.
    """

    def combine(node: Node, results: tuple[Any, ...]) -> Any:
        if isinstance(node, Comparison):
            return change(node)
        if all(new is old for new, old in zip(results, children(node), strict=True)):
            return node
        kept = [result for result in results if result is not None]
        if not kept or (and_takes_all and isinstance(node, ComparisonAnd) and len(kept) < len(results)):
            return None
        return rebuilt(node, kept)

    return cast("N | None", fold(expression, combine))


def rebuilt(node: Node, operands: list[Any]) -> Any:
    """`node` with other nodes below it; an operator flattens, and vanishes around a single operand."""
    join = _JOIN.get(type(node))
    if join is not None:
        return join(operands)
    if isinstance(node, Qualified):
        return Qualified(operands[0], node.qualifier)
    return Pattern(operands[0]) if isinstance(node, Pattern) else Observation(operands[0])
