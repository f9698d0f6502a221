"""The HTTP client of earlier releases: every status is an answer, and failures have the texts clients know.

New connectors use `HttpClient`, which raises typed errors. What goes over the network is `wire.py` for both.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from stix_shifter_utils.errors import (
    CertificateError,
    ResponseError,
    SourceTimeoutError,
    TooManyRequestsError,
    TransmissionError,
)
from stix_shifter_utils.http.classic_threads import InterruptableThread, exception_catcher
from stix_shifter_utils.http.client import BODY_BYTES
from stix_shifter_utils.http.clock import SYSTEM_CLOCK
from stix_shifter_utils.http.failures import ConnectTimeoutError, NotConnectedError
from stix_shifter_utils.http.message import Reply, Request, form
from stix_shifter_utils.http.redact import mask
from stix_shifter_utils.http.retry import IDEMPOTENT, Retry, retry_after_s
from stix_shifter_utils.http.tls import TlsOptions

if TYPE_CHECKING:
    from stix_shifter_utils.http.wire import AiohttpWire, WireOptions

__all__ = [
    "CONNECT_TIMEOUT_DEFAULT",
    "RETRY_MAX_DEFAULT",
    "ClassicResponse",
    "InterruptableThread",
    "RequestInfo",
    "ResponseWrapper",
    "RestApiClientAsync",
    "exception_catcher",
]

RETRY_MAX_DEFAULT = 1
"""Attempts of one call, the first included; the variable STIXSHIFTER_RETRY_MAX sets another number."""
CONNECT_TIMEOUT_DEFAULT = 10
"""Seconds to connect; the variable STIXSHIFTER_CONNECT_TIMEOUT sets another number."""
_TOTAL_TIMEOUT_S = 300.0
_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_URL_SAFE = "%/:?#[]@!$&'()*+,;=~-._"
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

UrlModifier = Callable[[str | None, str, dict[str, str]], str]


@dataclass(frozen=True, slots=True)
class _GivenContext(TlsOptions):
    """The context of a classic client, which its connector may have changed until the moment of the call."""

    given: Any = None

    def context(self) -> ssl.SSLContext:
        context: ssl.SSLContext = self.given
        return context


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """What was asked."""

    url: str
    method: str
    headers: Mapping[str, str]

    @property
    def real_url(self) -> str:
        """The same; the name stands for a URL with its fragment."""
        return self.url


@dataclass(frozen=True, slots=True)
class ClassicResponse:
    """An answer in the shape of the HTTP library's own; `history` holds the redirects before it."""

    reply: Reply
    history: tuple[ClassicResponse, ...] = ()

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def reason(self) -> str:
        """The standard words for the status."""
        known = {status.value: status.phrase for status in HTTPStatus}
        return known.get(self.reply.status, "")

    @property
    def ok(self) -> bool:
        return self.reply.status < HTTPStatus.BAD_REQUEST

    @property
    def headers(self) -> Mapping[str, str]:
        return self.reply.headers

    @property
    def url(self) -> str:
        return self.reply.url

    @property
    def method(self) -> str:
        return self.reply.request.method

    @property
    def request_info(self) -> RequestInfo:
        """What was asked, without the credentials."""
        sent = {k: v for k, v in self.reply.request.headers.items() if k.lower() not in _PRIVATE_HEADERS}
        return RequestInfo(self.url, self.method, sent)

    @property
    def cookies(self) -> SimpleCookie:
        """The cookies that this answer and the redirects before it set."""
        jar = SimpleCookie()
        for one in (*self.history, self):
            for line in _all_values(one.headers, "Set-Cookie"):
                jar.load(line)
        return jar

    async def read(self) -> bytes:
        return self.reply.body

    async def text(self) -> str:
        return self.reply.text()

    async def json(self, **_: Any) -> Any:
        return self.reply.json()

    def raise_for_status(self) -> None:
        """Raises ResponseError for a status of 400 and above."""
        if not self.ok:
            message = f"{self.reply.request}: status {self.status} {self.reason}"
            raise ResponseError(message)


class ResponseWrapper:
    """What `call_api` answers. `read()` gives the body as bytes, as often as it is asked."""

    def __init__(self, response: Any, client: Any = None) -> None:
        self.response = response
        self.client = client
        self.code: int = response.status
        self.headers: Any = response.headers
        self.content: Any = b""

    async def wait(self) -> ResponseWrapper:
        """Fetch the body of a response that was given without it."""
        self.content = await self.response.read()
        return self

    @property
    def bytes(self) -> Any:
        return self.content

    def read(self) -> Any:
        return self.content

    @property
    def history(self) -> Any:
        """The redirects on the way to this answer."""
        return self.response.history

    def raise_for_status(self) -> None:
        """Raises for a status of 400 and above."""
        self.response.raise_for_status()

    def get_cookies(self, url: str | None = None) -> SimpleCookie:
        """The cookies that the source set; `url` is accepted, all belong to the source."""
        del url
        cookies: SimpleCookie = self.response.cookies
        return cookies


