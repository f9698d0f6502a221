"""API clients made of an `api.json`, against a product that really checks, runs and pages."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.errors import (
    AuthenticationError,
    CertificateError,
    ConfigurationError,
    InvalidParameterError,
    QueryRejectedError,
    ResponseError,
    SearchNotFoundError,
)
from stix_shifter_utils.testing import Answer, FakeProduct, Fault, Received, Refusal, route
from stix_shifter_utils.transmission import (
    DeclaredApi,
    HttpSource,
    Limits,
    Progress,
    Status,
    api_problems,
    collect,
    load_api,
    one_shot_paged,
    submit_poll_page_delete,
    tls_options,
)
from stix_shifter_utils.transmission import source as source_module

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "s3cret-token"


class Watch(FakeProduct):
    """Searches by prefix of a name; its jobs go queued, done."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, list[Any]] = {}
        self.names = [f"{letter}{n}" for letter in "ab" for n in range(7)]

    def authorize(self, request: Received) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refusal(401, "who are you?")

    @route("GET", "/v2/health")
    def health(self, request: Received) -> Answer:
        return Answer({"ok": True})

    @route("POST", "/v2/searches")
    def submit(self, request: Received) -> Answer:
        prefix = request.json()["q"]
        if not isinstance(prefix, str):
            raise Refusal(422, "q must be a text")
        job = f"job {len(self.jobs)}/x?"
        self.jobs[job] = [{"name": name} for name in self.names if name.startswith(prefix)]
        return Answer({"id": job}, 201)

    def rows_of(self, job: str) -> list[Any]:
        if job not in self.jobs:
            raise Refusal(404, f"no job {job}")
        return self.jobs[job]

    @route("GET", "/v2/searches/{job}")
    def status(self, request: Received, job: str) -> Answer:
        self.rows_of(job)
        asked = len(self.seen("GET", request.path)) - len(self.seen("GET", f"{request.path}/rows"))
        return Answer({"state": "done" if asked > 1 else "queued", "percent": 140})

    @route("GET", "/v2/searches/{job}/rows")
    def rows(self, request: Received, job: str) -> Answer:
        start = int(request.query["from"])
        return Answer({"data": {"rows": self.rows_of(job)[start : start + int(request.query["size"])]}})

    @route("DELETE", "/v2/searches/{job}")
    def delete(self, request: Received, job: str) -> Answer:
        self.rows_of(job)
        del self.jobs[job]
        return Answer(b"", 204)

    @route("GET", "/v2/find")
    def find(self, request: Received) -> Answer:
        found = [{"name": name} for name in self.names if name.startswith(request.query["q"])]
        start = int(request.query.get("at", 0))
        after = f"{self.url}/v2/find?q={request.query['q']}&at={start + 3}"
        return Answer({"rows": found[start : start + 3], "next": after if start + 3 < len(found) else None})


SEARCHES: dict[str, Any] = {
    "auth": {"kind": "bearer", "token": "{auth.token}"},
    "base_path": "/v2",
    "headers": {"X-Index": "{connection.index}"},
    "ping": {"get": "/health"},
    "submit": {"post": "/searches", "json": {"q": "{query}"}, "search_id": "$.id"},
    "status": {
        "get": "/searches/{search_id}", "state": "$.state", "percent": "$.percent",
        "states": {"queued": "RUNNING", "done": "COMPLETED"},
    },
    "results": {
        "get": "/searches/{search_id}/rows", "records": "$.data.rows",
        "paging": {"kind": "offset", "offset": "from", "length": "size", "page_size": 3},
    },
    "delete": {"delete": "/searches/{search_id}"},
    "errors": {"404": "no_results", "422": "invalid_query"},
}  # fmt: skip
FINDS: dict[str, Any] = {
    "auth": {"kind": "bearer", "token": "{auth.token}"},
    "ping": {"get": "/v2/health"},
    "results": {
        "get": "/v2/find", "params": {"q": "{query}"}, "records": "$.rows",
        "paging": {"kind": "link", "next": "$.next"},
    },
}  # fmt: skip


