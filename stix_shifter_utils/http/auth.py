"""How a request shows who asks: values without secrets in their repr; a token is fetched, kept and renewed.

What the source answers to bad credentials is judged in `client.py`.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol
from urllib.parse import quote
from weakref import WeakKeyDictionary

from stix_shifter_utils.errors import AuthenticationError, InvalidParameterError, ResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stix_shifter_utils.http.client import HttpClient
    from stix_shifter_utils.http.clock import Clock
    from stix_shifter_utils.http.message import Request
    from stix_shifter_utils.http.tls import TlsOptions


class Asking(Protocol):
    """What an Auth may use of the client that sends: its clock, and a way to reach a token server."""

    clock: Clock

    def beside(self, url: str, tls: TlsOptions | None) -> HttpClient:
        """A client without credentials for `url`, same limits; `tls` None means the source's own trust."""


class Auth(Protocol):
    """Credentials that are laid on every request."""

    async def apply(self, request: Request, asking: Asking) -> Request:
        """The request with credentials."""

    def renew(self, refused: Request) -> bool:
        """The source answered 401 to `refused`: True when another `apply` would bring something fresh."""

    def secrets(self) -> tuple[str, ...]:
        """Words that no message may hold."""


class _Fixed:
    """Credentials that are what they are: a second try would send the same."""

    __slots__ = ()

    def renew(self, refused: Request) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Basic(_Fixed):
    """User and password (RFC 7617), in UTF-8."""

    username: str
    password: str = field(repr=False)

    def _encoded(self) -> str:
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")

    async def apply(self, request: Request, asking: Asking) -> Request:
        return request.with_headers({"Authorization": f"Basic {self._encoded()}"})

    def secrets(self) -> tuple[str, ...]:
        return self.password, self._encoded()


@dataclass(frozen=True, slots=True)
class Bearer(_Fixed):
    """A ready token. `scheme` is the word before it, for products that say `Token` or `SSWS`."""

    token: str = field(repr=False)
    scheme: str = "Bearer"

    async def apply(self, request: Request, asking: Asking) -> Request:
        return request.with_headers({"Authorization": header_value(f"{self.scheme} {self.token}")})

    def secrets(self) -> tuple[str, ...]:
        return (self.token,)


@dataclass(frozen=True, slots=True)
class ApiKey(_Fixed):
    """A key under a name of the product's choice, as a header or in the query string."""

    name: str
    value: str = field(repr=False)
    where: Literal["header", "query"] = "header"

    async def apply(self, request: Request, asking: Asking) -> Request:
        if self.where == "header":
            return request.with_headers({self.name: header_value(self.value)})
        joint = "&" if "?" in request.url else "?"
        pair = f"{quote(self.name, safe='')}={quote(self.value, safe='')}"
        return request.with_url(f"{request.url}{joint}{pair}")

    def secrets(self) -> tuple[str, ...]:
        return (self.value,)


@dataclass(frozen=True, slots=True)
class SignedRequest(_Fixed):
    """Headers computed from the request itself (HMAC, dates). `hidden` are the secrets that `sign` knows."""

    sign: Callable[[Request], Mapping[str, str]] = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)

    async def apply(self, request: Request, asking: Asking) -> Request:
        return request.with_headers(self.sign(request))

    def secrets(self) -> tuple[str, ...]:
        return self.hidden


@dataclass(frozen=True, slots=True)
class Token:
    """A token and how long it lives, in seconds from now; None when the server does not say."""

    value: str = field(repr=False)
    lives_s: float | None = None


class TokenAuth:
    """A token that is fetched when first needed, kept, and renewed before it expires or when it is refused.

    Subclass with `fetch` for a product's own login, and call `super().__init__()`. One fetch at a time in
    each event loop; safe to share. A token is renewed `leeway_s` seconds before its end (a short-lived one
    at half its life).
    """

    leeway_s: ClassVar[float] = 60.0
    default_life_s: ClassVar[float] = 300.0

    def __init__(self) -> None:
        self._token: Token | None = None
        self._good_until = 0.0
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    async def fetch(self, asking: Asking) -> Token:
        """Get a new token. Raises AuthenticationError when the credentials are refused."""
        raise NotImplementedError

    def headers(self, token: str) -> Mapping[str, str]:
        """How the token is shown; a Bearer header unless a product wants another."""
        return {"Authorization": header_value(f"Bearer {token}")}

    async def token(self, asking: Asking) -> Token:
        """A token that is good now. Raises what `fetch` raises."""
        lock = self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        async with lock:
            if self._token is None or asking.clock.monotonic() >= self._good_until:
                return await self._fetch(asking)
            return self._token

    async def apply(self, request: Request, asking: Asking) -> Request:
        return request.with_headers(self.headers((await self.token(asking)).value))

    def renew(self, refused: Request) -> bool:
        if self._token is not None and self.headers(self._token.value).items() <= refused.headers.items():
            self._token = None
        return True

    def secrets(self) -> tuple[str, ...]:
        return (self._token.value,) if self._token else ()

    async def _fetch(self, asking: Asking) -> Token:
        began = asking.clock.monotonic()
        token = await self.fetch(asking)
        life = self.default_life_s if token.lives_s is None else token.lives_s
        self._token, self._good_until = token, began + max(life - self.leeway_s, life / 2)
        return token


@dataclass(eq=False)
class ClientCredentials(TokenAuth):
    """OAuth 2.0 client credentials (RFC 6749 §4.4), and its cousins by `grant`.

    `token_url` is absolute, or a path on the source itself. `extra` are further form fields (`audience`,
    `resource`, or `username` and `password` with `grant="password"`; their values count as secrets).
    `style` says where the client shows itself: in the form, or as Basic.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    grant: str = "client_credentials"
    style: Literal["form", "basic"] = "form"
    tls: TlsOptions | None = None

    def __post_init__(self) -> None:
        super().__init__()

    async def fetch(self, asking: Asking) -> Token:
        form = {"grant_type": self.grant, **({"scope": self.scope} if self.scope else {}), **self.extra}
        headers = {"Accept": "application/json"}
        if self.style == "basic":
            pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"
        else:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        client = asking.beside(self.token_url, self.tls)
        client.hide(self.secrets())
        try:
            reply = await client.post(self.token_url, data=form, headers=headers, repeatable=True)
        except InvalidParameterError as error:  # RFC 6749 §5.2: a refused client may be a 400
            message = f"the token server refuses the client; check the credentials: {error}"
            raise AuthenticationError(message) from error
        return _token_of(reply.secret_json(), self.token_url)

    def secrets(self) -> tuple[str, ...]:
        return (*super().secrets(), self.client_secret, *self.extra.values())


def _token_of(answer: Any, token_url: str) -> Token:
    value = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        message = f"the token server {token_url.partition('?')[0]} answered without an access_token"
        raise ResponseError(message)
    try:
        life = float(answer["expires_in"])
    except (KeyError, TypeError, ValueError):
        return Token(value)
    return Token(value, life)


def header_value(text: str) -> str:
    """A value that stays inside its header. Raises AuthenticationError for a line break or a NUL."""
    if any(c in text for c in "\r\n\0"):
        message = (
            "a credential holds a line break and cannot be sent in a header; was it pasted with its line end?"
        )
        raise AuthenticationError(message)
    return text
