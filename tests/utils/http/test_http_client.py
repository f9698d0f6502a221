"""The client against a real server on the loopback: requests, statuses, retries, redirects, limits."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from stix_shifter_utils.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ErrorCode,
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
from stix_shifter_utils.http import NO_RETRY, ApiKey, HttpClient, Reply, Retry
from stix_shifter_utils.testing import Answer, FakeClock, FakeProduct, Fault, Received, route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class Shop(FakeProduct):
    """Echoes what it is sent."""

    @route("GET", "/api/echo")
    def echo(self, request: Received) -> Answer:
        return Answer({"query": dict(request.query), "agent": request.headers.get("user-agent")})

    @route("POST", "/api/things")
    def make(self, request: Received) -> Answer:
        return Answer({"body": request.body.decode(), "type": request.headers.get("content-type")}, 201)

    @route("PUT", "/api/things/{name}")
    def put(self, request: Received, name: str) -> Answer:
        return Answer({"name": name, "body": request.body.decode()})

    @route("DELETE", "/api/things/{name}")
    def remove(self, request: Received, name: str) -> Answer:
        return Answer(b"", 204)

    @route("GET", "/api/big")
    def big(self, request: Received) -> Answer:
        return Answer(b"x" * int(request.query["size"]))


def run(shop: Shop, work: Callable[[HttpClient], Awaitable[T]], **settings: Any) -> T:
    """One client, used inside `async with`, then left."""

    async def inside() -> T:
        async with HttpClient(f"{shop.url}/api", **{"retry": NO_RETRY, **settings}) as client:
            return await work(client)

    return asyncio.run(inside())


def get(path: str = "/echo") -> Callable[[HttpClient], Awaitable[Reply]]:
    return lambda client: client.get(path)


def test_a_get_carries_its_parameters_and_a_user_agent() -> None:
    with Shop() as shop:
        reply = run(
            shop, lambda c: c.get("/echo", params={"q": "a&b=c ü%", "deep": True, "no": None, "n": 5})
        )
    assert reply.json() == {"query": {"q": "a&b=c ü%", "deep": "true", "n": "5"}, "agent": "stix-shifter"}


def test_bodies_are_json_form_fields_or_as_given() -> None:
    with Shop() as shop:
        json_reply = run(shop, lambda c: c.post("/things", json={"a": [1, None]}))
        form_reply = run(shop, lambda c: c.post("/things", data={"a": "1&2", "b": True}))
        text_reply = run(shop, lambda c: c.put("/things/x%2Fy", data="käse"))
    assert json_reply.status == 201
    assert json_reply.json() == {"body": '{"a":[1,null]}', "type": "application/json"}
    assert form_reply.json() == {"body": "a=1%262&b=true", "type": "application/x-www-form-urlencoded"}
    assert text_reply.json() == {"name": "x%2Fy", "body": "käse"}


def test_a_client_works_outside_of_a_with_block_and_in_loop_after_loop() -> None:
    with Shop() as shop:
        client = HttpClient(f"{shop.url}/api")
        assert [asyncio.run(client.get("/echo")).status for _ in range(3)] == [200, 200, 200]
        asyncio.run(client.close())


def test_requests_side_by_side_share_one_session() -> None:
    async def many(client: HttpClient) -> list[Reply]:
        return list(await asyncio.gather(*(client.get("/echo", params={"i": i}) for i in range(20))))

    with Shop() as shop:
        replies = run(shop, many)
    assert [reply.json()["query"]["i"] for reply in replies] == [str(i) for i in range(20)]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidParameterError),
        (401, AuthenticationError),
        (403, ForbiddenError),
        (404, ResponseError),
        (410, SearchNotFoundError),
        (422, QueryRejectedError),
        (429, TooManyRequestsError),
        (418, ResponseError),
        (500, SourceUnavailableError),
        (503, SourceUnavailableError),
        (304, ResponseError),
    ],
)
def test_a_status_is_a_typed_error_that_names_the_place(status: int, error: type[TransmissionError]) -> None:
    with Shop() as shop:
        shop.fail(Fault.answer(status, body="" if status == 304 else None))
        with pytest.raises(error, match=f"GET {shop.url}/api/echo: status {status}") as caught:
            run(shop, get())
    assert type(caught.value) is error


def test_a_source_says_itself_what_a_status_means() -> None:
    with Shop() as shop:
        shop.fail(Fault.answer(404, body='{"message": "no such job"}'))
        with pytest.raises(SearchNotFoundError, match="no such job") as caught:
            run(shop, get("/things/1"), errors={404: SearchNotFoundError})
        assert run(shop, lambda c: c.get("/echo", accept=[404])).status == 404
    assert caught.value.code is ErrorCode.TRANSMISSION_SEARCH_DOES_NOT_EXISTS


def test_messages_hold_no_secret_even_where_the_source_repeats_it() -> None:
    key = "s3cret/key"
    with Shop() as shop:
        shop.fail(Fault.answer(403, body='{"error": "bad key s3cret/key or s3cret%2Fkey"}'))
        with pytest.raises(ForbiddenError) as caught:
            run(shop, get(), auth=ApiKey("key", key, "query"))
        with pytest.raises(ForbiddenError) as header:
            run(shop, get(), headers={"X-Token": key})
        assert shop.requests[0].query == {"key": key}
    for error in (caught.value, header.value):
        assert "s3cret" not in f"{error}{error!r}"
        assert "bad key *** or ***" in str(error)


def test_a_get_is_repeated_with_growing_waits_and_then_given_up() -> None:
    clock = FakeClock(dice=0.0)
    with Shop() as shop:
        shop.fail(Fault.answer(503), times=2)
        assert run(shop, get(), retry=Retry(attempts=3), clock=clock).status == 200
        assert clock.slept == [0.25, 0.5]
        shop.fail(Fault.answer(503))
        with pytest.raises(SourceUnavailableError, match="tried 4 times"):
            run(shop, get(), retry=Retry(attempts=4), clock=clock)
        assert len(shop.requests) == 3 + 4


def test_retry_after_is_obeyed_in_seconds_and_as_a_date() -> None:
    clock = FakeClock()
    with Shop() as shop:
        shop.fail(Fault.answer(429, retry_after=7), times=1)
        shop.fail(Fault.answer(503, retry_after="Thu, 01 Jan 2026 00:00:20 GMT"), times=1)
        assert run(shop, get(), clock=clock, retry=Retry()).status == 200
    assert clock.slept == [7.0, 13.0]  # the date is 20 s after the start of the clock, 7 of them are gone


def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    clock = FakeClock()
    with Shop() as shop:
        shop.fail(Fault.answer(429, retry_after=3600))
        with pytest.raises(TooManyRequestsError) as caught:
            run(shop, get(), clock=clock, retry=Retry(budget_s=60))
    assert caught.value.retry_after_s == 3600
    assert clock.slept == []


def test_a_post_is_not_repeated_blindly() -> None:
    clock = FakeClock()
    with Shop() as shop:
        for fault in (Fault.answer(503), Fault.close(), Fault.reset(), Fault.close(after=3)):
            shop.heal()
            shop.fail(fault)
            shop.requests.clear()
            with pytest.raises((SourceUnavailableError, ConnectionFailedError)):
                run(shop, lambda c: c.post("/things", json={}), clock=clock, retry=Retry())
            assert len(shop.requests) == 1
        shop.heal()
        shop.fail(Fault.answer(429), times=1)
        assert run(shop, lambda c: c.post("/things", json={}), clock=clock, retry=Retry()).status == 201
        shop.fail(Fault.answer(503), times=1)
        search = lambda c: c.post("/things", json={}, repeatable=True)  # noqa: E731 -- as short as its uses
        assert run(shop, search, clock=clock, retry=Retry()).status == 201


def test_where_nobody_listens_even_a_post_is_tried_again() -> None:
    clock = FakeClock()
    with Shop() as shop:
        url = shop.url

    async def post() -> None:
        await HttpClient(url, retry=Retry(attempts=3), clock=clock).post("/things", json={})

    with pytest.raises(ConnectionFailedError, match=r"no connection .*check host and port.*tried 3 times"):
        asyncio.run(post())
    assert len(clock.slept) == 2


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (Fault.stall(), SourceTimeoutError, r"no whole answer within 0\.2 s"),
        (Fault.stall(after=5), SourceTimeoutError, r"no whole answer within 0\.2 s"),
        (Fault.close(), ConnectionFailedError, "closed before an answer"),
        (Fault.close(after=5), ConnectionFailedError, "in the middle of the answer"),
        (Fault.reset(), ConnectionFailedError, "closed before an answer"),
        (Fault.reset(after=5), ConnectionFailedError, "."),
    ],
)
def test_a_source_that_stalls_closes_or_resets_is_named_with_a_remedy(
    fault: Fault, error: type[TransmissionError], says: str
) -> None:
    with Shop() as shop:
        shop.fail(fault)
        with pytest.raises(error, match=says) as caught:
            run(shop, get(), timeout_s=0.2)
        assert f"GET {shop.url}/api/echo" in str(caught.value)
    assert caught.value.code is ErrorCode.TRANSMISSION_CONNECT
    assert "; " in str(caught.value)


@pytest.mark.parametrize(("fault", "says"), [(Fault.html(), "HTML"), (Fault.half_json(), "cut or broken")])
def test_html_and_half_a_json_are_told_when_the_json_is_read(fault: Fault, says: str) -> None:
    with Shop() as shop:
        shop.fail(fault)
        with pytest.raises(ResponseError, match=says):
            run(shop, get()).json()


def test_a_late_answer_within_the_limit_is_an_answer() -> None:
    with Shop() as shop:
        shop.fail(Fault.latency(0.05))
        assert run(shop, get(), timeout_s=5).status == 200


def test_a_lost_answer_to_a_get_is_asked_for_again() -> None:
    with Shop() as shop:
        shop.fail(Fault.reset(), times=1)
        shop.fail(Fault.close(after=4), times=1)
        assert run(shop, get(), retry=Retry(), clock=FakeClock()).status == 200
        assert len(shop.requests) == 3


def test_a_body_beyond_the_bound_is_refused() -> None:
    with Shop() as shop:
        assert (
            len(run(shop, lambda c: c.get("/big", params={"size": 1000}), max_body_bytes=1000).body) == 1000
        )
        with pytest.raises(ResponseError, match="larger than 1000 bytes"):
            run(shop, lambda c: c.get("/big", params={"size": 1001}), max_body_bytes=1000)


def test_a_redirect_on_the_source_is_followed_for_get_with_credentials() -> None:
    with Shop() as shop:
        shop.fail(Fault.redirect("/api/echo?x=1"), times=1, on="GET /api/old")
        reply = run(shop, get("/old"), auth=ApiKey("X-Key", "hunter2"))
        assert reply.json()["query"] == {"x": "1"}
        assert shop.requests[1].headers["x-key"] == "hunter2"


def test_a_redirect_elsewhere_is_refused_and_followed_only_on_demand_without_credentials() -> None:
    with Shop() as shop, Shop() as other:
        shop.fail(Fault.redirect(f"{other.url}/api/echo?token=abc"), on="GET /api/old")
        with pytest.raises(ResponseError, match=f"sends us to {other.url}/api/echo") as caught:
            run(shop, get("/old"), auth=ApiKey("X-Key", "hunter2"))
        assert "abc" not in str(caught.value)
        assert other.requests == []
        run(shop, get("/old"), auth=ApiKey("X-Key", "hunter2"), headers={"X-More": "s"}, redirects="any")
        assert {"x-key", "x-more"}.isdisjoint(other.requests[0].headers)


def test_redirects_end() -> None:
    with Shop() as shop:
        shop.fail(Fault.redirect("/api/echo"))
        with pytest.raises(ResponseError, match="more than 5 redirects"):
            run(shop, get())
        with pytest.raises(ResponseError, match="not followed"):
            run(shop, lambda c: c.post("/things", json={}))


def test_a_header_cannot_be_left() -> None:
    with Shop() as shop:
        with pytest.raises(InvalidParameterError, match="line break"):
            run(shop, lambda c: c.get("/echo", headers={"X-A": "1\r\nX-B: 2"}))
        assert shop.requests == []


def test_retries_are_told_in_the_log_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Shop() as shop:
        shop.fail(Fault.answer(503, body="hunter2"), times=1)
        run(shop, get(), retry=Retry(), clock=FakeClock(), auth=ApiKey("key", "hunter2", "query"))
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("stix_shifter")]
    assert any("attempt 2 follows" in line for line in ours)
    assert not any("hunter2" in r.getMessage() for r in caplog.records)


def test_the_text_of_a_client_shows_where_it_points_and_no_more() -> None:
    client = HttpClient(
        "https://acme.example:8443/api", auth=ApiKey("k", "hunter2"), headers={"X": "hunter2"}
    )
    assert repr(client) == "HttpClient(https://acme.example:8443/api)"
