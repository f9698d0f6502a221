"""Windows as conditions on the fields that say when a row was seen, and comparators that a source has not.

For families whose languages compare these fields like any other; a language with words of its own for the
span of a query needs none of it.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from stix_shifter_utils.pattern import TimeWindow
from stix_shifter_utils.query.answers import Scope
from stix_shifter_utils.query.compiler import QueryCompiler
from stix_shifter_utils.query.unmapped import CLASSIC_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.mapping import DialectMapping, FieldBinding
    from stix_shifter_utils.pattern import Comparator
    from stix_shifter_utils.query.capabilities import Capabilities
    from stix_shifter_utils.query.options import CompilerOptions

F = TypeVar("F")
_KEPT_WINDOWS: Final = 1024  # a compiler lives long, and every call brings a window of its own


class FieldWindows(QueryCompiler[F]):
    """Override `bounds`. Where several fields say when a row was seen, each end of a window is any one's."""

    both_ends_at_once: ClassVar[bool] = False
    """Whether both ends are one condition where there is one such field."""

    def __init__(
        self,
        mapping: DialectMapping,
        options: CompilerOptions | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        super().__init__(mapping, options, capabilities)
        self._windows: dict[TimeWindow, tuple[F | Scope, bool]] = {}
        self._clocks: tuple[list[FieldBinding], bool] | None = None

    @abstractmethod
    def bounds(self, binding: FieldBinding, window: TimeWindow) -> tuple[F | None, bool]:
        """That a field lies in a window, and whether the condition is just that; None where there is none."""

    def in_window(self, window: TimeWindow) -> tuple[F | Scope, bool]:
        found = self._windows.get(window)
        if found is None:
            if len(self._windows) >= _KEPT_WINDOWS:
                self._windows.clear()
            found = self._windows[window] = self._in_window(window)
        return found

    def _in_window(self, window: TimeWindow) -> tuple[F | Scope, bool]:
        if window.start is None and window.stop is None:
            return Scope.ALL, True
        if self._clocks is None:
            self._clocks = self.time_bindings()
        bindings, certain = self._clocks
        halves = [TimeWindow(window.start, None), TimeWindow(None, window.stop)]
        parts: list[F] = []
        for half in [window] if self.both_ends_at_once and len(bindings) == 1 else halves:
            written = [self.bounds(binding, half) for binding in bindings]
            known = [part for part, _ in written if part is not None]
            parts += [self.any_of(known)] if known and (half.start or half.stop) else []
            certain = certain and len(known) == len(written) and all(exact for _, exact in written)
        return (self.all_of(parts), certain) if parts else (Scope.ALL, False)


def removed_comparators(operators: Mapping[str, Any]) -> frozenset[Comparator]:
    """The comparators that operators.json takes away, by null or an empty text."""
    keys = {comparator: f"ComparisonComparators.{name}" for comparator, name in CLASSIC_NAMES.items()}
    return frozenset(one for one, key in keys.items() if key in operators and not operators[key])
