"""The HTTP client of earlier releases: texts, retries, redirects, bodies, as connectors know them."""

import asyncio
import json
import socket
from typing import Any

import pytest

from stix_shifter_utils.errors import (
    CertificateError,
    ConnectionFailedError,
    SourceTimeoutError,
    TooManyRequestsError,
)
from stix_shifter_utils.http.classic import ResponseWrapper, RestApiClientAsync
from stix_shifter_utils.testing.exchange import Answer, Received
from stix_shifter_utils.testing.faults import Fault
from stix_shifter_utils.testing.product import FakeProduct, route


class Classic(FakeProduct):
    """Answers with what it was asked; `/busy` is busy `busy` times."""

    busy = 0

    @route("GET", "/echo")
    def echo(self, received: Received) -> Answer:
        return Answer({"query": dict(received.query)}, 200, {"X-Kind": "echo", "Set-Cookie": "sid=7; Path=/"})

    @route("POST", "/echo")
    def take(self, received: Received) -> Answer:
        return Answer({"body": received.body.decode(), "type": received.headers.get("content-type")})

    @route("GET", "/busy")
    def is_busy(self, received: Received) -> Answer:
        self.busy -= 1
        return Answer("busy", 429, {"Retry-After": "0"}) if self.busy >= 0 else Answer("ok")

    @route("POST", "/down")
    def down(self, received: Received) -> Answer:
        return Answer("down", 503)

    @route("POST", "/moved")
    def moved(self, received: Received) -> Answer:
        return Answer("", 302, {"Location": "/echo?from=moved"})


def client(port: int, **more: Any) -> RestApiClientAsync:
    return RestApiClientAsync(
        "127.0.0.1", port, {"X-Own": "1"}, lambda ip, end, headers: f"http://{ip}/{end}", **more
    )


def ask(port: int, *arguments: Any, **more: Any) -> ResponseWrapper:
    return asyncio.run(client(port).call_api(*arguments, **more))


def test_an_answer_can_be_read_in_every_known_way() -> None:
    with Classic() as product:
        answer = ask(product.port, "echo?a=b c", "get", {"X-Own": "2"}, urldata={"n": 5, "t": "x&y"})
        sent = product.requests[0]
    assert json.load(answer)["query"] == {"a": "b c", "n": "5", "t": "x&y"}
    assert (answer.code, answer.read(), answer.bytes) == (200, answer.content, answer.content)
    assert answer.headers["x-kind"] == "echo"
    assert answer.get_cookies("http://any")["sid"].value == "7"
    assert asyncio.run(answer.response.text()) == answer.read().decode()
    assert (answer.response.reason, answer.response.history) == ("OK", ())
    assert sent.headers["x-own"] == "2"
    answer.raise_for_status()


@pytest.mark.parametrize(
    ("data", "body", "kind"),
    [
        ({"q": "a b"}, "q=a%20b", "application/x-www-form-urlencoded"),
        ('{"q": 1}', '{"q": 1}', "text/plain; charset=utf-8"),
        (b"raw", "raw", "application/octet-stream"),
    ],
)
def test_bodies_are_sent_as_given(data: Any, body: str, kind: str) -> None:
    with Classic() as product:
        assert json.load(ask(product.port, "echo", "POST", data=data)) == {"body": body, "type": kind}


def test_no_status_raises_by_itself() -> None:
    with Classic() as product:
        answer = ask(product.port, "down", "POST")
    assert (answer.code, answer.read()) == (503, b"down")


def test_too_many_requests_raise_the_known_text_and_are_repeated_on_demand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def at_once(_: float) -> None:
        return None

    monkeypatch.setattr("stix_shifter_utils.http.classic.asyncio.sleep", at_once)
    with Classic() as product:
        product.busy = 1
        with pytest.raises(
            TooManyRequestsError, match=r"^Max retries exceeded\. too_many_requests with max retry \(1\)"
        ):
            ask(product.port, "busy", "GET")
        product.busy = 2
        monkeypatch.setenv("STIXSHIFTER_RETRY_MAX", "3")
        assert ask(product.port, "busy", "GET").read() == b"ok"
        before = len(product.requests)
        assert ask(product.port, "down", "POST").code == 503
        assert len(product.requests) == before + 1


def test_a_redirected_post_becomes_a_get_and_leaves_a_history() -> None:
    with Classic() as product:
        answer = ask(product.port, "moved", "POST", data="x")
    assert json.load(answer)["query"] == {"from": "moved"}
    assert [one.status for one in answer.history] == [302]


def test_failures_have_the_texts_that_clients_match() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConnectionFailedError, match=r"^client_connector_error: \(Cannot connect to host"):
        ask(port, "echo", "GET")
    with Classic() as product:
        product.fail(Fault.stall())
        with pytest.raises(SourceTimeoutError, match=r"^timeout_error \(0\.2 sec\): \("):
            ask(product.port, "echo", "GET", timeout=0.2)


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
def test_basic_credentials_of_the_http_library_are_taken() -> None:
    from aiohttp import BasicAuth

    with Classic() as product:
        asyncio.run(client(product.port, auth=BasicAuth("u", "p")).call_api("echo", "GET"))
        assert product.requests[0].basic() == ("u", "p")


def test_a_certificate_that_is_none_is_refused_with_the_known_text() -> None:
    with pytest.raises(CertificateError, match=r"^Unable to load certificate for ssl context: \("):
        RestApiClientAsync("h", cert_verify="nonsense")
    with pytest.raises(CertificateError, match="Unable to load certificate"):
        RestApiClientAsync("h", cert_verify=True)
    assert RestApiClientAsync("h", 1, cert_verify=False).ssl_context.check_hostname is True


def test_clients_do_not_share_headers() -> None:
    one, two = RestApiClientAsync("h"), RestApiClientAsync("h", 8)
    one.headers["a"] = "b"
    assert (two.headers, one.get_headers(), two.get_server_ip()) == ({}, {"a": "b"}, "h:8")


def test_headers_are_the_dictionary_that_the_connector_keeps() -> None:
    kept = {"X-One": "1"}
    client = RestApiClientAsync("127.0.0.1", 443, kept)
    kept["Authorization"] = "later"
    assert client.headers is kept
    assert client.get_headers() == {"X-One": "1", "Authorization": "later"}
    assert RestApiClientAsync("127.0.0.1").headers is not RestApiClientAsync("127.0.0.1").headers
