"""Giving a pattern the time window that it does not state itself; which window, the caller decides."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, cast

from stix_shifter_utils.pattern.literals import read_timestamp
from stix_shifter_utils.pattern.nodes import Node, Pattern, Qualified, StartStop, Timestamp, children
from stix_shifter_utils.pattern.plan import observations
from stix_shifter_utils.pattern.rewrite import rebuilt


def within_default_window(pattern: Pattern, start: datetime, stop: datetime) -> Pattern:
    """The pattern with START-STOP on each part that has none at all above or below it; others keep theirs.

    `start` and `stop` are aware; they are written in UTC to the millisecond.
    """
    qualifier = StartStop(_timestamp(start), _timestamp(stop))
    return Pattern(cast("Any", _qualified(pattern.expression, qualifier)))


def _qualified(node: Node, qualifier: StartStop) -> Node:
    """`node`, with the qualifier around the largest parts that state no window."""
    windows = [window for _, window in observations(cast("Any", node))]
    if all(window.start is None for window in windows):
        return Qualified(cast("Any", node), qualifier)
    if all(window.start is not None for window in windows):
        return node
    return cast("Node", rebuilt(node, [_qualified(child, qualifier) for child in children(node)]))


def _timestamp(moment: datetime) -> Timestamp:
    utc = moment.astimezone(timezone.utc)
    text = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return read_timestamp(f"t'{text}'")