def client(api: dict[str, Any], product: FakeProduct, tmp_path: Path, token: str = TOKEN) -> Any:
    (tmp_path / "api.json").write_text(json.dumps(api))
    connection = {"host": f"http://{product.host}", "port": product.port, "index": "main"}
    return load_api(tmp_path)(connection, {"auth": {"token": token}})


def test_a_declared_product_is_searched_from_ping_to_delete(tmp_path: Path) -> None:
    with Watch() as product:
        source = client(SEARCHES, product, tmp_path)
        asyncio.run(source.ping_data_source())
        handle = asyncio.run(source.create_search("b"))
        assert handle.search_id == "job 0/x?"
        assert asyncio.run(source.get_search_status(handle.search_id)) == Progress(Status.RUNNING, 100)
        assert asyncio.run(source.get_search_status(handle.search_id)) == Progress(Status.COMPLETED, 100)
        page = asyncio.run(source.get_search_results(handle.search_id, 2, 100))
        assert [row["name"] for row in page.records] == ["b2", "b3", "b4"]
        asyncio.run(source.delete_search(handle.search_id))
        with pytest.raises(SearchNotFoundError, match="no job job 0"):
            asyncio.run(source.get_search_status(handle.search_id))
        assert {r.headers["x-index"] for r in product.requests} == {"main"}


def test_a_connector_may_have_an_api_json_and_no_python(make_connector: Any, tmp_path: Path) -> None:
    config = {
        "connection": {
            "type": {"displayName": "Tiny", "group": "tiny"}, "host": {"type": "text"},
            "port": {"type": "number"}, "index": {"type": "text"},
        },
        "configuration": {"auth": {"type": "fields", "token": {"type": "password"}}},
    }  # fmt: skip
    files = {"configuration/config.json": config, "stix_transmission/api.json": SEARCHES}
    name = make_connector({**files, "stix_translation/json/to_stix_map.json": {}}, is_async=True)
    with Watch() as product:
        connection = {"host": f"http://{product.host}", "port": product.port, "index": "main"}
        entry = load_entry_point(name)(connection, {"auth": {"token": TOKEN}}, {})
        assert asyncio.run(entry.ping_connection()) == {"success": True}
        search_id = asyncio.run(entry.create_query_connection("a"))["search_id"]
        asyncio.run(entry.create_status_connection(search_id))
        assert asyncio.run(entry.create_status_connection(search_id))["status"] == "COMPLETED"
        rows = asyncio.run(entry.create_results_connection(search_id, "1", "2"))["data"]
        assert rows == [{"name": "a1"}, {"name": "a2"}]
        assert asyncio.run(entry.delete_query_connection(search_id)) == {"success": True}
        assert product.jobs == {}


def test_a_declared_product_runs_in_a_flow(tmp_path: Path) -> None:
    with Watch() as product:
        flow = submit_poll_page_delete(client(SEARCHES, product, tmp_path), "a", Limits(first_poll_s=0))
        found = asyncio.run(collect(flow))
        assert [row["name"] for row in found.records] == [f"a{n}" for n in range(7)]
        assert found.complete
        assert product.jobs == {}


def test_a_one_shot_product_is_paged_by_its_links(tmp_path: Path) -> None:
    with Watch() as product:
        source = client(FINDS, product, tmp_path)
        assert not hasattr(source, "create_search")
        found = asyncio.run(collect(one_shot_paged(source, "a")))
        assert [row["name"] for row in found.records] == [f"a{n}" for n in range(7)]


def test_a_link_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    with Watch() as product, Watch() as other:
        source = client(FINDS, product, tmp_path)
        product.fail(
            Fault.answer(200, body=json.dumps({"rows": [{}], "next": f"{other.url}/v2/find?q=a"})), times=1
        )
        found = asyncio.run(collect(one_shot_paged(source, "a")))
        assert isinstance(found.error, InvalidParameterError)
        assert len(found.records) == 1
        assert other.requests == []


