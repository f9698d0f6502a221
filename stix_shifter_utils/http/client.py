"""The HTTP client that connectors use: one source, its limits, credentials, retries, and typed errors.

What goes over the network is `wire.py`; this file decides what to send, whether to repeat it, and what an
answer means.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, TypedDict
from urllib.parse import unquote, urlsplit

from stix_shifter_utils.errors import (
    ConnectionFailedError,
    InvalidParameterError,
    ResponseError,
    TooManyRequestsError,
    TransmissionError,
)
from stix_shifter_utils.http.address import Address
from stix_shifter_utils.http.clock import SYSTEM_CLOCK, Clock
from stix_shifter_utils.http.failures import (
    REMEDIES,
    ConnectTimeoutError,
    NotConnectedError,
    StatusErrors,
    error_type,
)
from stix_shifter_utils.http.message import JSON_ONLY, Params, Reply, Request, dump_json, form
from stix_shifter_utils.http.redact import excerpt, mask, safe_url
from stix_shifter_utils.http.retry import IDEMPOTENT, Retry, retry_after_s
from stix_shifter_utils.http.tally import Tally, open_tally
from stix_shifter_utils.http.tls import TlsOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from stix_shifter_utils.http.auth import Auth
    from stix_shifter_utils.http.wire import AiohttpWire

MOST_REDIRECTS = 5
BODY_BYTES = 256 * 1024 * 1024
_DETAIL_LENGTH = 200
_HARMLESS_HEADERS = frozenset(
    {"accept", "accept-language", "content-type", "user-agent", "version", "accept-encoding"}
)

log = logging.getLogger(__name__)


class Call(TypedDict, total=False):
    """What one request may carry.

    `json` or `data` is the body: JSON-ready data, or form fields (a mapping) or raw text or bytes. `accept`
    are statuses beside 2xx that are an answer and no error. `repeatable` says that a second sending does no
    harm, where the method does not tell (a POST that only searches).
    """

    params: Params | None
    json: Any
    data: Params | str | bytes | None
    headers: Mapping[str, str] | None
    accept: Collection[int]
    repeatable: bool


class HttpClient:
    """Requests to one source.

    `base_url` is http(s)://host[:port][/path]; paths are given below it. Each attempt ends after
    `timeout_s` seconds, the connecting part after `connect_timeout_s`; `retry` bounds all attempts
    together. `max_body_bytes` bounds an answer, unpacked. `proxy` is a URL, or `environment` for
    HTTPS_PROXY and friends. `errors` says which status means what here, over the common table; `status_of`
    tells the status that a reply stands for, where a product says it in the body. A redirect
    of a GET is followed on the same source; `redirects="any"` follows it elsewhere, without credentials and
    never from https to http.

    A web page in place of an answer is an error, unless `headers` ask for another `Accept` than JSON.

    Inside `async with client:` connections are shared; outside, each call has its own, so nothing needs
    closing. Every method raises a TransmissionError with the place and the remedy, and without secrets.
    """

    def __init__(  # noqa: PLR0913 -- keyword settings of one client, all with defaults
        self,
        base_url: str,
        *,
        auth: Auth | None = None,
        tls: TlsOptions | None = None,
        timeout_s: float = 30.0,
        connect_timeout_s: float = 10.0,
        retry: Retry | None = None,
        max_body_bytes: int = BODY_BYTES,
        proxy: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: StatusErrors | None = None,
        status_of: Callable[[Reply], int] | None = None,
        redirects: Literal["same", "any"] = "same",
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.address = Address.of(base_url)
        self.clock = clock
        self._auth, self._tls, self._retry = auth, tls or TlsOptions(), retry or Retry()
        self._timeout_s, self._connect_timeout_s = timeout_s, connect_timeout_s
        self._max_body_bytes, self._proxy, self._redirects = max_body_bytes, proxy, redirects
        self._headers = {"Accept": JSON_ONLY, "User-Agent": "stix-shifter", **(headers or {})}
        self._errors, self._status_of = errors or {}, status_of
        self._hidden: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"HttpClient({self.address.origin}{self.address.prefix!s})"

    async def get(self, path: str, **call: Unpack[Call]) -> Reply:
        return await self.request("GET", path, **call)

    async def head(self, path: str, **call: Unpack[Call]) -> Reply:
        return await self.request("HEAD", path, **call)

    async def post(self, path: str, **call: Unpack[Call]) -> Reply:
        return await self.request("POST", path, **call)

    async def put(self, path: str, **call: Unpack[Call]) -> Reply:
        return await self.request("PUT", path, **call)

    async def patch(self, path: str, **call: Unpack[Call]) -> Reply:
        return await self.request("PATCH", path, **call)

    async def delete(self, path: str, **call: Unpack[Call]) -> Reply:
        return await self.request("DELETE", path, **call)

    async def request(self, method: str, path: str, **call: Unpack[Call]) -> Reply:
        """Send a request until it is answered, its attempts are used up or its budget is.

        Idempotent methods repeat after a lost connection, 429 and 5xx; others only where nothing was sent,
        and after 429. A 401 is answered once with a renewed token where the credentials can be renewed.
        """
        request = self._build(method, path, call)
        async with self:
            return await self._exchange(
                request, call.get("repeatable", method in IDEMPOTENT), call.get("accept", ())
            )

    async def __aenter__(self) -> Self:
        self._wire.acquire(self.address.host)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.release()

    async def close(self) -> None:
        """Close the connections of the running event loop, also while somebody is inside `async with`."""
        await self._wire.close()

    def hide(self, words: Collection[str]) -> None:
        """Add words that no message may hold."""
        self._hidden = (*self._hidden, *words)

    def sign(self, auth: Auth, status_of: Callable[[Reply], int]) -> None:
        """Give a client made by `beside` credentials of its own."""
        self._auth, self._status_of = auth, status_of

    def secrets(self) -> tuple[str, ...]:
        """Every word that a message of this client must not hold."""
        own = tuple(value for name, value in self._headers.items() if name.lower() not in _HARMLESS_HEADERS)
        proxy = urlsplit(self._proxy or "").password
        return (
            *self._hidden,
            *own,
            *((unquote(proxy),) if proxy else ()),
            *(self._auth.secrets() if self._auth else ()),
        )

    def beside(self, url: str, tls: TlsOptions | None) -> HttpClient:
        """A client without credentials for `url` (absolute, or a path of this source), with the same limits.

        Elsewhere than on this source the own CA is trusted too, but pin, client certificate and name are
        not used.
        """
        own = "://" not in url or self.address.is_own(url)
        elsewhere = replace(
            self._tls, fingerprint_sha256=None, client_cert=None, client_key=None, server_hostname=None
        )
        origin = urlsplit(url)
        return HttpClient(
            f"{self.address.origin}{self.address.prefix}" if own else f"{origin.scheme}://{origin.netloc}",
            tls=tls or (self._tls if own else elsewhere),
            timeout_s=self._timeout_s,
            connect_timeout_s=self._connect_timeout_s,
            retry=self._retry,
            proxy=self._proxy,
            clock=self.clock,
        )

    @functools.cached_property
    def _wire(self) -> AiohttpWire:
        from stix_shifter_utils.http.wire import AiohttpWire, WireOptions

        return AiohttpWire(
            WireOptions(
                self._tls, self._timeout_s, self._connect_timeout_s, self._max_body_bytes, self._proxy
            )
        )

    def _build(self, method: str, path: str, call: Call) -> Request:
        request = Request(method, self.address.url(path, call.get("params")), self._headers)
        data = call.get("data")
        if "json" in call:
            body = dump_json(call["json"])
            request = replace(request.with_headers({"Content-Type": "application/json"}), body=body)
        elif isinstance(data, Mapping):
            fields = {"Content-Type": "application/x-www-form-urlencoded"}
            request = replace(request.with_headers(fields), body=form(data).encode("ascii"))
        elif data is not None:
            request = replace(
                request, body=data.encode(errors="surrogatepass") if isinstance(data, str) else bytes(data)
            )
        request = request.with_headers(call.get("headers") or {})
        for name, value in request.headers.items():
            if any(c in f"{name}{value}" for c in "\r\n\0"):
                message = f"the header {name!r} holds a line break"
                raise InvalidParameterError(message)
        return request

    async def _exchange(self, request: Request, repeatable: bool, accept: Collection[int]) -> Reply:
        attempts, tally = _Attempts(self._retry, self.clock), open_tally() or Tally()
        while True:
            tally.requests += 1
            try:
                reply = await self._follow(request)
            except (ConnectionFailedError, ConnectTimeoutError) as error:
                if not repeatable and not isinstance(error, (NotConnectedError, ConnectTimeoutError)):
                    raise
                if not await attempts.another(error, None):
                    raise
                continue
            tally.answered(len(reply.body), reply.headers.get("Date"), self.clock.now())
            if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES or reply.status in accept:
                reply.refuse_page()
                return reply
            failure = self._failure(reply)
            if not self._retry.repeats_status(reply.status, repeatable=repeatable):
                raise failure
            if not await attempts.another(failure, _retry_after(reply, self.clock)):
                raise failure

    async def _follow(self, request: Request) -> Reply:
        reply = await self._authorized(request)
        for _ in range(MOST_REDIRECTS):
            target = self._target(request.method, reply)
            if target is None:
                return reply
            if self.address.is_own(target):
                reply = await self._authorized(request.with_url(target))
            else:
                bare = Request(request.method, target, {"Accept": "*/*", "User-Agent": "stix-shifter"})
                reply = await self._wire.send(bare, self.secrets())
        message = f"{request}: more than {MOST_REDIRECTS} redirects"
        raise ResponseError(message)

    async def _authorized(self, request: Request) -> Reply:
        if self._auth is None:
            return await self._send(request)
        sent = await self._auth.apply(request, self)
        reply = await self._send(sent)
        if reply.status == HTTPStatus.UNAUTHORIZED and self._auth.renew(sent):
            log.info("%s: status 401, renewing the token", request)
            sent = await self._auth.apply(request, self)
            reply = await self._send(sent)
        return reply

    async def _send(self, request: Request) -> Reply:
        reply = await self._wire.send(request, self.secrets())
        return reply if self._status_of is None else replace(reply, status=self._status_of(reply))

    def _target(self, method: str, reply: Reply) -> str | None:
        """Where a redirect leads; None for any other reply."""
        location = reply.headers.get("Location")
        if reply.status not in {301, 302, 303, 307, 308} or not location:
            return None
        target = self.address.join(reply.url, location)
        downgrade = reply.url.startswith("https:") and not target.startswith("https:")
        if (
            method in {"GET", "HEAD"}
            and not downgrade
            and (self._redirects == "any" or self.address.is_own(target))
        ):
            return target
        shown = safe_url(target, self.secrets())
        what = f"status {reply.status} sends us to {shown}, which is not followed"
        message = f"{reply.request}: {what}; is that the host to configure?"
        raise ResponseError(message)

    def _failure(self, reply: Reply) -> TransmissionError:
        secrets = self.secrets()
        kind = error_type(reply.status, self._errors)
        what = f"{reply.request.method} {safe_url(reply.url, secrets)}: status {reply.status}"
        detail = excerpt(reply.body, secrets, _DETAIL_LENGTH)
        remedy = next((text for known, text in REMEDIES.items() if issubclass(kind, known)), "")
        message = mask(
            "; ".join(part for part in (what, remedy, detail and f"it says: {detail}") if part), secrets
        )
        if issubclass(kind, TooManyRequestsError):
            return kind(message, _retry_after(reply, self.clock))
        return kind(message)


class _Attempts:
    """Counts the attempts of one call and waits between them."""

    def __init__(self, retry: Retry, clock: Clock) -> None:
        self._retry, self._clock = retry, clock
        self._began = clock.monotonic()
        self._made = 1

    async def another(self, failure: TransmissionError, asked_s: float | None) -> bool:
        """Wait and say True, or say False and note in the failure how often it was tried."""
        if failure.tried > 1:  # the token server's: its client has tried often enough
            return False
        wait = self._retry.wait_s(self._made, self._clock.random(), asked_s)
        spent = self._clock.monotonic() - self._began
        if self._made >= self._retry.attempts or spent + wait > self._retry.budget_s:
            if self._made > 1:
                failure.tried = self._made
                failure.args = (f"{failure.args[0]} (tried {self._made} times)", *failure.args[1:])
            return False
        log.info("%s; attempt %d follows in %.1f s", failure, self._made + 1, wait)
        if (tally := open_tally()) is not None:
            tally.repeated(wait)
        await self._clock.sleep(wait)
        self._made += 1
        return True


def _retry_after(reply: Reply, clock: Clock) -> float | None:
    return retry_after_s(reply.headers.get("Retry-After"), clock.now())
