"""Credentials on the wire: what each kind sends, and how tokens are fetched, kept, renewed and refused."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from stix_shifter_utils.errors import AuthenticationError, ResponseError, SourceUnavailableError
from stix_shifter_utils.http import (
    NO_RETRY,
    ApiKey,
    Auth,
    Basic,
    Bearer,
    ClientCredentials,
    HttpClient,
    Request,
    Retry,
    SessionLogin,
    SignedRequest,
    Token,
    TokenAuth,
)
from stix_shifter_utils.testing import Answer, FakeClock, FakeProduct, Fault, Received, Refusal, route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.http.auth import Asking


class Guarded(FakeProduct):
    """Issues numbered tokens and believes only in the newest; `revoke` ends it early."""

    def __init__(self) -> None:
        super().__init__()
        self.issued = 0
        self.valid = ""
        self.expires: Any = 3600

    def authorize(self, request: Received) -> None:
        if request.headers.get("authorization") != f"Bearer {self.valid}":
            raise Refusal(401, "token unknown")

    @route("POST", "/token", open_to_all=True)
    def token(self, request: Received) -> Answer:
        form = request.form()
        pair = request.basic()  # RFC 6749 §2.3.1: both parts are form-encoded first
        shown = (unquote(pair[0]), unquote(pair[1])) if pair else (form["client_id"], form["client_secret"])
        if shown != ("hunter", "s3cr&t:") or form["grant_type"] != "client_credentials":
            raise Refusal(400, "invalid_client")
        self.issued += 1
        self.valid = f"token-{self.issued}"
        return Answer(
            {"access_token": self.valid, "expires_in": self.expires, "scope": form.get("scope", "")}
        )

    @route("POST", "/login", open_to_all=True)
    def login(self, request: Received) -> Answer:
        if request.form() != {"username": "hunter", "password": "s3cr&t:", "kind": "json"}:
            raise Refusal(401, "unknown user")
        self.issued += 1
        self.valid = f"session-{self.issued}"
        return Answer({"key": self.valid} if self.expires else {})

    @route("GET", "/rows")
    def rows(self, request: Received) -> Answer:
        return Answer([1])

    @route("GET", "/echo", open_to_all=True)
    def echo(self, request: Received) -> Answer:
        return Answer({"headers": dict(request.headers), "query": dict(request.query)})


def echoed(auth: Auth) -> dict[str, Any]:
    with Guarded() as product:
        reply = asyncio.run(HttpClient(product.url, auth=auth).get("/echo", params={"a": 1}))
    answer = reply.json()
    assert isinstance(answer, dict)
    return answer


def credentials(url: str = "/token", **fields: Any) -> ClientCredentials:
    return ClientCredentials(
        **{"token_url": url, "client_id": "hunter", "client_secret": "s3cr&t:", **fields}
    )


def test_basic_bearer_and_keys_send_what_they_should() -> None:
    assert echoed(Basic("jürgen", "pä:ss"))["headers"]["authorization"] == "Basic asO8cmdlbjpww6Q6c3M="
    assert echoed(Bearer("abc"))["headers"]["authorization"] == "Bearer abc"
    assert echoed(Bearer("abc", "SSWS"))["headers"]["authorization"] == "SSWS abc"
    assert echoed(ApiKey("X-Auth-Token", "k"))["headers"]["x-auth-token"] == "k"
    assert echoed(ApiKey("api key", "k&x=1", "query"))["query"] == {"a": "1", "api key": "k&x=1"}


def test_a_signed_request_signs_what_is_sent() -> None:
    def sign(request: Request) -> Mapping[str, str]:
        return {"X-Sign": hmac.new(b"key", request.url.encode(), hashlib.sha256).hexdigest()}

    with Guarded() as product:
        client = HttpClient(product.url, auth=SignedRequest(sign, ("key",)))
        seen = asyncio.run(client.get("/echo", params={"q": "ä /"})).json()["headers"]["x-sign"]
        url = f"{product.url}/echo?q=%C3%A4%20%2F"
    assert seen == hmac.new(b"key", url.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("auth", [Bearer("a\r\nX: y"), ApiKey("K", "a\n"), Bearer("a\0")])
def test_a_credential_with_a_line_break_is_refused_before_it_is_sent(auth: Auth) -> None:
    with Guarded() as product:
        with pytest.raises(AuthenticationError, match="line break"):
            asyncio.run(HttpClient(product.url, auth=auth).get("/echo"))
        assert product.requests == []


@pytest.mark.parametrize("style", ["form", "basic"])
def test_a_token_is_fetched_once_and_kept_over_loops(style: str) -> None:
    with Guarded() as product:
        client = HttpClient(product.url, auth=credentials(style=style, scope="read"))
        for _ in range(3):
            assert asyncio.run(client.get("/rows")).json() == [1]
        assert product.issued == 1
        assert product.seen("POST")[0].form()["scope"] == "read"


def test_many_requests_at_once_fetch_one_token() -> None:
    async def many(client: HttpClient) -> None:
        await asyncio.gather(*(client.get("/rows") for _ in range(10)))

    with Guarded() as product:
        asyncio.run(many(HttpClient(product.url, auth=credentials())))
        assert product.issued == 1


def test_a_token_is_renewed_before_it_expires() -> None:
    clock = FakeClock()
    with Guarded() as product:
        client = HttpClient(product.url, auth=credentials(), clock=clock)
        for passed, issued in ((0, 1), (3500, 1), (41, 2), (10, 2)):
            clock.advance(passed)
            asyncio.run(client.get("/rows"))
            assert product.issued == issued


@pytest.mark.parametrize("expires", [None, "soon", {}])
def test_a_token_without_a_readable_life_is_kept_for_a_while(expires: object) -> None:
    clock = FakeClock()
    with Guarded() as product:
        product.expires = expires
        client = HttpClient(product.url, auth=credentials(), clock=clock)
        for passed, issued in ((0, 1), (200, 1), (100, 2)):
            clock.advance(passed)
            asyncio.run(client.get("/rows"))
            assert product.issued == issued


def test_a_revoked_token_is_renewed_once() -> None:
    with Guarded() as product:
        client = HttpClient(product.url, auth=credentials())
        asyncio.run(client.get("/rows"))
        product.valid = "revoked"
        assert asyncio.run(client.get("/rows")).status == 200
        assert product.issued == 2


def test_a_source_that_refuses_fresh_tokens_is_an_authentication_error() -> None:
    with Guarded() as product:
        product.fail(Fault.answer(401), on="GET /rows")
        with pytest.raises(AuthenticationError, match="check the credentials"):
            asyncio.run(HttpClient(product.url, auth=credentials()).get("/rows"))
        assert product.issued == 2
        assert len(product.seen("GET", "/rows")) == 2


def test_fixed_credentials_are_not_tried_twice() -> None:
    with Guarded() as product:
        with pytest.raises(AuthenticationError):
            asyncio.run(HttpClient(product.url, auth=Bearer("bad"), retry=Retry()).get("/rows"))
        assert len(product.requests) == 1


def test_a_refused_client_is_an_authentication_error_without_its_secret() -> None:
    with Guarded() as product:
        bad = credentials(client_secret="n0t-this")
        with pytest.raises(AuthenticationError, match="token server refuses") as caught:
            asyncio.run(HttpClient(product.url, auth=bad).get("/rows"))
    assert "n0t-this" not in f"{caught.value!r}{bad!r}"


def test_a_token_server_that_is_down_or_answers_nonsense_is_told() -> None:
    with Guarded() as product:
        product.fail(Fault.answer(503))
        with pytest.raises(SourceUnavailableError):
            asyncio.run(HttpClient(product.url, auth=credentials(), retry=NO_RETRY).get("/rows"))
        product.heal()
        for body in ("[]", "{}", '{"access_token": 5}', '{"access_token": ""}'):
            product.fail(Fault.answer(200, body=body), times=1)
            with pytest.raises(ResponseError, match="without an access_token"):
                asyncio.run(HttpClient(product.url, auth=credentials(), retry=NO_RETRY).get("/rows"))


def test_the_token_may_come_from_another_host() -> None:
    with Guarded() as tokens, Guarded() as product:
        product.valid = "token-1"
        client = HttpClient(product.url, auth=credentials(f"{tokens.url}/token"))
        assert asyncio.run(client.get("/rows")).json() == [1]
        assert [len(tokens.requests), len(product.requests)] == [1, 1]


def test_a_product_with_a_login_of_its_own_subclasses_token_auth() -> None:
    class Login(TokenAuth):
        async def fetch(self, asking: Asking) -> Token:
            reply = await asking.beside("/", None).post("/token", data={
                "grant_type": "client_credentials", "client_id": "hunter", "client_secret": "s3cr&t:",
            })  # fmt: skip
            return Token(reply.json()["access_token"], 60)

        def headers(self, token: str) -> Mapping[str, str]:
            return {"Authorization": f"Bearer {token}", "X-Session": token}

    with Guarded() as product:
        assert asyncio.run(HttpClient(product.url, auth=Login()).get("/rows")).status == 200
        assert product.seen("GET")[0].headers["x-session"] == "token-1"


def test_a_session_is_opened_by_user_and_password_and_opened_again_when_it_is_refused() -> None:
    login = SessionLogin("/login", "hunter", "s3cr&t:", "key", extra={"kind": "json"})
    assert "s3cr" not in repr(login)
    with Guarded() as product:
        client = HttpClient(product.url, auth=login)
        assert asyncio.run(client.get("/rows")).status == 200
        product.valid = "another"
        assert asyncio.run(client.get("/rows")).status == 200
        assert len(product.seen("POST", "/login")) == 2


def test_a_login_that_gives_no_key_is_told_without_the_password() -> None:
    with Guarded() as product:
        product.expires = None
        login = SessionLogin("/login", "hunter", "s3cr&t:", "key", extra={"kind": "json"})
        with pytest.raises(ResponseError, match="/login gave no key") as caught:
            asyncio.run(HttpClient(product.url, auth=login).get("/rows"))
        assert "s3cr" not in str(caught.value)
