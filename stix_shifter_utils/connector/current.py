"""The connector whose code is running, for helpers of earlier releases that are not told.

Set where the core calls into a connector, per task and thread; never read off the call stack. New code passes
names.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stix_shifter_utils.config.locate import ModulePlace

_CURRENT: ContextVar[ModulePlace | None] = ContextVar("stix_shifter_connector", default=None)


def current_place() -> ModulePlace | None:
    """Where the running connector lives; None outside of any."""
    return _CURRENT.get()


def start_as(place: ModulePlace) -> None:
    """Count what follows in this task as this connector's, until another one starts.

    For a constructor, whose subclasses go on after it.
    """
    _CURRENT.set(place)


class running:  # noqa: N801  reads as a statement: `with running(place):`
    """Count what runs inside as this connector's.

    No token is kept: a coroutine may begin without an event loop and end in one, which is another context.
    """

    __slots__ = ("_before", "_place")

    def __init__(self, place: ModulePlace) -> None:
        self._place = place

    def __enter__(self) -> None:
        self._before = _CURRENT.get()
        _CURRENT.set(self._place)

    def __exit__(self, *_: object) -> None:
        _CURRENT.set(self._before)
