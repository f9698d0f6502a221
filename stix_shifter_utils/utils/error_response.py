"""The classic error responder, for connectors that fill error dictionaries themselves.

New connectors raise the typed errors of `stix_shifter_utils.errors`; their codes need no table of words. This
file holds the only one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from stix_shifter_utils.errors import ErrorCode

__all__ = ["ErrorCode", "ErrorResponder", "code_by_words"]

# In this order, case as written: the first that a message contains decides.
_WORDS: tuple[tuple[str, ErrorCode], ...] = (
    ("certificate", ErrorCode.TRANSMISSION_CERT_ERROR),
    ("uthenticat", ErrorCode.TRANSMISSION_AUTH_CREDENTIALS),
    ("uthoriz", ErrorCode.TRANSMISSION_AUTH_CREDENTIALS),
    ("access denied", ErrorCode.TRANSMISSION_AUTH_CREDENTIALS),
    ("query_syntax_error", ErrorCode.TRANSMISSION_QUERY_PARSING_ERROR),
    ("Forbidden", ErrorCode.TRANSMISSION_FORBIDDEN),
    ("forbidden", ErrorCode.TRANSMISSION_FORBIDDEN),
    ("too_many_requests", ErrorCode.TRANSMISSION_TOO_MANY_REQUESTS),
    ("Too Many Requests", ErrorCode.TRANSMISSION_TOO_MANY_REQUESTS),
    ("client_connector_error", ErrorCode.TRANSMISSION_CONNECT),
    ("server timeout_error", ErrorCode.TRANSMISSION_CONNECT),
    ("ailed to establish", ErrorCode.TRANSMISSION_CONNECT),
)
_REQUESTS = {
    "requests.exceptions.SSLError": (ErrorCode.TRANSMISSION_AUTH_SSL, "Wrong certificate: "),
    "requests.exceptions.ConnectionError": (ErrorCode.TRANSMISSION_CONNECT, "Connection error: "),
}
_MISSING = object()


def code_by_words(message: str) -> ErrorCode:
    """The code that the words of a message suggest; `unknown` when they suggest none."""
    return next((code for word, code in _WORDS if word in message), ErrorCode.TRANSMISSION_UNKNOWN)


class ErrorResponder:
    """Fills the classic error dictionary from what a product answered."""

    @staticmethod
    def fill_error(
        return_object: MutableMapping[str, Any],
        message_struct: Any = None,
        message_path: Iterable[Any] | None = None,
        message: str | None = None,
        error: BaseException | None = None,
        connector: str | None = None,
    ) -> None:
        """Write `success`, `connector`, `error` and `code` into `return_object`.

        The text is `message`, then what `message_path` finds in `message_struct` (a product's answer), then
        the text of `error`. The code comes from the type of `error`, else from words, else from the
        connector's own `error_mapper` when there is a `message_struct`.
        """
        text = _joined(message, message_struct, message_path)
        code: ErrorCode | None = None
        if error is not None:
            code, error_text = _finding(error)
            text = f"{text}; {error_text}" if text and error_text else text or error_text
        code = code or code_by_words(text)
        return_object["success"] = False
        if connector:
            return_object["connector"] = connector
        if text:
            prefix = f"{connector} connector error => " if connector or error is None else ""
            return_object["error"] = prefix + text.replace("[Errno 61] ", "")
        return_object["code"] = code.value
        if code is ErrorCode.TRANSMISSION_UNKNOWN:
            ErrorResponder.call_module_error_mapper(message_struct, return_object, connector)

    @staticmethod
    def call_module_error_mapper(
        json_data: Any, return_object: MutableMapping[str, Any], connector: str | None = None
    ) -> None:
        """Let the connector's `error_mapper.ErrorMapper` choose the code, where it has one."""
        mapper = _error_mapper(connector)
        if mapper is None:
            return
        if json_data is not None:
            mapper.set_error_code(json_data, return_object, connector=connector)
        else:
            default = mapper.DEFAULT_ERROR
            return_object["code"] = getattr(default, "value", default)

    @staticmethod
    def get_struct_item(message_struct: Any, message_path: Iterable[Any] | None) -> Any:
        """Walk into a structure: a key, an index, `+key=value` (filter a list), `~key` (gather from a list).

        A step that does not fit ends the walk; what was reached stands. None without a path.
        """
        if message_path is None:
            return None
        here = message_struct
        for step in message_path:
            following = _step(here, step)
            if following is _MISSING:
                break
            here = following
        return here

    @staticmethod
    def rindex(items: list[Any], value: Any) -> int:
        """The last place of a value in a list. Raises ValueError when it is not there."""
        return len(items) - 1 - items[::-1].index(value)

    @staticmethod
    def is_plain_string(text: Any) -> bool:
        """True for text that is neither XML (`<?…`) nor a JSON object."""
        return isinstance(text, str) and not text.startswith(("<?", "{"))

    @staticmethod
    def is_json_string(text: Any) -> bool:
        """True for text that begins like a JSON object."""
        return isinstance(text, str) and text.startswith("{")


def _joined(message: Any, struct: Any, path: Iterable[Any] | None) -> str:
    text = str(message) if message else ""
    item = None if struct is None else ErrorResponder.get_struct_item(struct, path)
    if item is None:
        return text
    found = json.dumps(item, default=str) if isinstance(item, list) else str(item)
    return f"{text};{found}" if text else found


def _finding(error: BaseException) -> tuple[ErrorCode | None, str]:
    """Code and text of an exception as earlier releases had them; those of this library say more."""
    from stix_shifter_utils.errors import StixShifterError

    if isinstance(error, StixShifterError):
        from stix_shifter_utils.connector.edge import transmission_finding

        found = transmission_finding(error)
        return found.code, found.text
    for kind in type(error).__mro__:
        known = _REQUESTS.get(f"{kind.__module__}.{kind.__qualname__}")
        if known is not None:
            return known[0], f"{known[1]}{error}"
    return None, str(error)


def _step(here: Any, step: Any) -> Any:
    if isinstance(here, Mapping):
        return here.get(step, _MISSING)
    if not isinstance(here, list):
        return _MISSING
    if isinstance(step, int):
        return here[step] if -len(here) <= step < len(here) else _MISSING
    objects = [item for item in here if isinstance(item, Mapping)]
    text = str(step)
    if text.startswith("~"):
        found = [item[text[1:]] for item in objects if text[1:] in item]
        return list(
            dict.fromkeys(json.dumps(item) if isinstance(item, (dict, list)) else item for item in found)
        )
    if text.startswith("+"):
        key, _, value = text[1:].partition("=")
        return [item for item in objects if str(item.get(key)) == value] or _MISSING
    return _MISSING


def _error_mapper(connector: str | None) -> Any:
    from stix_shifter_utils.connector.current import current_place
    from stix_shifter_utils.connector.discovery import import_part
    from stix_shifter_utils.errors import UnsupportedDataSourceError

    place = current_place()
    connector = connector or (place.name if place else None)
    if not connector:
        return None
    try:
        return getattr(import_part(connector, "stix_transmission.error_mapper"), "ErrorMapper", None)
    except UnsupportedDataSourceError:  # an unknown name: the error being filled in is the one to tell
        return None
