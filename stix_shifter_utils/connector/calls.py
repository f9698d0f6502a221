"""Calling a connector's methods: plain or async, with or without `metadata`, and with clean paging numbers.

Used by the entry point and the role classes; what the answers look like is in `answers.py`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import InvalidParameterError
from stix_shifter_utils.utils.async_utils import loop_wanted

if TYPE_CHECKING:
    from stix_shifter_utils.connector.entry_point import BaseEntryPoint

_TAKES_METADATA: dict[Any, bool] = {}
_REMEMBERED_AT_MOST = 4096


async def settle(value: Any) -> Any:
    """The value, awaited when it can be. Asks for an event loop only then, so plain connectors need none."""
    if isinstance(value, Awaitable):
        await loop_wanted()
        return await value
    return value


def takes_metadata(method: Callable[..., Any]) -> bool:
    """True when a connector's method has a place for `metadata`, by that name or any keywords.

    Looked up once per function. Published connectors differ: most results connectors take three arguments.
    """
    function = getattr(method, "__func__", method)
    try:
        return _TAKES_METADATA[function]
    except KeyError:
        known = _TAKES_METADATA if len(_TAKES_METADATA) < _REMEMBERED_AT_MOST else {}
        return known.setdefault(function, _reads_metadata(method))
    except TypeError:  # a callable object that cannot be a key
        return _reads_metadata(method)


def _reads_metadata(method: Callable[..., Any]) -> bool:
    import inspect

    try:
        parameters = inspect.signature(method).parameters
    except (TypeError, ValueError):  # a builtin without a signature
        return False
    return "metadata" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


async def call(method: Callable[..., Any], *arguments: Any, metadata: Any = None) -> Any:
    """Call a method, with `metadata` when there is some and the method takes it."""
    if metadata and takes_metadata(method):
        return await settle(method(*arguments, metadata=metadata))
    return await settle(method(*arguments))


async def ask(entry_point: BaseEntryPoint, name: str, *arguments: Any) -> Any:
    """Call a method of an entry point by name.

    The base class's own methods ask for an event loop only when a translator does; a connector's method that
    is async is given one before it starts.
    """
    from stix_shifter_utils.connector.entry_point import BaseEntryPoint

    method = getattr(entry_point, name)
    if getattr(method, "__func__", None) is getattr(BaseEntryPoint, name):
        return await method(*arguments)
    return await settle(method(*arguments))


def row_number(value: Any, name: str) -> int:
    """An offset or a length as `int`, also from the text that a command line gives.

    Raises InvalidParameterError for anything that is not a whole number of 0 or more.
    """
    number = _whole(value)
    if number is None or number < 0:
        message = f"{name} must be a whole number of 0 or more, not {value!r}"
        raise InvalidParameterError(message)
    return number


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value):
        return int(value)
    return value if isinstance(value, int) else None