def test_a_query_cannot_leave_its_place(tmp_path: Path) -> None:
    hostile = 'a"}, "admin": true, "x": "{auth.token}&q=b#/../'
    with Watch() as product:
        asyncio.run(client(SEARCHES, product, tmp_path).create_search(hostile))
        assert product.requests[-1].json() == {"q": hostile}
        asyncio.run(client(FINDS, product, tmp_path).get_search_results(hostile, 0, 10))
        assert product.requests[-1].query == {"q": hostile}
        for search_id in ("a/b", "a?admin=1", "%2e%2e%2fhealth", "a#b"):
            with pytest.raises(SearchNotFoundError):
                asyncio.run(client(SEARCHES, product, tmp_path).get_search_status(search_id))
        for search_id in ("..", "../health", "a/../../health", "..\\health"):
            with pytest.raises(InvalidParameterError):
                asyncio.run(client(SEARCHES, product, tmp_path).get_search_status(search_id))


def test_a_query_that_is_data_keeps_its_type(tmp_path: Path) -> None:
    with Watch() as product:
        with pytest.raises(QueryRejectedError, match=r"q must be a text"):
            asyncio.run(client(SEARCHES, product, tmp_path).create_search({"must": ["a", 1]}))
        assert product.requests[-1].json() == {"q": {"must": ["a", 1]}}


def test_bad_credentials_are_refused_without_being_shown(tmp_path: Path) -> None:
    with Watch() as product, pytest.raises(AuthenticationError) as caught:
        asyncio.run(client(SEARCHES, product, tmp_path, token="wr0ng-token").ping_data_source())
    assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"data": {}}', r"no \$\.data\.rows"),
        ('{"data": {"rows": {}}}', "not a list of objects"),
        ('{"data": {"rows": [1]}}', "not a list of objects"),
        ("[]", r"no \$\.data\.rows"),
        ("<html>", "HTML"),
    ],
)
def test_an_answer_of_another_shape_is_told(tmp_path: Path, body: str, says: str) -> None:
    with Watch() as product:
        product.fail(Fault.answer(200, body=body))
        with pytest.raises(ResponseError, match=says):
            asyncio.run(client(SEARCHES, product, tmp_path).get_search_results("x", 0, 10))


