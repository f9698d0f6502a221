"""Two processes, host and client, over TLS and with a token: through the proxy every answer is the same."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.hunt import Source, hunt, load_sources
from stix_shifter.hunt.doctor import examine
from stix_shifter.stix_translation.stix_translation import StixTranslation
from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_utils.pattern import print_comparison
from tests.shifter.host.hosting import ROOT, TOKEN, Destination, Host

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Json = dict[str, Any]
IDENTITY = {
    "type": "identity",
    "id": "identity--6e5f1c2a-6e5c-4f0e-9c50-1f4d6f1d7a11",
    "name": "sensor",
    "identity_class": "system",
}
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
PATTERN = f"[ipv4-addr:value LIKE '192.0.2.%'] {WINDOW}"


@pytest.fixture(params=["async_source", "sync_source"])
def source(request: pytest.FixtureRequest) -> Destination:
    found: Destination = request.getfixturevalue(request.param)
    return found


def steady(answer: Any) -> Any:
    """An answer without what differs from call to call: search ids, times, the bundle's own id."""
    if not isinstance(answer, dict):
        return answer
    kept = {key: value for key, value in answer.items() if key not in ("search_id", "stats")}
    if kept.get("type") == "bundle":
        kept.pop("id")
    return kept


def both(
    host: Host, source: Destination, configuration: Json | None = None
) -> tuple[StixTransmission, StixTransmission]:
    """The source asked directly, and through the host."""
    credentials = source.configuration if configuration is None else configuration
    direct = StixTransmission(source.module, source.connection, credentials)
    behind = {**source.behind(), "configuration": credentials}
    return direct, StixTransmission("proxy", host.through(behind), {})


def same(ask: Callable[[StixTransmission], Any], pair: tuple[StixTransmission, StixTransmission]) -> Any:
    """The answer of both, which must be equal but for the name of the caller's module."""
    direct, proxied = (ask(one) for one in pair)
    assert steady(proxied) == steady(direct)
    return proxied


def translated(host: Host, module: str, kind: str, data: Any, options: Json | None = None) -> Any:
    """The answer of both ways to translate, which must be equal."""
    behind = {"connection": {"type": module, "options": options or {}}, "configuration": {}}
    direct = StixTranslation().translate(module, kind, IDENTITY, data, options)
    proxied = StixTranslation().translate("proxy", kind, IDENTITY, data, host.through(behind)["options"])
    assert steady(proxied) == steady(direct)
    return proxied


def test_every_transmit_method_answers_the_same(host: Host, source: Destination) -> None:
    pair = both(host, source)
    assert same(lambda one: one.ping(), pair) == {"success": True}
    assert same(lambda one: one.is_async(), pair) is (source.module == "async_template")
    (query, *_) = StixTranslation().translate(source.module, "query", {}, PATTERN, {})["queries"]
    searches = {id(one): one.query(query)["search_id"] for one in pair}
    for _ in range(3):
        progress = same(lambda one: one.status(searches[id(one)]), pair)
    assert progress == {"success": True, "status": "COMPLETED", "progress": 100}
    rows = [
        same(lambda one, at=at: one.results(searches[id(one)], at, 7), pair)["data"] for at in (0, 7, 1000)
    ]
    assert [len(page) for page in rows] == [7, 7, 0]
    bundle = same(lambda one: one.results_stix(searches[id(one)], 2, 5, IDENTITY), pair)
    assert [one["type"] for one in bundle["objects"]].count("observed-data") == 5
    assert len(bundle["stats"]) == 2
    assert same(lambda one: one.delete(searches[id(one)]), pair) == {"success": True}
    if source.module == "async_template":
        assert source.product.searches == {}
        assert same(lambda one: one.status("search-1"), pair)["code"] == "no_results"
        assert same(lambda one: one.delete("search-1"), pair)["code"] == "no_results"


