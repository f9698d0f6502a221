# ruff: noqa: PIE796  -- members with equal values are aliases, as clients know them
"""Every error the library raises, and the classic code each one answers with.

Inside, code raises these; at the edge (`connector.edge`) one function turns them into the classic dictionary.
A code comes from the type, never from words in a message. Nothing here imports anything of ours.
"""

from __future__ import annotations

import enum
from typing import ClassVar


class ErrorCode(enum.Enum):
    """The codes of the classic error dictionary; members with equal values are aliases of the first."""

    TRANSLATION_NOTIMPLEMENTED_MODE = "not_implemented"
    TRANSLATION_MODULE_DEFAULT_ERROR = "translation_error"
    TRANSLATION_MAPPING_ERROR = "mapping_error"
    TRANSLATION_STIX_VALIDATION = "invalid_parameter"
    TRANSLATION_NOTSUPPORTED = "invalid_parameter"
    TRANSLATION_UNKNOWN_DIALOG = "invalid_parameter"
    TRANSLATION_UNKNOWN_LANGUAGE = "invalid_parameter"
    TRANSLATION_RESULT = "results_translation_error"
    TRANSMISSION_UNKNOWN = "unknown"
    TRANSMISSION_MODULE_DEFAULT_ERROR = "unknown"
    TRANSMISSION_FORBIDDEN = "forbidden"
    TRANSMISSION_CONNECT = "service_unavailable"
    TRANSMISSION_REMOTE_SYSTEM_IS_UNAVAILABLE = "service_unavailable"
    TRANSMISSION_AUTH_SSL = "authentication_fail"
    TRANSMISSION_AUTH_CREDENTIALS = "authentication_fail"
    TRANSMISSION_CERT_ERROR = "certificate_fail"
    TRANSMISSION_QUERY_PARSING_ERROR = "invalid_query"
    TRANSMISSION_QUERY_LOGICAL_ERROR = "invalid_query"
    TRANSMISSION_RESPONSE_EMPTY_RESULT = "no_results"
    TRANSMISSION_SEARCH_DOES_NOT_EXISTS = "no_results"
    TRANSMISSION_INVALID_PARAMETER = "invalid_parameter"
    TRANSMISSION_TOO_MANY_REQUESTS = "too_many_requests"


class StixShifterError(Exception):
    """Base of all errors of this library. `label` is the classic text that stands before the message."""

    code: ClassVar[ErrorCode] = ErrorCode.TRANSMISSION_UNKNOWN
    label: ClassVar[str] = ""


class TranslationError(StixShifterError):
    """A pattern, mapping or row could not be translated."""

    code = ErrorCode.TRANSLATION_MODULE_DEFAULT_ERROR
    label = "STIX translation error"


class PatternSyntaxError(TranslationError):
    """The text is not a STIX pattern. `line` counts from 1, `column` from 0 (as ANTLR counts)."""

    def __init__(self, line: int, column: int, found: str, expected: str) -> None:
        super().__init__(f"line {line}:{column}: found {found}, expected {expected}")
        self.line, self.column, self.found, self.expected = line, column, found, expected

    def __reduce__(self) -> tuple[type[PatternSyntaxError], tuple[int, int, str, str]]:
        return type(self), (self.line, self.column, self.found, self.expected)


class QualifierError(TranslationError):
    """A qualifier that the specification forbids: STOP not after START, or two of one kind (§9.5.1)."""


class PatternValidationError(TranslationError):
    """The option `validate_pattern` is on and the OASIS validator refuses the pattern."""

    code = ErrorCode.TRANSLATION_STIX_VALIDATION
    label = "stix validation error"


class UnmappedError(TranslationError):
    """Nothing of the pattern, or (with `on_unmapped: refuse`) not all of it, can be asked of the source."""

    code = ErrorCode.TRANSLATION_MAPPING_ERROR
    label = "data mapping error"


class UnsupportedComparatorError(TranslationError):
    """A dialect has no way to write a comparator. The pattern is valid; this source cannot answer it."""

    code = ErrorCode.TRANSLATION_NOTIMPLEMENTED_MODE
    label = "wrong parameter"

    def __init__(self, comparator: str, path: str, dialect: str) -> None:
        super().__init__(f"{dialect} cannot compare {path} by {comparator}; try another dialect")
        self.comparator, self.path, self.dialect = comparator, path, dialect

    def __reduce__(self) -> tuple[type[UnsupportedComparatorError], tuple[str, str, str]]:
        return type(self), (self.comparator, self.path, self.dialect)


