"""Two small helpers that stand beside the HTTP clients of earlier releases; nothing here uses them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class InterruptableThread(threading.Thread):
    """A thread that does not keep the program running and keeps what its function gave back in `_result`."""

    def __init__(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(daemon=True)
        self._func, self._call = func, (args, kwargs)
        self._result: Any = None

    def run(self) -> None:
        """Call the function; an exception ends the thread as it ends any other."""
        args, kwargs = self._call
        self._result = self._func(*args, **kwargs)


def exception_catcher(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What the function gives back, or the exception that it raised."""
    try:
        return func(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 -- handing back whatever was raised is what it is for
        return error
