"""The two failures that a retry must tell apart from all others: those before anything was sent.

Both are ordinary errors of `errors.py` to everybody else. And the table from an HTTP status to an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from stix_shifter_utils.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ForbiddenError,
    InvalidParameterError,
    QueryRejectedError,
    ResponseError,
    SearchNotFoundError,
    SourceTimeoutError,
    SourceUnavailableError,
    TooManyRequestsError,
    TransmissionError,
)

StatusErrors = Mapping[int, type[TransmissionError]]
"""Which error an HTTP status means; a source's own table is laid over `DEFAULT_ERRORS`."""

DEFAULT_ERRORS: StatusErrors = {
    400: InvalidParameterError,
    401: AuthenticationError,
    403: ForbiddenError,
    407: AuthenticationError,
    408: SourceTimeoutError,
    410: SearchNotFoundError,
    413: QueryRejectedError,
    414: QueryRejectedError,
    422: QueryRejectedError,
    429: TooManyRequestsError,
}

REMEDIES: Mapping[type[TransmissionError], str] = {
    AuthenticationError: "check the credentials",
    ForbiddenError: "the account lacks a permission for this",
    QueryRejectedError: "the source does not accept this query",
    SearchNotFoundError: "the search was deleted, has expired, or never was; start it again",
    SourceUnavailableError: "try again later",
    TooManyRequestsError: "ask less often, or raise the retry budget",
    ResponseError: "check host, port and path",
}


class NotConnectedError(ConnectionFailedError):
    """No connection came about, so nothing was sent: repeating is safe whatever the method."""


class ConnectTimeoutError(SourceTimeoutError):
    """No connection within its time limit, so nothing was sent: repeating is safe whatever the method."""


def error_type(status: int, own: StatusErrors) -> type[TransmissionError]:
    """The error that a status means: the source's own table, then the common one, then by its hundred."""
    known = own.get(status) or DEFAULT_ERRORS.get(status)
    if known is not None:
        return known
    return SourceUnavailableError if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ResponseError
