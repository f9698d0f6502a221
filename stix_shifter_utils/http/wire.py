"""The one file that knows aiohttp: sends a request, reads the reply within its limits, names what went wrong.

It follows no redirect, repeats nothing and judges no status; `client.py` does. Requests of one event loop
share connections while somebody holds the loop's session.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

import aiohttp
from yarl import URL

from stix_shifter_utils.errors import (
    AuthenticationError,
    CertificateError,
    ConnectionFailedError,
    InvalidParameterError,
    ResponseError,
    SourceTimeoutError,
    TransmissionError,
)
from stix_shifter_utils.http.failures import ConnectTimeoutError, NotConnectedError
from stix_shifter_utils.http.message import Reply, Request
from stix_shifter_utils.http.redact import safe_url
from stix_shifter_utils.http.tls import PinMismatchError, shared_context

if TYPE_CHECKING:
    from aiohttp.connector import Connection

    from stix_shifter_utils.http.tls import TlsOptions

ENVIRONMENT = "environment"
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class WireOptions:
    """Limits and ways of one source: seconds, bytes, a proxy URL (`environment`: the usual variables)."""

    tls: TlsOptions
    timeout_s: float
    connect_timeout_s: float
    max_body_bytes: int
    proxy: str | None


@dataclass(slots=True)
class _Kept:
    session: aiohttp.ClientSession
    connector: _Connector
    users: int = 0


class _Connector(aiohttp.TCPConnector):
    """Knows its connections, so that those which broke off are gone when the session is."""

    def __init__(self, ssl: ssl.SSLContext) -> None:
        super().__init__(ssl=ssl)
        self._opened: WeakSet[asyncio.Transport] = WeakSet()

    async def connect(self, *args: Any, **named: Any) -> Connection:
        connection = await super().connect(*args, **named)
        if connection.transport is not None:
            with contextlib.suppress(TypeError):  # transports of another event loop may not be weakly held
                self._opened.add(connection.transport)
        return connection

    def abort(self) -> None:
        """End what is still saying goodbye to a peer that does not listen."""
        for transport in self._opened:
            transport.abort()


class AiohttpWire:
    """Requests over aiohttp, one session per event loop."""

    def __init__(self, options: WireOptions) -> None:
        self._options = options
        self._kept: WeakKeyDictionary[asyncio.AbstractEventLoop, _Kept] = WeakKeyDictionary()
        self._context: ssl.SSLContext | None = None

    def acquire(self, host: str) -> None:
        """Keep this loop's session open until `release`; calls nest. Raises CertificateError."""
        loop = asyncio.get_running_loop()
        kept = self._kept.get(loop)
        if kept is None:
            kept = self._kept[loop] = self._open(host)
        kept.users += 1

    async def release(self) -> None:
        """Let go of this loop's session; the last one to leave closes it."""
        kept = self._kept[asyncio.get_running_loop()]
        kept.users -= 1
        if not kept.users:
            await self.close()

    async def close(self) -> None:
        """Close this loop's session, whoever still holds it."""
        kept = self._kept.pop(asyncio.get_running_loop(), None)
        if kept is not None:
            await kept.session.close()
            kept.connector.abort()
            await asyncio.sleep(0)  # transports end one turn of the loop later

    async def send(self, request: Request, secrets: tuple[str, ...]) -> Reply:
        """Send once, between `acquire` and `release`. Raises a TransmissionError with the cause."""
        kept = self._kept[asyncio.get_running_loop()]
        options = self._options
        try:
            async with kept.session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
                server_hostname=options.tls.server_hostname,
                proxy=None if options.proxy == ENVIRONMENT else options.proxy,
            ) as response:
                return Reply(response.status, response.headers, await self._read(response), request, secrets)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            # These two quote the whole URL, which may hold a key.
            quoting = isinstance(error, (aiohttp.ClientResponseError, aiohttp.InvalidURL))
            raise self._explain(error, _Place(request, secrets)) from (None if quoting else error)

    def _open(self, host: str) -> _Kept:
        options = self._options
        options.tls.warn_if_unverified(host)
        if self._context is None:
            self._context = shared_context(options.tls)
        connector = _Connector(ssl=self._context)
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # appliances are addressed by number
            timeout=aiohttp.ClientTimeout(
                total=options.timeout_s, sock_connect=min(options.connect_timeout_s, options.timeout_s)
            ),
            trust_env=options.proxy == ENVIRONMENT,
        )
        return _Kept(session, connector)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        parts, size = [], 0
        async for chunk in response.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > self._options.max_body_bytes:
                raise _TooLargeError
            parts.append(chunk)
        return b"".join(parts)

    def _explain(self, error: Exception, place: _Place) -> TransmissionError:
        options = self._options

        if (
            isinstance(error, aiohttp.ClientHttpProxyError)
            and error.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
        ):
            return place.say(AuthenticationError, "the proxy asks for credentials", _PROXY)
        for types, kind, what, remedy in _KNOWN:
            if isinstance(error, types):
                limits = {
                    "bytes": options.max_body_bytes,
                    "seconds": options.timeout_s,
                    "connect": min(options.connect_timeout_s, options.timeout_s),
                }
                return place.say(kind, what.format_map(limits), remedy)
        return _connection_error(error, place)


