"""REST filter parameters (`?ip=…&severity__gte=3&from=…`): data, one set of parameters per request.

Such APIs have no OR and no NOT: an OR becomes several requests, whose rows together are the answer; what is
negated, and text that is not equal to a value, is checked here. What such an API makes of a value (case,
parts of words) is its own affair, so nothing is ever called exact. Sending the requests is the client's work.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.answers import Scope
from stix_shifter_utils.query.compiler import QueryCompiler
from stix_shifter_utils.query.conditions import Between, Bound, Condition, InBlock, OneOf, View
from stix_shifter_utils.query.families.lucene_terms import decimal_text
from stix_shifter_utils.query.families.plain_values import is_writable, network
from stix_shifter_utils.query.judging import Written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stix_shifter_utils.pattern import TimeWindow

T = TypeVar("T")
Params = frozenset[tuple[str, str]]
Requests = tuple[Params, ...]
_SECOND: Final = timedelta(seconds=1)


class RestParamsCompiler(QueryCompiler[Requests]):
    """Parameters. A connector says how its API names them; a query is a list of objects, one per request."""

    dialect: ClassVar = "REST parameters"

    names: ClassVar[Mapping[Comparator, str]] = {
        Comparator.EQUAL: "{field}",
        Comparator.IN: "{field}",
        Comparator.GREATER_THAN_OR_EQUAL: "{field}__gte",
        Comparator.LESS_THAN_OR_EQUAL: "{field}__lte",
    }
    """What a parameter is called; a comparator that is not here is asked for by a weaker one, or not at all.

    ISSUBSET, where it is here, takes a CIDR block.
    """

    start: ClassVar[str] = "start"
    stop: ClassVar[str] = "end"
    """The parameters of the time window; empty where the API has none."""

    separator: ClassVar[str] = ","
    """What stands between the values of a list; empty where each value needs a request."""

    most_requests: ClassVar[int] = 50
    """Requests of one query; what would take more is asked for by fewer, wider ones."""

    def has(self, comparator: Comparator) -> bool:
        return True  # each that the API lacks is asked for as nearly as it can

    # Joining.

    def all_of(self, parts: Sequence[Requests]) -> Requests:
        """Every pair of requests as one; of two values for one parameter the first stays."""
        found: Requests = (frozenset(),)
        for part in sorted(parts, key=len):
            if len(found) * len(part) > self.most_requests:
                break
            found = tuple(dict.fromkeys(_merged(one, other) for one in found for other in part))
        return found

    def any_of(self, parts: Sequence[Requests]) -> Requests:
        every = tuple(dict.fromkeys(request for part in parts for request in part))
        return every if len(every) <= self.most_requests else (frozenset.intersection(*every),)

    def nothing(self) -> None:
        """There are no words for it."""

    def finish(
        self, condition: Requests | None, window: TimeWindow, limit: int | None
    ) -> list[dict[str, str]]:
        return [dict(sorted(request)) for request in condition or (frozenset(),)]

    # Windows and conditions.

    def in_window(self, window: TimeWindow) -> tuple[Requests | Scope, bool]:
        bounds = {self.start: window.start, self.stop: _whole(window.stop)}
        said = frozenset((name, self.timestamp(at)) for name, at in bounds.items() if name and at is not None)
        whole = window.start is None and window.stop is None
        return ((said,), False) if said else (Scope.ALL, whole)

    def timestamp(self, moment: datetime) -> str:
        """A time as the API takes it: whole seconds in UTC."""
        return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def write(self, condition: Condition, *, checked: bool) -> Written[Requests] | None:
        demand, field, kind = condition.demand, condition.field.field, condition.field.kind.kind
        if condition.negated or condition.view is not View.VALUE:
            return None
        requests: Requests | None = None
        if isinstance(demand, OneOf):
            if condition.fold and checked and kind is not Kind.TEXT_NOCASE:
                return None
            requests = self._values(field, [_spelled(value) for value in demand.values])
        elif isinstance(demand, InBlock) and Comparator.ISSUBSET in self.names:
            requests = self._values(field, [network(demand.block)], Comparator.ISSUBSET)
        elif isinstance(demand, Between):
            requests = self._between(field, demand)
        return None if requests is None else Written(requests, exact=False)

    def _values(
        self, field: str, values: Sequence[str], comparator: Comparator = Comparator.EQUAL
    ) -> Requests | None:
        known = [value for value in dict.fromkeys(values) if is_writable(value)]
        if not known or comparator not in self.names:
            return None
        name = self.names[comparator].format(field=field)
        if len(known) == 1:
            return (frozenset({(name, known[0])}),)
        joined = self.separator and not any(self.separator in value for value in known)
        if joined and Comparator.IN in self.names:
            listed = (self.names[Comparator.IN].format(field=field), self.separator.join(known))
            return (frozenset({listed}),)
        return self.any_of([(frozenset({(name, value)}),) for value in known])

    def _between(self, field: str, demand: Between) -> Requests | None:
        ends = {
            Comparator.GREATER_THAN_OR_EQUAL: demand.low,
            Comparator.LESS_THAN_OR_EQUAL: _whole(demand.high),
        }
        said = frozenset(
            (self.names[comparator].format(field=field), self._bound(bound))
            for comparator, bound in ends.items()
            if bound is not None and comparator in self.names
        )
        return (said,) if said else None

    def _bound(self, bound: Bound) -> str:
        if isinstance(bound, datetime):
            return self.timestamp(bound)
        return bound if isinstance(bound, str) else decimal_text(bound)


def _merged(one: Params, other: Params) -> Params:
    known = {name for name, _ in one}
    return one | {(name, value) for name, value in other if name not in known}


def _whole(bound: T) -> T | datetime:
    """A time rounded up to a second; anything else as it is."""
    if not isinstance(bound, datetime) or not bound.microsecond:
        return bound
    return bound.replace(microsecond=0) + _SECOND


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return decimal_text(value) if isinstance(value, (int, float, Decimal)) else str(value)