class NotImplementedModeError(TranslationError):
    """A translate type, operation or mode that does not exist."""

    code = ErrorCode.TRANSLATION_NOTIMPLEMENTED_MODE
    label = "wrong parameter"


class UnsupportedFeatureError(TranslationError):
    """A part of the pattern language that this source cannot search by."""

    code = ErrorCode.TRANSLATION_NOTSUPPORTED
    label = "search feature is not supported"


class UnsupportedDataSourceError(TranslationError):
    """No connector of that name is installed."""

    code = ErrorCode.TRANSLATION_NOTIMPLEMENTED_MODE
    label = "unsupported datasource"


class UnsupportedDialectError(TranslationError):
    """The connector has no dialect of that name."""

    code = ErrorCode.TRANSLATION_UNKNOWN_DIALOG
    label = "unknown dialect"


class UnsupportedLanguageError(TranslationError):
    """No dialect of the connector reads that query language."""

    code = ErrorCode.TRANSLATION_UNKNOWN_LANGUAGE
    label = "unsupported language"


class ResultsTranslationError(TranslationError):
    """Native results could not be turned into STIX."""

    code = ErrorCode.TRANSLATION_RESULT
    label = "result translation error"


class TransformError(ResultsTranslationError):
    """A transformer cannot read a value; the property is left out and counted."""


class MappingFileError(TranslationError):
    """A mapping, operator or dialect file is missing, is not JSON, or does not follow its schema."""

    code = ErrorCode.TRANSLATION_MAPPING_ERROR
    label = "data mapping error"


class ConfigurationError(StixShifterError, ValueError):
    """A connection, configuration or option is missing, unexpected or of the wrong kind. Holds no secret."""

    code = ErrorCode.TRANSMISSION_INVALID_PARAMETER


class TransmissionError(StixShifterError):
    """A data source could not be reached, refused, or answered something unusable.

    `tried`: how often the request was sent; what was tried again already is not tried again further up.
    """

    tried: int = 1


class ConnectionFailedError(TransmissionError):
    """No connection: refused, unknown host, reset."""

    code = ErrorCode.TRANSMISSION_CONNECT


class SourceTimeoutError(TransmissionError):
    """The source did not answer within the time limit."""

    code = ErrorCode.TRANSMISSION_CONNECT


class SourceUnavailableError(TransmissionError):
    """The source answers that it cannot work now (5xx)."""

    code = ErrorCode.TRANSMISSION_REMOTE_SYSTEM_IS_UNAVAILABLE


class AuthenticationError(TransmissionError):
    """Credentials are missing, wrong or expired."""

    code = ErrorCode.TRANSMISSION_AUTH_CREDENTIALS


class ForbiddenError(TransmissionError):
    """The credentials are good, but do not allow this."""

    code = ErrorCode.TRANSMISSION_FORBIDDEN


class CertificateError(TransmissionError):
    """The server's certificate, or our own certificate material, is not acceptable."""

    code = ErrorCode.TRANSMISSION_CERT_ERROR


class QueryRejectedError(TransmissionError):
    """The source refuses the native query."""

    code = ErrorCode.TRANSMISSION_QUERY_PARSING_ERROR


class SearchNotFoundError(TransmissionError):
    """The source does not know the search id: never made, deleted or expired."""

    code = ErrorCode.TRANSMISSION_SEARCH_DOES_NOT_EXISTS


class InvalidParameterError(TransmissionError, ValueError):
    """An offset, length, search id or other argument of a call is out of its range."""

    code = ErrorCode.TRANSMISSION_INVALID_PARAMETER


class TooManyRequestsError(TransmissionError):
    """The source asks to slow down, and the retry budget is used up. `retry_after_s`: its own word."""

    code = ErrorCode.TRANSMISSION_TOO_MANY_REQUESTS

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ResponseError(TransmissionError):
    """The source answered, but not in the documented shape (HTML, cut JSON, a missing key)."""
