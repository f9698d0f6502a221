"""What the host itself refuses, before or instead of asking a connector: a status and the classic dictionary.

Errors of a connector are no refusals: they have status 200, as the classic dictionary says it all.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from stix_shifter_utils.errors import ErrorCode

HOST = "host"
"""What stands as `connector` in the dictionary of a refusal: no connector was asked."""

_CODES: dict[HTTPStatus, ErrorCode] = {
    HTTPStatus.UNAUTHORIZED: ErrorCode.TRANSMISSION_AUTH_CREDENTIALS,
    HTTPStatus.FORBIDDEN: ErrorCode.TRANSMISSION_FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT: ErrorCode.TRANSMISSION_CONNECT,
    HTTPStatus.TOO_MANY_REQUESTS: ErrorCode.TRANSMISSION_TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR: ErrorCode.TRANSMISSION_UNKNOWN,
    HTTPStatus.SERVICE_UNAVAILABLE: ErrorCode.TRANSMISSION_CONNECT,
    HTTPStatus.GATEWAY_TIMEOUT: ErrorCode.TRANSMISSION_CONNECT,
}


class RefusalError(Exception):
    """A request that is not served. The text is for the caller, and holds no secret of the request."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text

    @property
    def code(self) -> str:
        """The classic code."""
        return _CODES.get(self.status, ErrorCode.TRANSMISSION_INVALID_PARAMETER).value

    def answer(self) -> dict[str, Any]:
        """The classic dictionary."""
        return refusal_answer(self.status, self.text)

    def headers(self) -> dict[str, str]:
        """Headers that the status asks for (RFC 9110 §11.6.1, §10.2.3)."""
        if self.status is HTTPStatus.UNAUTHORIZED:
            return {"WWW-Authenticate": 'Bearer realm="stix-shifter"'}
        if self.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            return {"Retry-After": "1"}
        return {}


def refusal_answer(status: HTTPStatus, text: str) -> dict[str, Any]:
    """The classic dictionary for a status."""
    code = _CODES.get(status, ErrorCode.TRANSMISSION_INVALID_PARAMETER)
    return {
        "success": False,
        "connector": HOST,
        "error": f"{HOST} connector error => {text}",
        "code": code.value,
    }