def test_errors_come_through_with_their_codes_and_texts(host: Host, source: Destination) -> None:
    wrong = {"auth": {"username": "hunter", "password": "not-the-password"}}
    refused = same(lambda one: one.ping(), both(host, source, wrong))
    assert (refused["code"], refused["connector"]) == ("authentication_fail", source.module)
    assert "not-the-password" not in json.dumps(refused)
    pair = both(host, source)
    query = "] this is no query ["
    broken = same(lambda one: one.query(query) if one.is_async() else one.results(query, 0, 5), pair)
    assert broken["code"] == "invalid_query"
    incomplete = StixTransmission(
        "proxy", host.through({"connection": {"type": source.module, "host": "127.0.0.1"}}), {}
    )
    direct = StixTransmission(source.module, {"host": "127.0.0.1"}, {})
    assert incomplete.ping() == direct.ping()
    assert "configuration.auth.password" in incomplete.ping()["error"]


@pytest.mark.parametrize("module", ["async_template", "synchronous_template"])
@pytest.mark.parametrize(
    ("kind", "data", "options"),
    [
        ("query", PATTERN, {}),
        ("query", f"[ipv4-addr:value = '192.0.2.7' OR file:name = 'cmd.exe'] {WINDOW}", {}),
        ("query", PATTERN, {"dialects": ["dialect1"], "result_limit": 7}),
        ("query", PATTERN, {"dialects": ["no_such"]}),
        ("query", f"[x-none:such = 1] {WINDOW}", {}),
        ("query", "[ipv4-addr:value = ", {}),
        ("query", PATTERN, {"result_limit": -1}),
        ("parse", PATTERN, {}),
        ("parse", "no pattern", {}),
        ("results", [{"event_time": 1704110400000, "src_ip": "192.0.2.7", "dst_port": 443}], {}),
        ("results", [{"event_time": 1704110400000, "src_ip": "192.0.2.7"}], {"stix_2.1": True}),
        ("results", "no rows", {}),
        ("mapping", None, {}),
        ("dialects", None, {}),
        ("supported_attributes", None, {}),
    ],
)  # fmt: skip
def test_every_translate_method_answers_the_same(
    host: Host, module: str, kind: str, data: Any, options: Json
) -> None:
    assert translated(host, module, kind, data, options)


def test_dialects_can_be_chosen_behind_the_name_of_the_connector(
    host: Host, async_source: Destination
) -> None:
    options = host.through(async_source.behind())["options"]
    proxied = StixTranslation().translate(
        "proxy:dialect2", "query", {}, f"[file:name = 'a'] {WINDOW}", options
    )
    direct = StixTranslation().translate(
        "async_template:dialect2", "query", {}, f"[file:name = 'a'] {WINDOW}", {}
    )
    assert proxied == direct
    assert len(proxied["queries"]) == 1


def test_a_connection_that_names_a_proxy_host_goes_there_under_its_own_name(
    host: Host, sync_source: Destination
) -> None:
    transmission = StixTransmission(
        "synchronous_template", host.through(json.dumps(sync_source.behind())), {}
    )
    assert transmission.connector == "synchronous_template"
    assert transmission.ping() == {"success": True}


def test_a_hunt_through_the_proxy_finds_the_same(
    host: Host, async_source: Destination, tmp_path: Path
) -> None:
    profiles = {
        "near": {"connector": "async_template", "connection": async_source.connection,
                 "config": async_source.configuration},
        "far": {"connector": "proxy", "connection": host.through(async_source.behind()), "config": {}},
    }  # fmt: skip
    (tmp_path / "sources.yaml").write_text(json.dumps({"profiles": profiles}))
    pattern = f"[ipv4-addr:value LIKE '192.0.2.%' AND network-traffic:dst_port = 443] {WINDOW}"

    def found(source: str) -> list[tuple[str, str]]:
        report = hunt(pattern, load_sources(tmp_path / "sources.yaml", [source]))
        assert report.worked, report.ledger
        observed = [one for one in report.objects() if one["type"] == "observed-data"]
        return sorted((one["first_observed"], one["last_observed"]) for one in observed)

    assert found("far") == found("near")
    assert len(found("far")) == 11
    assert async_source.product.searches == {}


