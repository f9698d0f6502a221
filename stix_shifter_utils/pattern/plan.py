"""What a source is asked for: each observation expression with the window of time that applies to it.

Grouping by window and turning them into native queries is the query package's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter_utils.pattern.nodes import (
    Observation,
    ObservationExpression,
    Pattern,
    Qualified,
    StartStop,
    children,
)
from stix_shifter_utils.pattern.window import TimeWindow

if TYPE_CHECKING:
    from collections.abc import Iterator


def observations(expression: ObservationExpression | Pattern) -> Iterator[tuple[Observation, TimeWindow]]:
    """Each `[...]` in text order, with the intersection of all START-STOP above it.

    The window is `TimeWindow.ALL` without any, and empty where nested ones have no common instant. WITHIN and
    REPEATS do not narrow it.
    """
    stack: list[tuple[ObservationExpression | Pattern, TimeWindow]] = [(expression, TimeWindow.ALL)]
    while stack:
        node, window = stack.pop()
        if isinstance(node, Observation):
            yield node, window
            continue
        if isinstance(node, Qualified) and isinstance(node.qualifier, StartStop):
            window = window.intersect(TimeWindow(node.qualifier.start.moment, node.qualifier.stop.moment))
        stack.extend((child, window) for child in reversed(children(node)))