class _TooLargeError(aiohttp.ClientError):
    pass


_PROXY = "check the proxy option"
_REACH = "check host and port, and whether a firewall or proxy stands in between"
_PATIENCE = "try again later, ask for less, or raise options.timeout"
_AGAIN = "try again later"
_COMPARE = "compare it with the product's own, then correct the pin"
_TRUST = (
    "give the CA as selfSignedCert or options.ca_file, or correct the host name (options.server_hostname)"
)
_OWN = "the server asks for a client certificate, or does not accept ours: see options.client_cert"
_NOT_TLS = "does this port speak TLS?"


# The first row that fits speaks. What is in no row is the operating system's or the TLS library's word.
_KNOWN: tuple[tuple[type[Exception], type[TransmissionError], str, str], ...] = (
    (_TooLargeError, ResponseError, "the answer is larger than {bytes} bytes", "ask for less"),
    (aiohttp.ConnectionTimeoutError, ConnectTimeoutError, "no connection within {connect:g} s", _REACH),
    (asyncio.TimeoutError, SourceTimeoutError, "no whole answer within {seconds:g} s", _PATIENCE),
    (aiohttp.ClientHttpProxyError, NotConnectedError, "the proxy does not connect us", _PROXY),
    (aiohttp.ClientProxyConnectionError, NotConnectedError, "the proxy cannot be reached", _PROXY),
    (aiohttp.InvalidURL, InvalidParameterError, "this is not a usable address", "check host and port"),
    (aiohttp.ClientResponseError, ResponseError, "the answer is not HTTP", "check host, port and scheme"),
    (
        aiohttp.ClientPayloadError,
        ConnectionFailedError,
        "the connection ended in the middle of the answer",
        _AGAIN,
    ),
)


@dataclass(frozen=True, slots=True)
class _Place:
    request: Request
    secrets: tuple[str, ...]

    def say(self, kind: type[TransmissionError], what: str, remedy: str) -> TransmissionError:
        where = f"{self.request.method} {safe_url(self.request.url, self.secrets)}"
        return kind(f"{where}: {what}; {remedy}")


def _connection_error(error: Exception, place: _Place) -> TransmissionError:
    """What the operating system or the TLS library said."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(inner, ssl.SSLCertVerificationError):
        remedy = _COMPARE if isinstance(inner, PinMismatchError) else _TRUST
        return place.say(CertificateError, f"the certificate is refused: {inner.verify_message}", remedy)
    if isinstance(inner, ssl.SSLError):
        name = inner.reason or "TLS failed"
        if "CERTIFICATE" in name or name.endswith(("UNKNOWN_CA", "HANDSHAKE_FAILURE")):
            return place.say(CertificateError, f"TLS: {name}", _OWN)
        return place.say(NotConnectedError, f"TLS: {name}", _NOT_TLS)
    if isinstance(error, aiohttp.ClientConnectorError):
        return place.say(NotConnectedError, f"no connection ({_reason(inner)})", _REACH)
    return place.say(
        ConnectionFailedError, f"the connection was closed before an answer ({_reason(inner)})", _AGAIN
    )


def _reason(error: Exception) -> str:
    """The system's own words, without aiohttp's, which repeat the address."""
    text = getattr(error, "strerror", None)
    return text if isinstance(text, str) and text else type(error).__name__
