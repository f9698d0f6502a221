"""Rows by plan: the plan of a row's shape, once enough rows of the shape came by. What a plan is: `plan`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.results.plan import Bind, make_plan
from stix_shifter_utils.results.shapes import ShapelessError, quick_test, shape_of
from stix_shifter_utils.results.slots import InexactError, UnforeseenError
from stix_shifter_utils.stix.ids import own_id_maker

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from stix_shifter_utils.results.build import Object
    from stix_shifter_utils.results.compile import ResultsMapping
    from stix_shifter_utils.results.report import ResultsReport

ROWS_BEFORE_PLAN: Final = 32
"""Rows of a shape that are taken in the general way first: a plan costs as much as making some of them."""
MOST_PLANS: Final = 256
"""Plans per map, and a tenth of the shapes that are counted: there are sources whose rows all differ."""


@dataclass(slots=True)
class _Store:
    """What is known of a map's rows, over all streams. None: no plan is possible for the shape."""

    plans: dict[Hashable, Bind | None] = field(default_factory=dict)
    needs_exact: set[Hashable] = field(default_factory=set)
    seen: dict[Hashable, int] = field(default_factory=dict)


class PlannedRows:
    """The rows of one stream that can be taken by plan."""

    def __init__(
        self,
        mapping: ResultsMapping,
        contributing: Mapping[str, tuple[str, ...]],
        identity_id: str,
        key_of: Callable[[Mapping[str, Any]], bytes],
        now: str,
        report: ResultsReport,
        *,
        keeps_unmapped: bool,
    ) -> None:
        self._level, self._version = mapping.level, mapping.version
        self._contributing, self._keeps_unmapped = contributing, keeps_unmapped
        self._store: _Store = mapping.plans.setdefault((id(contributing), keeps_unmapped), _Store())
        own = partial(own_id_maker, identity_id)
        self._arguments = (own, key_of, identity_id, now, report.dropped, report.partial)
        self._bound: dict[Hashable, Any] = {}
        self._tests: dict[Hashable, Callable[[dict[str, Any]], bool]] = {}
        self._test: Callable[[dict[str, Any]], bool] = _not_by_this  # whether `_plan` is the one for a row
        self._plan: Any = _not_by_this

    def objects_of(self, row: dict[str, Any]) -> list[Object] | None:
        """The objects of a row, or None when it has to be taken in the general way."""
        found: list[Object] | None = self._plan(row) if self._test(row) else None
        if found is not None:
            return found
        try:
            shape = shape_of(self._level, row)
            plan = self._bound.get(shape) or self._find(shape, row, is_exact=False)
            if plan is None:
                return None
            found = plan(row)
            if found is None:
                shape = ("exact", shape_of(self._level, row, True))
                plan = self._bound.get(shape) or self._find(shape, row, is_exact=True)
                found = plan and plan(row)
            else:
                self._expect(shape, row, plan)
        except ShapelessError:
            return None
        return found

    def _expect(self, shape: Hashable, row: dict[str, Any], plan: Any) -> None:
        """Try this row's plan on the next row first."""
        test = self._tests.get(shape)
        if test is None:
            test = self._tests[shape] = quick_test(self._level, row)
        self._test, self._plan = test, plan

    def _find(self, shape: Hashable, row: dict[str, Any], *, is_exact: bool) -> Any:
        """The plan of a shape; None while there is none."""
        store = self._store
        if shape in store.needs_exact:
            self._bound[shape] = _not_by_this
            return _not_by_this
        if shape not in store.plans and not self._is_due(shape):
            return None
        if shape not in store.plans:
            self._make(shape, row, is_exact=is_exact)
        bind = store.plans.get(shape)
        if bind is None:
            return _not_by_this if shape in store.needs_exact else None
        plan = self._bound[shape] = bind(*self._arguments)
        return plan

    def _is_due(self, shape: Hashable) -> bool:
        store = self._store
        if len(store.plans) >= MOST_PLANS:
            return False
        if len(store.seen) >= 10 * MOST_PLANS:
            store.seen.clear()
        store.seen[shape] = seen = store.seen.get(shape, 0) + 1
        return seen > ROWS_BEFORE_PLAN

    def _make(self, shape: Hashable, row: dict[str, Any], *, is_exact: bool) -> None:
        store = self._store
        try:
            store.plans[shape] = make_plan(
                self._level, row, self._version, self._contributing,
                is_exact=is_exact, keeps_unmapped=self._keeps_unmapped,
            )  # fmt: skip
        except InexactError:
            store.needs_exact.add(shape)
        except UnforeseenError:
            store.plans[shape] = None


def _not_by_this(_row: dict[str, Any]) -> Any:
    """The plan of a shape that has plans for its exact shapes only."""
