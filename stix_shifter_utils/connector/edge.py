"""The edge: one function from an exception to the classic dictionary. Behind it, errors are exceptions.

The code comes from the exception's type or HTTP status. Only for an exception that says nothing by its type
does a transmission fall back on the classic table of words (`utils.error_response`), which published
connectors rely on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from stix_shifter_utils.config.masking import redact
from stix_shifter_utils.errors import ErrorCode, StixShifterError, TranslationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

log = logging.getLogger(__name__)
T = TypeVar("T")


class Finding(NamedTuple):
    """What an exception means: its code, None when its type does not tell, and the text for people."""

    code: ErrorCode | None
    text: str


_DEFAULT_LABEL = TranslationError.label

# Exceptions by class name: (code, label). Connectors bring same-named classes of their own.
_BY_NAME: dict[str, tuple[ErrorCode, str]] = {
    "NotImplementedError": (ErrorCode.TRANSLATION_NOTIMPLEMENTED_MODE, "wrong parameter"),
    "UnsupportedDataSourceException": (ErrorCode.TRANSLATION_NOTIMPLEMENTED_MODE, "unsupported datasource"),
    "DataMappingException": (ErrorCode.TRANSLATION_MAPPING_ERROR, "data mapping error"),
    "StixValidationException": (ErrorCode.TRANSLATION_STIX_VALIDATION, "stix validation error"),
    "SearchFeatureNotSupportedError": (ErrorCode.TRANSLATION_NOTSUPPORTED, "search feature is not supported"),
    "UnsupportedDialectException": (ErrorCode.TRANSLATION_UNKNOWN_DIALOG, "unknown dialect"),
    "UnsupportedLanguageException": (ErrorCode.TRANSLATION_UNKNOWN_LANGUAGE, "unsupported language"),
    "TranslationResultException": (ErrorCode.TRANSLATION_RESULT, "result translation error"),
}

# Exceptions of the network, by module and name, so that no HTTP library is imported to ask: (code, prefix).
_CERTIFICATE = (ErrorCode.TRANSMISSION_CERT_ERROR, "Wrong certificate: ")
_TIMEOUT = (ErrorCode.TRANSMISSION_CONNECT, "server timeout_error: ")
_CONNECTION = (ErrorCode.TRANSMISSION_CONNECT, "Connection error: ")
_BY_TYPE: dict[str, tuple[ErrorCode, str]] = {
    "ssl.SSLError": _CERTIFICATE,
    "requests.exceptions.SSLError": _CERTIFICATE,
    "aiohttp.client_exceptions.ClientSSLError": _CERTIFICATE,
    "aiohttp.client_exceptions.ClientConnectorCertificateError": _CERTIFICATE,
    "aiohttp.client_exceptions.ServerFingerprintMismatch": _CERTIFICATE,
    "builtins.TimeoutError": _TIMEOUT,
    "asyncio.exceptions.TimeoutError": _TIMEOUT,
    "concurrent.futures._base.TimeoutError": _TIMEOUT,
    "requests.exceptions.Timeout": _TIMEOUT,
    "aiohttp.client_exceptions.ServerTimeoutError": _TIMEOUT,
    "builtins.ConnectionError": _CONNECTION,
    "socket.gaierror": _CONNECTION,
    "requests.exceptions.ConnectionError": _CONNECTION,
    "aiohttp.client_exceptions.ClientConnectionError": _CONNECTION,
}


def error_answer(
    error: BaseException,
    connector: str | None = None,
    *,
    translating: bool = False,
    secrets: Collection[str] = (),
) -> dict[str, Any]:
    """`{"success": False, "connector", "error": "<connector> connector error => <message>", "code"}`.

    `translating` picks the default for an exception that says nothing by its type: `translation_error`, else
    what the classic table of words finds. Secrets are masked, also in the traceback, which is logged at
    DEBUG.
    """
    _log_traceback(error, connector, secrets)
    finding = translation_finding(error) if translating else transmission_finding(error)
    text = redact(finding.text, secrets)
    answer: dict[str, Any] = {"success": False}
    if connector:
        answer["connector"] = connector
    answer["error"] = with_prefix(text, connector)
    answer["code"] = (finding.code or ErrorCode.TRANSMISSION_UNKNOWN).value
    return answer


async def answer_of(
    answer: Awaitable[Any],
    connector: str | None = None,
    *,
    translating: bool = False,
    secrets: Collection[str] = (),
) -> Any:
    """What is awaited, or the classic dictionary of the exception that it ends in.

    An error dictionary that a connector made itself passes, with its secrets masked.
    """
    try:
        value = await answer
    except Exception as error:  # noqa: BLE001 -- this is the edge: a caller gets an answer, whatever happened
        return error_answer(error, connector, translating=translating, secrets=secrets)
    if secrets and isinstance(value, dict) and value.get("success") is False:
        return redact(value, secrets)
    return value


async def classic_answer_of(answer: Awaitable[Any], connector: str | None = None) -> Any:
    """What is awaited, or the dictionary of an exception by the words of `ErrorResponder`."""
    from stix_shifter_utils.utils.error_response import ErrorResponder

    try:
        return await answer
    except Exception as error:  # noqa: BLE001 -- this is the edge, as above
        filled: dict[str, Any] = {}
        ErrorResponder.fill_error(filled, error=error, connector=connector or "unsupplied connector name")
        return filled


def attempt(function: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """What a function returns, or the exception that it ends in, for callers that answer with it later."""
    try:
        return function(), None
    except Exception as error:  # noqa: BLE001 -- this is the edge: kept, and answered with by every call
        return None, error


def with_prefix(text: str, connector: str | None) -> str:
    """The classic beginning of an error text."""
    return f"{connector} connector error => {text}" if connector else text


def translation_finding(error: BaseException) -> Finding:
    """Code and text of an exception raised while translating: always labelled."""
    if isinstance(error, StixShifterError):
        return Finding(error.code, labelled(error.label or _DEFAULT_LABEL, message_of(error)))
    code, label = _named(error) or (ErrorCode.TRANSLATION_MODULE_DEFAULT_ERROR, _DEFAULT_LABEL)
    return Finding(code, labelled(label, message_of(error)))


def transmission_finding(error: BaseException) -> Finding:
    """Code and text of an exception raised while talking to a source."""
    if isinstance(error, StixShifterError):
        text = message_of(error)
        return Finding(error.code, labelled(error.label, text) if error.label else text)
    typed = typed_finding(error)
    if typed.code is not None:
        return typed
    named = _named(error)
    if named is not None:
        return Finding(named[0], typed.text)
    from stix_shifter_utils.utils.error_response import code_by_words

    return Finding(code_by_words(typed.text), typed.text)


def typed_finding(error: BaseException) -> Finding:
    """Code and text of an exception of the network, by its type or its HTTP status."""
    message = message_of(error).replace("[Errno 61] ", "")
    for kind in type(error).__mro__:
        known = _BY_TYPE.get(f"{kind.__module__}.{kind.__qualname__}")
        if known is not None:
            return Finding(known[0], known[1] + message)
    status = _status_of(error)
    if status is None:
        return Finding(None, message)
    from stix_shifter_utils.http.failures import error_type

    return Finding(error_type(status, {}).code, message)


def _status_of(error: BaseException) -> int | None:
    """The HTTP status that an exception of an HTTP library carries."""
    carrier = getattr(error, "response", None)
    for owner, name in ((error, "status"), (error, "status_code"), (carrier, "status_code")):
        status = getattr(owner, name, None)
        if isinstance(status, int) and 400 <= status < 600:  # noqa: PLR2004 -- what HTTP calls an error
            return status
    return None


def _named(error: BaseException) -> tuple[ErrorCode, str] | None:
    for kind in type(error).__mro__:
        if kind.__name__ in _BY_NAME:
            return _BY_NAME[kind.__name__]
    return None


def labelled(label: str, text: str) -> str:
    """The label before the text, spaced as clients know it."""
    separator = ": " if label == _DEFAULT_LABEL else " : "
    return f"{label}{separator}{text}" if text else label


def message_of(error: BaseException) -> str:
    """The text of an exception; where it has none, or only a key, its type says more."""
    text = str(error)
    if isinstance(error, StixShifterError):
        return text
    if isinstance(error, KeyError) or not text:
        return f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text


def _log_traceback(error: BaseException, connector: str | None, secrets: Collection[str]) -> None:
    if not log.isEnabledFor(logging.DEBUG):
        return
    import traceback

    lines = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    log.debug("%s: %s", connector or "no connector", redact(lines, secrets))
