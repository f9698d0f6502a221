"""The client of a proxy host, against a fake one: TLS, tokens, faults, errors that come through unchanged.

That answers are the same as without a proxy is shown with a real host, in tests/shifter/host. The standard
suite does not fit: errors here carry the destination's name, not this connector's.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.stix_translation.explain import explain
from stix_shifter.stix_translation.stix_translation import StixTranslation
from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_modules.proxy.stix_transmission import api_client
from stix_shifter_utils.connector import load_entry_point, module_folder
from stix_shifter_utils.errors import ForbiddenError, ResponseError, UnmappedError
from stix_shifter_utils.http import HttpClient
from stix_shifter_utils.quality import check_folder
from stix_shifter_utils.testing import Answer, Authority, FakeProduct, Received, Refusal, route
from stix_shifter_utils.testing.clock import FakeClock
from stix_shifter_utils.testing.faults import Fault
from stix_shifter_utils.testing.suite_transmission import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stix_shifter_utils.query import QueryPlan

AUTHORITY = Authority("Proxy host")
TOKEN, PASSWORD = "token-of-the-proxy-host", "password-of-the-destination"
DESTINATION = {
    "connection": {"type": "edr", "host": "edr.example.com", "options": {"result_limit": 7}},
    "configuration": {"auth": {"password": PASSWORD}},
}
Json = dict[str, Any]


class FakeHost(FakeProduct):
    """A proxy host that answers what a test says."""

    def __init__(self, *, tls: bool = True) -> None:
        super().__init__(AUTHORITY.certificate("127.0.0.1").server_context() if tls else None)
        self.answer: Answer = Answer({"success": True})

    def authorize(self, request: Received) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            text = "host connector error => the token is missing or wrong"
            raise Refusal(401, text)

    @route("POST", "/{path}")
    def ask(self, request: Received, path: str) -> Answer:
        return self.answer_to(path)

    def answer_to(self, path: str) -> Answer:
        return self.answer

    @property
    def options(self) -> Json:
        found = {"proxy_host": "127.0.0.1", "proxy_port": self.port, "destination": DESTINATION}
        return {**found, "proxy_cert": AUTHORITY.pem, "proxy_token": TOKEN}

    def last(self) -> Json:
        body: Json = self.requests[-1].json()
        return body


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHost]:
    def client(*args: Any, **settings: Any) -> HttpClient:
        return HttpClient(*args, clock=FakeClock(), **settings)

    monkeypatch.setattr(api_client, "HttpClient", client)
    with FakeHost() as running:
        yield running


def source(host: FakeHost, **options: Any) -> StixTransmission:
    return StixTransmission("proxy", {"options": {**host.options, **options}}, {})


CALLS: dict[str, Callable[[StixTransmission], Any]] = {
    "/ping": lambda one: one.ping(),
    "/create_query_connection": lambda one: one.query({"a": "query"}),
    "/create_status_connection": lambda one: one.status("id", {"page": 1}),
    "/create_results_connection": lambda one: one.results("id", 3, 5, {"page": 1}),
    "/create_results_stix_connection": lambda one: one.results_stix("id", 3, 5, {"id": "identity--x"}, [1]),
    "/delete_query_connection": lambda one: one.delete("id"),
}
MORE: dict[str, Json] = {
    "/ping": {},
    "/create_query_connection": {"query": {"a": "query"}},
    "/create_status_connection": {"search_id": "id", "metadata": {"page": 1}},
    "/create_results_connection": {"search_id": "id", "offset": 3, "length": 5, "metadata": {"page": 1}},
    "/create_results_stix_connection": {
        "search_id": "id", "offset": 3, "length": 5, "data_source": {"id": "identity--x"}, "metadata": [1],
    },
    "/delete_query_connection": {"search_id": "id"},
}  # fmt: skip


def test_the_folder_passes_the_quality_checks() -> None:
    assert [str(finding) for finding in check_folder(module_folder("proxy"))] == []


@pytest.mark.parametrize("path", CALLS)
def test_each_call_goes_to_its_route_with_all_it_was_given(host: FakeHost, path: str) -> None:
    answer = {"success": True, "search_id": 1, "status": "RUNNING", "progress": 3, "data": [], "x": [None]}
    host.answer = Answer(answer)
    assert CALLS[path](source(host)) == answer
    assert [one.path for one in host.requests] == [path]
    assert host.last() == {**DESTINATION, **MORE[path]}


@pytest.mark.parametrize("path", CALLS)
def test_an_error_of_the_destination_comes_through_letter_for_letter(host: FakeHost, path: str) -> None:
    error = {"success": False, "connector": "edr", "error": "edr connector error => no", "code": "no_results"}
    host.answer = Answer(error)
    assert CALLS[path](source(host)) == error
    for status in (400, 403, 413, 503, 504):
        host.answer = Answer({**error, "connector": "host", "code": "forbidden"}, status)
        assert CALLS[path](source(host)) == {**error, "connector": "host", "code": "forbidden"}


@pytest.mark.parametrize(("fault", "code"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_host_that_breaks_has_its_code_and_shows_no_secret(host: FakeHost, fault: Fault, code: str) -> None:
    host.fail(fault)
    for path, call in CALLS.items():
        answer = call(source(host))
        assert answer.get("code") == code, (path, answer)
        assert answer["success"] is False
        assert TOKEN not in json.dumps(answer)
        assert PASSWORD not in json.dumps(answer)


def test_nothing_that_starts_or_deletes_is_sent_twice(host: FakeHost) -> None:
    host.fail(Fault.reset())
    for path, times in (("/ping", 3), ("/create_query_connection", 1), ("/delete_query_connection", 1)):
        host.requests.clear()
        CALLS[path](source(host))
        assert len(host.requests) == times, path


def test_a_busy_host_is_asked_again_also_to_start_a_search(host: FakeHost) -> None:
    host.answer = Answer({"success": True, "search_id": "s"})
    host.fail(Fault.answer(429, retry_after=1), times=2)
    assert source(host).query("q") == {"success": True, "search_id": "s"}
    assert len(host.requests) == 3


def test_a_host_that_does_not_answer_is_given_up(host: FakeHost) -> None:
    host.fail(Fault.stall())
    answer = source(host, timeout=1).query("q")
    assert answer["code"] == "service_unavailable"


@pytest.mark.parametrize(
    ("text", "expected"), [("true", True), ("false", False), ("True", True), ("False", False)]
)
def test_whether_the_destination_is_asynchronous_is_asked_once(
    host: FakeHost, text: str, expected: bool
) -> None:
    """As JSON, and as the text that hosts of earlier releases answer."""
    host.answer = Answer(text)
    transmission = source(host)
    assert [transmission.is_async(), transmission.is_async()] == [expected, expected]
    assert len(host.requests) == 1

    async def inside_a_loop() -> bool:
        return source(host).is_async()

    assert asyncio.run(inside_a_loop()) is expected


def test_a_refusal_to_say_whether_it_is_asynchronous_keeps_its_code(host: FakeHost) -> None:
    refusal = {
        "success": False,
        "connector": "host",
        "error": "host connector error => no",
        "code": "forbidden",
    }
    host.answer = Answer(refusal, 403)
    with pytest.raises(ForbiddenError, match="no"):
        source(host).is_async()


def test_a_wrong_token_is_told(host: FakeHost) -> None:
    answer = source(host, proxy_token="another-token").ping()
    assert answer["code"] == "authentication_fail"
    assert "another-token" not in json.dumps(answer)


@pytest.mark.parametrize(
    "options", [{"proxy_cert": Authority("Stranger").pem}, {"proxy_cert": None, "verify_cert": True}]
)
def test_a_host_that_nobody_vouches_for_gets_nothing(host: FakeHost, options: Json) -> None:
    assert source(host, **options).ping()["code"] == "certificate_fail"
    assert host.requests == []


def test_the_certificate_may_be_a_file_or_a_fingerprint(host: FakeHost, tmp_path: Any) -> None:
    (tmp_path / "ca.pem").write_text(AUTHORITY.pem)
    assert source(host, proxy_cert=str(tmp_path / "ca.pem")).ping() == {"success": True}
    assert source(host, proxy_cert=None, ca_file=str(tmp_path / "ca.pem")).ping() == {"success": True}
    wrong = source(host, proxy_cert=None, tls_fingerprint="00" * 32).ping()
    assert wrong["code"] == "certificate_fail"


def test_plain_http_is_for_loopback_only() -> None:
    with FakeHost(tls=False) as plain:
        options = {key: value for key, value in plain.options.items() if key != "proxy_cert"}
        assert StixTransmission("proxy", {"options": options}, {}).ping() == {"success": True}
        assert plain.requests[0].headers["host"] == f"127.0.0.1:{plain.port}"
        encrypted = StixTransmission("proxy", {"options": plain.options}, {}).ping()
        assert encrypted["code"] == "service_unavailable"
        assert len(plain.requests) == 1


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({"proxy_host": "localhost"}, "http://localhost:5000"),
        ({"proxy_host": "::1", "proxy_port": 7}, "http://[::1]:7"),
        ({"proxy_host": "localhost", "proxy_cert": "x"}, "https://localhost:5000"),
        ({"proxy_host": "127.0.0.1", "tls_fingerprint": "x"}, "https://127.0.0.1:5000"),
        ({"proxy_host": "https://127.0.0.1"}, "https://127.0.0.1:5000"),
        ({"proxy_host": "hunt.example.com"}, "https://hunt.example.com:5000"),
        ({"proxy_host": "192.0.2.7", "proxy_port": 443}, "https://192.0.2.7:443"),
        ({"proxy_host": "http://hunt.example.com"}, None),
        ({"proxy_host": "http://192.0.2.7"}, None),
        ({"proxy_host": ""}, None),
    ],
)
def test_the_scheme_follows_from_where_the_host_is(options: Json, url: str | None) -> None:
    try:
        found = api_client._base_url(options)  # noqa: SLF001  the rule itself, without a machine elsewhere
    except ValueError as error:
        found, url = str(error)[:18], url or "options.proxy_host"
    assert found == url


@pytest.mark.parametrize(
    ("destination", "says"),
    [
        ("{broken", "not JSON"),
        ({}, "options.destination must be"),
        ({"connection": {}}, "options.destination must be"),
        ({"connection": {"host": "x"}}, "options.destination must be"),
        ([1], "options.destination"),
        ("", "options.destination must be"),
    ],
)
def test_a_destination_that_cannot_be_read_is_told(host: FakeHost, destination: Any, says: str) -> None:
    for answer in (
        source(host, destination=destination).ping(),
        StixTranslation().translate(
            "proxy", "query", {}, "[a:b = 1]", {**host.options, "destination": destination}
        ),
    ):
        assert says in answer["error"], answer
    assert host.requests == []


def test_a_destination_may_be_json_text_or_a_name(host: FakeHost) -> None:
    source(host, destination=json.dumps(DESTINATION)).ping()
    assert host.last() == DESTINATION
    source(host, destination="payroll").ping()
    assert host.last() == {"destination": "payroll"}
    source(host, destination="payroll", dialects=["events"]).ping()
    assert host.last() == {"destination": "payroll", "options": {"dialects": ["events"]}}


def test_translation_goes_to_its_routes(host: FakeHost) -> None:
    host.answer = Answer({"queries": ["q"], "unmapped_attributes": {"events": ["a:b"]}})
    module = {"module": "edr", "options": {"result_limit": 7}}
    translate = StixTranslation().translate
    assert translate("proxy", "query", {}, "[a:b = 1]", host.options) == host.answer.content
    assert (host.requests[-1].path, host.last()) == ("/transform_query", {**module, "data": "[a:b = 1]"})
    translate("proxy:events:flows", "query", {}, "[a:b = 1]", host.options)
    assert host.last()["options"] == {"result_limit": 7, "dialects": ["events", "flows"]}
    host.answer = Answer({"parsed_stix": []})
    assert translate("proxy", "parse", {}, "[a:b = 1]", host.options) == {"parsed_stix": []}
    assert (host.requests[-1].path, host.last()) == ("/parse_query", {**module, "data": "[a:b = 1]"})
    host.answer = Answer({"type": "bundle", "id": "bundle--x", "objects": []})
    assert translate("proxy", "results", {"id": "i"}, [{"a": 1}], host.options) == host.answer.content
    body = {**module, "data_source": {"id": "i"}, "data": [{"a": 1}]}
    assert (host.requests[-1].path, host.last()) == ("/translate_results", body)
    for about in ("mapping", "dialects", "supported_attributes"):
        host.answer = Answer({"about": about})
        assert translate("proxy", about, None, None, host.options) == {"about": about}
        assert (host.requests[-1].path, host.last()) == ("/describe", {**module, "about": about})


def test_without_a_destination_the_connector_speaks_for_itself() -> None:
    assert load_entry_point("proxy")().is_async() is True
    answer = StixTranslation().translate("proxy", "dialects", None, None, {})
    assert answer == {"default": {"language": "stix", "default": True}}
    assert "proxy_host" in StixTranslation().translate("proxy", "query", {}, "[a:b = 1]", {})["error"]


PLAN: Json = {
    "dialect": "events", "queries": [{"query": "SELECT 1", "limit": 5, "start": None, "stop": None}],
    "comparisons": [{"comparison": "file:name = 'a'", "verdict": "superset", "reason": "because"}],
    "unmapped_attributes": ["x"], "unmapped_comparators": [], "combination_local": False,
    "window_exact": True, "start": None, "stop": None, "case": "ignore", "trusted": [],
}  # fmt: skip


def planned_behind(host: FakeHost) -> QueryPlan:
    (plan,) = explain("proxy", "[file:name = 'a']", host.options, policy="widen").dialects.values()
    return plan


def test_a_plan_comes_from_the_host_with_its_verdicts(host: FakeHost) -> None:
    host.answer = Answer({"success": True, "plans": [PLAN, {**PLAN, "dialect": "flows"}]})
    plan = planned_behind(host)
    assert host.last() == {
        "module": "edr", "options": {"result_limit": 7}, "data": "[file:name = 'a']", "policy": "widen",
    }  # fmt: skip
    assert [(one.verdict.value, one.reason) for one in plan.verdicts] == [("superset", "because")]
    assert [query.body for query in plan.queries] == ["SELECT 1", "SELECT 1"]
    assert (plan.dialect, plan.case, plan.unmapped_attributes) == ("default", "ignore", ("x",))


def test_a_host_that_cannot_plan_yet_translates(monkeypatch: pytest.MonkeyPatch, host: FakeHost) -> None:
    def ask(self: FakeHost, path: str) -> Answer:
        known = path == "transform_query"
        return Answer({"queries": ["SELECT 2"]} if known else b"<h1>Not Found</h1>", 200 if known else 404)

    monkeypatch.setattr(FakeHost, "answer_to", ask)
    plan = planned_behind(host)
    assert [one.path for one in host.requests] == ["/plan_query", "/transform_query"]
    assert ([query.body for query in plan.queries], plan.verdicts) == (["SELECT 2"], ())


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        ({"success": False, "code": "mapping_error", "error": "not mapped"}, UnmappedError, "not mapped"),
        ({"success": False, "code": "forbidden", "error": "not you"}, ForbiddenError, "not you"),
        (
            {"success": True, "plans": [{**PLAN, "comparisons": [{"comparison": "x"}]}]},
            ResponseError,
            "no plan",
        ),
        ({"success": True, "plans": [{"dialect": "x"}]}, ResponseError, "no plan"),
    ],
)
def test_a_plan_that_is_refused_or_is_none_is_an_error(
    host: FakeHost, answer: Json, error: type[Exception], text: str
) -> None:
    host.answer = Answer(answer)
    with pytest.raises(error, match=text):
        planned_behind(host)