def test_a_hunt_through_the_proxy_has_the_verdicts_of_the_source(
    host: Host, async_source: Destination, tmp_path: Path
) -> None:
    profiles = {
        "near": {"connector": "async_template", "connection": async_source.connection,
                 "config": async_source.configuration},
        "far": {"connector": "proxy", "connection": host.through(async_source.behind()), "config": {}},
    }  # fmt: skip
    (tmp_path / "sources.yaml").write_text(json.dumps({"profiles": profiles}))
    sources = load_sources(tmp_path / "sources.yaml")
    pattern = (
        "[ipv4-addr:value LIKE '192.0.2.%' AND network-traffic:dst_port != 80 AND x-unheard-of:thing = 1]"
        f" {WINDOW} OR [network-traffic:dst_port = 443 AND file:size > 1] {WINDOW}"
    )
    report = hunt(pattern, sources)
    near, far = report.ledger.sources
    best: dict[str, set[str]] = {}
    for verdicts in near.verdicts.values():
        for one in verdicts:
            best.setdefault(print_comparison(one.comparison), set()).add(one.verdict.value)
    ((_, told),) = far.verdicts.items()
    assert len(told) == len(best) == 5
    assert all(one.verdict.value in best[print_comparison(one.comparison)] for one in told)
    assert {one.verdict.value for one in told} > {"superset"}
    assert not any("gives no verdicts" in text for text in far.warnings)
    asked = [sorted(str(search.query) for search in one.searches) for one in (near, far)]
    assert asked[0] == asked[1]
    refused = hunt(pattern, sources, on_unmapped="refuse")
    assert [one.failures[0].code for one in refused.ledger.sources] == ["mapping_error"] * 2


def test_the_doctor_looks_at_a_source_behind_the_proxy(host: Host, sync_source: Destination) -> None:
    far = Source("far", "proxy", host.through(sync_source.behind()))
    found = asyncio.run(examine(far, hours=24 * 366 * 50)).to_json()
    assert found["works"]
    assert abs(found["clock_ahead_s"]) <= 30  # the proxy host's
    (dialect,) = found["dialects"]
    assert (dialect["error"], dialect["rows_looked_at"] > 0) == (None, True)
    assert dialect["not_known"].startswith("no field is mapped here")


@pytest.mark.engine
def test_a_whole_search_on_the_command_line_gives_the_same_bundle(
    host: Host, async_source: Destination
) -> None:
    """A client process of its own, with the token from its environment."""
    connection = host.through(async_source.behind(), token=None)
    connection["options"]["proxy_token"] = "${env:PROXY_TOKEN}"

    def execute(module: str, connection: Json, configuration: Json) -> Json:
        words = [
            module,
            module,
            json.dumps(IDENTITY),
            json.dumps(connection),
            json.dumps(configuration),
            PATTERN,
        ]
        done = subprocess.run(
            [sys.executable, str(ROOT / "main.py"), "execute", *words, "--results", "50"],
            capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PROXY_TOKEN": TOKEN},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert TOKEN not in done.stdout + done.stderr
        bundle: Json = json.loads(done.stdout)
        return bundle

    proxied = execute("proxy", connection, {})
    direct = execute("async_template", async_source.connection, async_source.configuration)
    assert proxied["objects"] == direct["objects"]
    assert [one["type"] for one in proxied["objects"]].count("observed-data") == 32
    assert async_source.product.searches == {}


def test_the_audit_log_tells_who_asked_what_and_holds_no_secret(
    host: Host, async_source: Destination
) -> None:
    before = len(host.audit)
    _, proxied = both(host, async_source)
    (query, *_) = StixTranslation().translate("async_template", "query", {}, PATTERN, {})["queries"]
    search = proxied.query(query)["search_id"]
    proxied.results(search, 0, 3)
    proxied.delete(search)
    lines = host.audit[before:]
    assert [line["route"] for line in lines] == [
        "/create_query_connection", "/create_results_connection", "/delete_query_connection",
    ]  # fmt: skip
    assert {line["caller"] for line in lines} == {"token file"}
    assert {line["destination"] for line in lines} == {f"127.0.0.1:{async_source.product.port}"}
    assert [line.get("rows") for line in lines] == [None, 3, None]
    assert {line["status"] for line in lines} == {200}
    said = host.said()
    assert said.count("/create_query_connection") >= 1
    for secret in (TOKEN, async_source.configuration["auth"]["password"], "not-the-password"):
        assert secret not in said