class RestApiClientAsync:
    """The classic client of one source. `headers` may be changed between calls, `ssl_context` too.

    `headers` is the very dictionary that was given: connectors keep it and put their tokens in later.

    `url_modifier_function(server_ip, endpoint, headers)` makes the URL, by default
    `https://{server_ip}/{endpoint}`. `cert_verify` is PEM text of a certificate to trust, else the system's
    authorities count. Raises CertificateError for text that is no certificate.
    """

    def __init__(
        self,
        host: str | None,
        port: int | str | None = None,
        headers: dict[str, str] | None = None,
        url_modifier_function: UrlModifier | None = None,
        cert_verify: Any = None,
        auth: Any = None,
    ) -> None:
        self.logger = logging.getLogger(__name__)
        self.server_ip = f"{host}:{port}" if host and port else host
        self.headers: dict[str, str] = headers if headers is not None else {}
        self.url_modifier_function = url_modifier_function
        self.auth = auth
        self.ssl_context: Any = _context(cert_verify)
        self.retry_max = int(_number("STIXSHIFTER_RETRY_MAX", RETRY_MAX_DEFAULT))
        self.connect_timeout = _number("STIXSHIFTER_CONNECT_TIMEOUT", CONNECT_TIMEOUT_DEFAULT)

    def get_headers(self) -> dict[str, str]:
        """A copy of the headers that every call sends."""
        return dict(self.headers)

    def get_server_ip(self) -> str | None:
        """`host[:port]`."""
        return self.server_ip

    async def call_api(
        self,
        endpoint: str,
        method: str,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        data: Any = None,
        urldata: Any = None,
        timeout: float | str | None = None,
    ) -> ResponseWrapper:
        """Send a request and give back its answer, whatever its status.

        `data` is the body: text, bytes, or form fields; `urldata` the query string's fields; `timeout` the
        seconds for all of it. Raises a TransmissionError with the published text when there is no answer, and
        TooManyRequestsError for a last 429.
        """
        request = self._request(endpoint, method.upper(), {**self.headers, **(headers or {})}, cookies)
        request = _with_body(request.with_url(_with_query(request.url, urldata)), data)
        limit = None if timeout is None else float(timeout)
        response = await self._attempts(request, limit)
        return await ResponseWrapper(response, self).wait()

    def _request(
        self, endpoint: str, method: str, headers: dict[str, str], cookies: Mapping[str, str] | None
    ) -> Request:
        if self.url_modifier_function:
            url = self.url_modifier_function(self.server_ip, endpoint, headers)
        else:
            url = f"https://{self.server_ip}/{endpoint}"
        texts = {str(name): str(value) for name, value in headers.items()}
        named = {name.lower() for name in texts}
        if self.auth is not None and "authorization" not in named:
            texts["Authorization"] = self.auth if isinstance(self.auth, str) else self.auth.encode()
        if cookies:
            texts["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return Request(method, _quoted(str(url)), texts)

    async def _attempts(self, request: Request, timeout_s: float | None) -> ClassicResponse:
        rule = Retry(attempts=self.retry_max, backoff_s=0.4)
        repeatable = request.method in IDEMPOTENT
        made = 1
        while True:
            response = await self._once(request, timeout_s)
            if made >= self.retry_max or not rule.repeats_status(response.status, repeatable=repeatable):
                break
            asked_s = retry_after_s(response.headers.get("Retry-After"), SYSTEM_CLOCK.now())
            await asyncio.sleep(min(rule.wait_s(made, SYSTEM_CLOCK.random(), asked_s), rule.budget_s))
            made += 1
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            message = f"Max retries exceeded. too_many_requests with max retry ({self.retry_max})"
            raise TooManyRequestsError(message)
        return response

    async def _once(self, request: Request, timeout_s: float | None) -> ClassicResponse:
        from stix_shifter_utils.http.wire import AiohttpWire

        options, secrets = self._options(timeout_s), _secrets(request)
        wire = AiohttpWire(options)
        wire.acquire(urlsplit(request.url).netloc)
        try:
            return await _follow(wire, request, secrets)
        except TransmissionError as error:
            raise _published(error, options, secrets) from error
        finally:
            await wire.release()

    def _options(self, timeout_s: float | None) -> WireOptions:
        from stix_shifter_utils.http.wire import ENVIRONMENT, WireOptions

        context = self.ssl_context
        unverified = isinstance(context, ssl.SSLContext) and context.verify_mode == ssl.CERT_NONE
        trust_env = os.environ.get("STIX_SHIFTER_ENABLE_TRUST_ENV", "").lower() == "true"
        return WireOptions(
            _GivenContext(given=context, verify=not unverified and context is not False),
            _TOTAL_TIMEOUT_S if timeout_s is None else timeout_s,
            self.connect_timeout,
            BODY_BYTES,
            ENVIRONMENT if trust_env else None,
        )


def _context(cert_verify: Any) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if cert_verify:
        try:
            context.load_verify_locations(cadata=cert_verify)
        except (ssl.SSLError, TypeError, ValueError) as error:
            message = f"Unable to load certificate for ssl context: ({error})"
            raise CertificateError(message) from error
    return context


def _number(variable: str, default: float) -> float:
    text = os.environ.get(variable, "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text) else default


def _quoted(url: str) -> str:
    """The URL as it goes over the wire: percent-encoded where it has to be, and nothing twice."""
    return quote(_BARE_PERCENT.sub("%25", url), safe=_URL_SAFE, errors="surrogatepass")


def _with_query(url: str, urldata: Any) -> str:
    if not urldata:
        return url
    base, mark, fragment = url.partition("#")
    if isinstance(urldata, str):
        query = _quoted(urldata.lstrip("?"))
    else:
        query = form(urldata) if isinstance(urldata, Mapping) else urlencode(list(urldata), quote_via=quote)
    return f"{base}{'&' if '?' in base else '?'}{query}{mark}{fragment}" if query else url


def _with_body(request: Request, data: Any) -> Request:
    if data is None:
        return request
    if isinstance(data, str):
        body, kind = data.encode(errors="surrogatepass"), "text/plain; charset=utf-8"
    elif isinstance(data, (bytes, bytearray)):
        body, kind = bytes(data), "application/octet-stream"
    else:
        fields = form(data) if isinstance(data, Mapping) else urlencode(list(data), quote_via=quote)
        body, kind = fields.encode("ascii"), "application/x-www-form-urlencoded"
    named = {name.lower() for name in request.headers}
    typed = request if "content-type" in named else request.with_headers({"Content-Type": kind})
    return replace(typed, body=body)


async def _follow(wire: AiohttpWire, request: Request, secrets: tuple[str, ...]) -> ClassicResponse:
    """Send, and follow redirects: credentials stay with their source, and https does not become http."""
    history: tuple[ClassicResponse, ...] = ()
    while True:
        response = ClassicResponse(await wire.send(request, secrets), history)
        location = response.headers.get("Location")
        if response.status not in _REDIRECTS or not location:
            return response
        if len(history) >= _MOST_REDIRECTS:
            message = f"{request}: more than {_MOST_REDIRECTS} redirects"
            raise ResponseError(message)
        history = (*history, response)
        request = _redirected(request, response.status, urljoin(request.url, _quoted(location)))


def _redirected(request: Request, status: int, target: str) -> Request:
    old, new = urlsplit(request.url), urlsplit(target)
    if old.scheme == "https" and new.scheme != "https":
        message = (
            f"{request}: a redirect to {new.scheme}://{new.netloc} is not followed: it would leave https"
        )
        raise ResponseError(message)
    becomes_get = status == HTTPStatus.SEE_OTHER or (
        status in {301, 302} and request.method not in {"GET", "HEAD"}
    )
    if becomes_get and request.method != "HEAD":
        kept = {k: v for k, v in request.headers.items() if k.lower() not in {"content-type"}}
        request = replace(request, method="GET", body=None, headers=kept)
    if (old.scheme, old.netloc) != (new.scheme, new.netloc):
        kept = {k: v for k, v in request.headers.items() if k.lower() not in _PRIVATE_HEADERS}
        request = replace(request, headers=kept)
    return request.with_url(target.partition("#")[0])


def _secrets(request: Request) -> tuple[str, ...]:
    return tuple(value for name, value in request.headers.items() if name.lower() in _PRIVATE_HEADERS)


def _published(error: TransmissionError, options: WireOptions, secrets: tuple[str, ...]) -> TransmissionError:
    """The same kind of error with the text that connectors and clients know."""
    inner = mask(str(error.__cause__ or error), secrets)
    if isinstance(error, ConnectTimeoutError):
        return type(error)(f"server timeout_error ({options.connect_timeout_s:g} sec): ({inner})")
    if isinstance(error, SourceTimeoutError):
        return type(error)(f"timeout_error ({options.timeout_s:g} sec): ({inner})")
    if isinstance(error, (NotConnectedError, CertificateError)):
        return type(error)(f"client_connector_error: ({inner})")
    return error


def _all_values(headers: Mapping[str, str], name: str) -> Iterable[str]:
    """All values of a header that may come more than once."""
    every = getattr(headers, "getall", None)
    if every is not None:
        found: Iterable[str] = every(name, [])
        return found
    return [value for key, value in headers.items() if key.lower() == name.lower()]
