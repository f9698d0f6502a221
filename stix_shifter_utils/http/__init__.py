"""HTTP for connectors: `HttpClient` with TLS options, credentials, retries and typed errors.

aiohttp is loaded when the first request is sent, not before.
"""

from stix_shifter_utils.http.address import Address
from stix_shifter_utils.http.auth import (
    ApiKey,
    Auth,
    Basic,
    Bearer,
    ClientCredentials,
    SignedRequest,
    Token,
    TokenAuth,
)
from stix_shifter_utils.http.client import HttpClient
from stix_shifter_utils.http.clock import SYSTEM_CLOCK, Clock
from stix_shifter_utils.http.failures import StatusErrors
from stix_shifter_utils.http.login import SessionLogin
from stix_shifter_utils.http.message import Reply, Request, url_path
from stix_shifter_utils.http.redact import mask, safe_url
from stix_shifter_utils.http.retry import NO_RETRY, Retry
from stix_shifter_utils.http.tls import TlsOptions

__all__ = [
    "NO_RETRY",
    "SYSTEM_CLOCK",
    "Address",
    "ApiKey",
    "Auth",
    "Basic",
    "Bearer",
    "ClientCredentials",
    "Clock",
    "HttpClient",
    "Reply",
    "Request",
    "Retry",
    "SessionLogin",
    "SignedRequest",
    "StatusErrors",
    "TlsOptions",
    "Token",
    "TokenAuth",
    "mask",
    "safe_url",
    "url_path",
]