def test_a_state_that_the_file_does_not_know_is_told(tmp_path: Path) -> None:
    with Watch() as product:
        product.fail(Fault.answer(200, body='{"state": "paused"}'))
        with pytest.raises(ResponseError, match=r"'paused', which api\.json does not know"):
            asyncio.run(client(SEARCHES, product, tmp_path).get_search_status("x"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ping": {"fetch": "/x"}}, "ping: needs exactly one of get, post"),
        ({"ping": {"get": "/x", "post": "/x"}}, "ping: needs exactly one of"),
        ({"ping": {"get": "x"}}, "ping.get: 'x' does not match"),
        ({"auth": {"kind": "magic"}}, "auth.kind: 'magic' is not one of"),
        ({"auth": {"kind": "basic", "username": "u"}}, "auth: 'password' is a required property"),
        ({"errors": {"404": "nothing"}}, "errors.404: 'nothing' is not one of"),
        ({"errors": {"4xx": "unknown"}}, "errors: '4xx' does not match"),
        ({"results": {"get": "/x", "records": "rows"}}, "results.records: 'rows' does not match"),
        (
            {"results": {"get": "/x", "records": "$", "paging": {"kind": "cursor"}}},
            "'next' is a required property",
        ),
        (
            {"status": {"get": "/x", "state": "$", "states": {"a": "DONE"}}},
            "status.states.a: 'DONE' is not one of",
        ),
        ({"sumbit": {}}, "'sumbit' was unexpected"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(change: dict[str, Any], says: str) -> None:
    assert api_problems(SEARCHES) == api_problems(FINDS) == []
    problems = api_problems({**SEARCHES, **change})
    assert any(says in problem for problem in problems), problems


def test_a_file_that_is_no_json_or_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"api\.json cannot be read"):
        load_api(tmp_path)
    (tmp_path / "api.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"api\.json cannot be read as JSON"):
        load_api(tmp_path)
    (tmp_path / "api.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="'ping' is a required property"):
        load_api(tmp_path)


def test_a_placeholder_that_nothing_fills_is_named() -> None:
    source = DeclaredApi(FINDS)({"host": "h"}, {"auth": {}})
    with pytest.raises(ConfigurationError, match=r"\{auth\.token\}"):
        asyncio.run(source.ping_data_source())


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        ({"kind": "basic", "username": "u", "password": "p"}, "Basic"),
        ({"kind": "api_key", "name": "k", "value": "v", "in": "query"}, "ApiKey"),
        (
            {"kind": "client_credentials", "token_url": "/t", "client_id": "i", "client_secret": "s"},
            "ClientCredentials",
        ),
        (None, "NoneType"),
    ],
)
def test_every_kind_of_auth_can_be_declared(auth: dict[str, str] | None, kind: str) -> None:
    api = {**FINDS, "auth": auth} if auth else {k: v for k, v in FINDS.items() if k != "auth"}
    assert api_problems(api) == []
    assert type(DeclaredApi(api)({"host": "h"}, {}).auth()).__name__ == kind


@pytest.mark.parametrize(
    ("connection", "url"),
    [
        ({"host": "h"}, "https://h"),
        ({"host": "h", "port": 8443}, "https://h:8443"),
        ({"host": "https://h/", "port": "8443"}, "https://h:8443"),
        ({"host": "2001:db8::1", "port": 443}, "https://[2001:db8::1]:443"),
        ({"host": "http://localhost", "port": 80}, "http://localhost:80"),
        ({"host": "http://127.0.0.1"}, "http://127.0.0.1"),
    ],
)
def test_the_base_url_follows_host_and_port(connection: dict[str, Any], url: str) -> None:
    assert HttpSource(connection, {}).base_url() == url


@pytest.mark.parametrize("host", ["", None, "h/x", "u@h", "a b", "http://h", "http://10.0.0.1", "h?x"])
def test_a_host_that_is_none_or_unsafe_is_refused(host: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"connection\.host"):
        HttpSource({"host": host}, {}).base_url()


def test_tls_options_come_from_the_connection() -> None:
    given = {
        "selfSignedCert": "PEM",
        "options": {
            "ca_file": "ca", "client_cert": "c", "client_key": "k", "tls_fingerprint": "00",
            "server_hostname": "n", "verify_cert": False,
        },
    }  # fmt: skip
    tls = tls_options(given)
    assert (tls.ca_pem, tls.ca_file, tls.client_cert, tls.client_key) == ("PEM", "ca", "c", "k")
    assert (tls.fingerprint_sha256, tls.server_hostname, tls.verify) == ("00", "n", False)
    for off in (False, None, ""):
        assert tls_options({"selfSignedCert": off}) == tls_options({})
    assert tls_options({}).verify
    for wrong in (True, 5, ["PEM"]):
        with pytest.raises(CertificateError):
            tls_options({"selfSignedCert": wrong})


def test_the_client_takes_its_limits_from_options_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STIXSHIFTER_CONNECT_TIMEOUT", "0.05")
    monkeypatch.setenv("STIX_SHIFTER_ENABLE_TRUST_ENV", "true")
    made: dict[str, Any] = {}
    monkeypatch.setattr(source_module, "HttpClient", lambda url, **given: made.update(given, url=url))
    HttpSource({"host": "h", "options": {"timeout": 7}}, {}).http  # noqa: B018 -- made when it is first asked for
    assert (made["url"], made["timeout_s"], made["connect_timeout_s"]) == ("https://h", 7.0, 0.05)
    assert made["proxy"] == "environment"
