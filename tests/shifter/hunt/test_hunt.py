"""Hunts over several sources: one bundle of all healthy ones, and the truth about the others."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.hunt import (
    Budget,
    HuntFinished,
    HuntReport,
    HuntStarted,
    Source,
    SourceFinished,
    SourceProgress,
    hunt,
    hunt_stream,
)
from stix_shifter.hunt.upgrade import upgraded
from stix_shifter_utils.errors import ConfigurationError, PatternSyntaxError
from stix_shifter_utils.query import Capabilities
from stix_shifter_utils.stix.ids import is_shared
from stix_shifter_utils.testing import Answer, Fault, Received

from .conftest import (
    PASSWORD,
    WINDOW,
    MakeBundle,
    Tables,
    host_event,
    network_event,
    table_source,
    translated,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PATTERN = f"[network-traffic:dst_port = 443] {WINDOW}"


def observed(report: HuntReport) -> set[str]:
    return {item["id"] for item in report.objects() if item["type"] == "observed-data"}


def wanted(source: Source, rows: list[Any]) -> set[str]:
    """The ids of what a source's rows become when nothing is searched."""
    return {group[0]["id"] for group in translated(rows, source.identity)}


def assert_valid(report: HuntReport) -> None:
    import stix2validator

    result = stix2validator.validate_instance(
        report.bundle(), stix2validator.ValidationOptions(version="2.1")
    )
    assert not result.errors, [str(error) for error in result.errors][:5]


def test_every_matching_row_of_all_sources_stands_in_one_valid_bundle(
    product: Tables, bundle_source: MakeBundle
) -> None:
    rows = [network_event(number) for number in range(100, 130)]
    sources = [table_source("tables", product), bundle_source("partner", rows)]
    report = hunt(PATTERN, sources)
    of_tables = [row for row in map(network_event, range(60)) if row["dst_port"] == 443]
    of_bundle = [row for row in rows if row["dst_port"] == 443]
    assert observed(report) == wanted(sources[0], of_tables) | wanted(sources[1], of_bundle)
    assert [entry.state for entry in report.ledger.sources] == ["answered", "answered"]
    assert [entry.matched for entry in report.ledger.sources] == [20, 10]
    assert_valid(report)
    ids = [item["id"] for item in report.objects()]
    assert len(ids) == len(set(ids))


def test_the_same_hunt_gives_the_same_objects(product: Tables) -> None:
    one, other = (hunt(PATTERN, [table_source("tables", product)]) for _ in range(2))
    objects = [[item for item in report if item["type"] != "note"] for report in (one, other)]
    assert objects[0] == objects[1]


def test_a_dead_a_slow_a_refusing_and_a_cutting_source_hide_nothing_of_the_healthy_ones(
    product: Tables, bundle_source: MakeBundle
) -> None:
    rows = [network_event(number) for number in range(30)]
    with Tables(rows) as slow, Tables(rows) as cutting:
        slow.fail(Fault.stall())
        cutting.fail(Fault.half_json(), on="GET /v1/rows")
        dead = Source("dead", "stix_bundle", {"url": "http://127.0.0.1:9/bundle"})
        sources = [
            dead,
            table_source("healthy", product),
            table_source("slow", slow, time_limit_s=1.0),
            table_source("refusing", product, password="wr0ng-password"),
            table_source("cutting", cutting),
            bundle_source("partner", rows),
        ]
        report = hunt(PATTERN, sources)
    states = {entry.name: entry.state for entry in report.ledger.sources}
    assert states == {
        "dead": "failed", "healthy": "answered", "slow": "failed", "refusing": "failed", "cutting": "failed",
        "partner": "answered",
    }  # fmt: skip
    codes = {entry.name: {failure.code for failure in entry.failures} for entry in report.ledger.sources}
    assert codes["dead"] == codes["slow"] == {"service_unavailable"}
    assert codes["refusing"] == {"authentication_fail"}
    assert "not done within its time limit of 1 s" in report.ledger.sources[2].reason
    assert {entry.matched for entry in report.ledger.sources if entry.worked} == {20, 10}
    assert_valid(report)
    assert not report.worked


def test_the_ledger_counts_what_was_sent_again_and_waited_for(product: Tables) -> None:
    source = table_source("tables", product, connector="synchronous_template:dialect1")
    product.fail(Fault.answer(429, retry_after=1), times=2, on="GET /v1/rows")
    (entry,) = hunt(PATTERN, [source]).ledger.sources
    (search,) = entry.searches
    told = search.to_json()
    assert entry.state == "answered"
    assert (told["retries"], told["requests"]) == (2, len(product.seen("GET", "/v1/rows")))
    assert told["waited_s"] >= 2
    assert told["bytes_received"] >= told["bytes"] > 0


class Cutting(Tables):
    """Breaks off from the third page of five on."""

    def handle(self, request: Received) -> tuple[Fault | None, Answer]:
        if int(request.query.get("from", 0)) >= 10:
            self.fail(Fault.reset(after=10), on="GET /v1/rows")
        return super().handle(request)


def test_pages_that_came_before_a_fault_count(product: Tables) -> None:
    source = table_source("tables", product, options={"batch_size": 5})
    with Cutting(map(network_event, range(60))) as cutting:
        report = hunt(PATTERN, [table_source("cutting", cutting, options={"batch_size": 5}), source])
    entry = report.ledger.sources[0]
    assert entry.state == "partial"
    assert (entry.rows, entry.matched) == (10, 10)
    assert "the 10 rows that came before are kept" in entry.reason
    assert report.ledger.sources[1].matched == 20


def test_a_source_that_blocks_its_thread_delays_nobody_and_is_left_behind(
    product: Tables, make_connector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = """
import time
from stix_shifter_utils.transmission import Page
class APIClient:
    def __init__(self, connection, configuration):
        self.stop = connection["host"]
    async def get_search_results(self, search_id, offset, length):
        time.sleep(3)  # a driver that knows no async
        return Page([])
"""
    name = make_connector(
        {
            "stix_transmission/__init__.py": "",
            "stix_transmission/api_client.py": api,
            "stix_translation/__init__.py": "",
            "stix_translation/query_constructor.py": (
                "from stix_shifter_utils.query import SqliteCompiler as QueryConstructor\n"
            ),
            "stix_translation/json/to_stix_map.json": {
                "ip": [{"key": "ipv4-addr.value", "object": "ip"}],
                "port": [{"key": "network-traffic.dst_port", "object": "nt", "transformer": "ToInteger"}],
            },
            "stix_translation/json/fields.json": {"table": "t", "fields": {"ip": "text", "port": "integer"}},
        }
    )
    monkeypatch.setattr("stix_shifter.hunt.run.GRACE_S", 0.0)
    monkeypatch.setattr("stix_shifter.hunt.threads.CLEAN_UP_S", 0.2)
    blocking = Source(
        "blocking", name, {"host": "db.example.com"}, {"auth": {"username": "u", "password": PASSWORD}},
        time_limit_s=0.5,
    )  # fmt: skip
    finished: dict[str, float] = {}
    began = time.monotonic()

    async def run() -> HuntReport:
        async for event in hunt_stream(PATTERN, [blocking, table_source("tables", product)]):
            if isinstance(event, SourceFinished):
                finished[event.source] = time.monotonic() - began
            if isinstance(event, HuntFinished):
                return event.report
        raise AssertionError

    report = asyncio.run(run())
    assert finished["tables"] < finished["blocking"] < 3
    assert [entry.state for entry in report.ledger.sources] == ["failed", "answered"]
    assert "does not let itself be interrupted" in report.ledger.sources[0].reason
    for thread in threading.enumerate():
        if thread.name == "hunt-blocking":
            thread.join(10)


def test_events_tell_the_course_of_a_hunt(product: Tables) -> None:
    async def run() -> list[Any]:
        return [event async for event in hunt_stream(PATTERN, [table_source("tables", product)])]

    events = asyncio.run(run())
    assert isinstance(events[0], HuntStarted)
    assert events[0].sources == ("tables",)
    assert isinstance(events[-1], HuntFinished)
    assert [event.source for event in events if isinstance(event, SourceFinished)] == ["tables"]
    told = [event.what for event in events if isinstance(event, SourceProgress)]
    assert told[0] == "planned"
    assert "page" in told


def test_a_hunt_works_inside_a_running_loop(product: Tables) -> None:
    async def run() -> HuntReport:
        return hunt(PATTERN, [table_source("tables", product)])

    assert asyncio.run(run()).ledger.matched == 20


@pytest.mark.parametrize("state", ["running", "done"])
def test_closing_a_hunt_early_deletes_its_searches(product: Tables, state: str) -> None:
    product.state = state

    async def run() -> int:
        stream = hunt_stream(PATTERN, [table_source("tables", product, connector="async_template")])
        async with contextlib.aclosing(stream) as events:
            async for event in events:
                if isinstance(event, SourceProgress) and event.what in {"polled", "page"}:
                    return len(product.searches)
        raise AssertionError

    assert asyncio.run(run()) > 0
    assert not product.searches


def test_searches_are_deleted_after_a_hunt(product: Tables) -> None:
    report = hunt(PATTERN, [table_source("tables", product, connector="async_template")])
    assert report.ledger.matched == 20
    assert not product.searches
    assert product.seen("DELETE", "/v1/searches")


def test_a_limit_cuts_and_says_so(product: Tables) -> None:
    report = hunt(
        PATTERN, [table_source("tables", product, connector="synchronous_template:dialect1")], limit=7
    )
    (entry,) = report.ledger.sources
    assert (entry.state, entry.rows, entry.matched) == ("cut", 7, 7)
    assert "the limit of 7 rows was reached" in entry.reason
    assert report.worked


def test_a_limit_that_is_just_met_cuts_nothing(product: Tables) -> None:
    source = table_source("tables", product, connector="synchronous_template:dialect1")
    (entry,) = hunt(PATTERN, [source], limit=20).ledger.sources
    assert (entry.state, entry.rows) == ("answered", 20)


def test_a_budget_holds_over_all_sources(product: Tables) -> None:
    sources = [table_source("one", product), table_source("other", product)]
    report = hunt(PATTERN, sources, budget=Budget(rows=25))
    assert sum(entry.rows for entry in report.ledger.sources) == 25
    assert any("the budget of 25 rows is used up" in entry.reason for entry in report.ledger.sources)


def test_a_budget_of_calls_leaves_the_rest_unasked(product: Tables) -> None:
    report = hunt(PATTERN, [table_source("one", product)], budget=Budget(calls=1))
    assert not report.worked
    assert "the budget of 1 calls is used up" in report.ledger.sources[0].reason


def test_identical_searches_are_asked_once(product: Tables) -> None:
    doubled = (
        f"[network-traffic:dst_port = 443] {WINDOW} FOLLOWEDBY [network-traffic:dst_port = 443] {WINDOW}"
    )
    hunt(doubled, [table_source("one", product)])
    bodies = [
        request.query["query"] for request in product.seen("GET", "/v1/rows") if request.query["from"] == "0"
    ]
    assert len(bodies) == len(set(bodies))
    assert all(body.count("443") == 1 for body in bodies if "443" in body)


def test_a_source_that_takes_short_spans_only_is_asked_for_one_after_the_other(
    product: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = table_source("tables", product, connector="synchronous_template:dialect1")
    pattern = f"[network-traffic:dst_port IN (443, 53)] {WINDOW}"
    whole = hunt(pattern, [source])
    assert len(whole.ledger.sources[0].searches) == 1
    hours = Capabilities(longest_window_days=5 / 24)
    monkeypatch.setattr("stix_shifter.hunt.plan.capabilities_of", lambda _: hours)
    sliced = hunt(pattern, [source])
    spans = [search.to_json()["window"] for search in sliced.ledger.sources[0].searches]
    assert [(one["start"][8:16], one["stop"][8:16]) for one in spans] == [
        ("01T00:00", "01T05:00"), ("01T05:00", "01T10:00"), ("01T10:00", "01T15:00"),
        ("01T15:00", "01T20:00"), ("01T20:00", "02T00:00"),
    ]  # fmt: skip
    assert observed(sliced) == observed(whole)
    assert sliced.ledger.matched == 40
    shown = sliced.ledger.sources[0].verdicts["dialect1"]
    assert [one.verdict for one in shown] == [
        one.verdict for one in whole.ledger.sources[0].verdicts["dialect1"]
    ]


def test_rows_that_are_the_same_are_as_many_observations(bundle_source: MakeBundle) -> None:
    row = network_event(0) | {"dst_port": 443}
    with Tables([row, row, row, network_event(1)]) as product:
        source = table_source("tables", product, options={"batch_size": 2})
        report = hunt(f"[network-traffic:dst_port = 443] {WINDOW} REPEATS 3 TIMES", [source])
        assert report.ledger.matched == 3
        assert (
            hunt(f"([network-traffic:dst_port = 443] {WINDOW}) REPEATS 4 TIMES", [source]).ledger.matched == 0
        )


def test_two_sources_with_the_same_ids_stay_two(bundle_source: MakeBundle) -> None:
    one = bundle_source("one", [network_event(0)])
    other = Source("other", "stix_bundle", one.connection)
    report = hunt(f"[network-traffic:dst_port = 443] {WINDOW} REPEATS 2 TIMES", [one, other])
    assert report.ledger.matched == 2
    assert len(observed(report)) == 2
    assert_valid(report)


def test_the_default_window_is_24_hours_and_stated(product: Tables) -> None:
    from datetime import datetime, timedelta, timezone

    now = datetime(2024, 1, 2, 13, tzinfo=timezone.utc)
    sources = [table_source("tables", product)]
    report = hunt("[network-traffic:dst_port = 443]", sources, now=now)
    assert report.ledger.window_from == "the default of 24 hours"
    assert report.ledger.window.start == now - timedelta(hours=24)
    assert report.ledger.matched == 0
    later = hunt("[network-traffic:dst_port = 443]", sources, now=now, since=timedelta(days=2))
    assert (later.ledger.matched, later.ledger.window_from) == (20, "the caller")


def test_what_a_source_cannot_be_asked_is_told_and_not_called_no_hit(product: Tables) -> None:
    report = hunt(f"[x-unheard-of:thing = 1] {WINDOW}", [table_source("tables", product)])
    (entry,) = report.ledger.sources
    assert entry.state == "not asked"
    assert {one.verdict.value for found in entry.verdicts.values() for one in found} == {"unsearchable"}


def test_refusing_what_is_unmapped_fails_that_source(product: Tables) -> None:
    pattern = f"[network-traffic:dst_port = 443 AND x-unheard-of:thing = 1] {WINDOW}"
    report = hunt(pattern, [table_source("tables", product)], on_unmapped="refuse")
    assert report.ledger.sources[0].state == "failed"
    assert report.ledger.sources[0].failures[0].code == "mapping_error"


def test_the_ledger_stands_as_a_note_on_each_identity_and_is_json(product: Tables) -> None:
    report = hunt(
        PATTERN, [table_source("tables", product), Source("dead", "stix_bundle", {"url": "no-file"})]
    )
    notes = [item for item in report if item["type"] == "note"]
    identities = [item["id"] for item in report if item["type"] == "identity"]
    assert [note["object_refs"] for note in notes] == [[one] for one in identities]
    assert [json.loads(note["content"])["state"] for note in notes] == ["answered", "failed"]
    told = json.loads(json.dumps(report.ledger.to_json()))
    search = told["sources"][0]["searches"][0]
    assert search["query"].startswith("SELECT")
    assert search["window"] == {"start": "2024-01-01T00:00:00.000Z", "stop": "2024-01-02T00:00:00.000Z"}
    assert (search["rows"], search["state"]) == (20, "done")


def test_no_secret_leaves_a_hunt_even_when_the_source_says_it(product: Tables, tmp_path: Path) -> None:
    rows = [network_event(0) | {"dst_port": 443, "url": f"https://example.com/?password={PASSWORD}"}]
    with Tables(rows) as telling, Tables() as refusing:
        refusing.fail(Fault.answer(500, body=f'{{"error": "bad login {PASSWORD}"}}'))
        sources = [table_source("telling", telling), table_source("refusing", refusing)]
        report = hunt(PATTERN, sources)
    said = json.dumps(report.bundle()) + json.dumps(report.ledger.to_json()) + repr(report) + repr(sources)
    assert PASSWORD not in said
    assert "password=***" in said


def test_rows_become_flat_for_tables(product: Tables) -> None:
    row = next(iter(hunt(PATTERN, [table_source("tables", product)]).rows()))
    assert row["source"] == "tables"
    assert row["network-traffic:dst_port"] == 443
    assert row["network-traffic:dst_ref.value"].startswith("198.51.100.")


def test_a_stix_20_bundle_comes_out_as_valid_21(tmp_path: Path) -> None:
    objects = {
        "0": {"type": "ipv4-addr", "value": "192.0.2.1"},
        "1": {"type": "ipv4-addr", "value": "192.0.2.2"},
        "2": {
            "type": "network-traffic",
            "src_ref": "0",
            "dst_ref": "1",
            "protocols": ["tcp"],
            "dst_port": 443,
        },
        "3": {"type": "file", "name": "a.exe", "created": "2024-01-01T12:00:00.000Z"},
    }
    moment = "2024-01-01T12:00:00.000Z"
    observed_data = {
        "type": "observed-data", "id": "observed-data--00000000-0000-4000-8000-000000000001",
        "created": moment, "modified": moment, "first_observed": moment, "last_observed": moment,
        "number_observed": 1, "objects": objects,
    }  # fmt: skip
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"type": "bundle", "objects": [observed_data]}), encoding="utf-8")
    pattern = f"[network-traffic:dst_port = 443 AND file:created = t'{moment}'] {WINDOW}"
    report = hunt(pattern, [Source("old", "stix_bundle", {"url": str(path)})])
    assert report.ledger.matched == 1
    assert_valid(report)
    by_type = {item["type"]: item for item in report}
    assert by_type["file"]["ctime"] == moment
    assert by_type["network-traffic"]["src_ref"].startswith("ipv4-addr--")


def test_a_hunt_comes_out_as_valid_20_with_all_values_of_21(
    product: Tables, bundle_source: MakeBundle
) -> None:
    import stix2validator

    rows = [host_event(number) for number in range(20)] + [network_event(number) for number in range(9)]
    pattern = f"[network-traffic:dst_port = 443 OR file:name = 'cmd.exe'] {WINDOW}"
    report = hunt(pattern, [table_source("tables", product), bundle_source("partner", rows)])
    old, new = report.bundle("2.0"), report.bundle()
    result = stix2validator.validate_instance(old, stix2validator.ValidationOptions(version="2.0"))
    assert not result.errors, [str(error) for error in result.errors][:5]
    of_old = {item["id"]: item for item in old["objects"] if item["type"] == "observed-data"}
    by_id = {item["id"]: item for item in new["objects"]}
    of_new = {item["id"]: item for item in new["objects"] if item["type"] == "observed-data"}
    assert of_old.keys() == of_new.keys()
    assert {item["type"] for item in old["objects"]} == {"identity", "observed-data"}
    for name, item in of_old.items():
        assert values(item["objects"].values()) == values(by_id[one] for one in of_new[name]["object_refs"])
    again = [upgraded(item, item["created_by_ref"]) for item in of_old.values()]
    shared = {item["id"] for group in again for item in group if is_shared(item["id"])}
    assert shared == {name for name in by_id if is_shared(name)}


def values(objects: Iterable[dict[str, Any]]) -> list[str]:
    """The types and plain values of objects, without ids and references."""
    return sorted(
        f"{item['type']} {value}"
        for item in objects
        for name, value in item.items()
        if name not in {"id", "spec_version", "type"} and not name.endswith(("_ref", "_refs"))
    )


def test_what_is_wrong_before_anything_is_asked_is_raised(product: Tables) -> None:
    with pytest.raises(PatternSyntaxError):
        hunt("[oops", [table_source("tables", product)])
    with pytest.raises(ConfigurationError, match="no source"):
        hunt(PATTERN, [])
    with pytest.raises(ConfigurationError, match="limit must be 1 or more"):
        hunt(PATTERN, [table_source("tables", product)], limit=0)
    assert not product.requests


def test_matches_name_their_observations_across_products(product: Tables) -> None:
    with Tables(host=map(host_event, range(30))) as edr:
        sources = [table_source("edr", edr), table_source("proxy", product)]
        pattern = (
            f"([file:name = 'cmd.exe'] FOLLOWEDBY [network-traffic:dst_port = 53]) WITHIN 61 SECONDS {WINDOW}"
        )
        report = hunt(pattern, sources)
        by_id = {item["id"]: item for item in report}
        identities = [source.identity["id"] for source in sources]
        matches = list(report.matches())
    assert matches
    assert {by_id[match[0]]["created_by_ref"] for match in matches} <= set(identities)
    assert {by_id[match[1]]["created_by_ref"] for match in matches} == {identities[1]}
    assert {name for match in matches for name in match} == observed(report)


def test_what_a_source_says_cannot_reach_the_terminal_as_control_characters(product: Tables) -> None:
    from stix_shifter.cli.hunt_table import closing_table

    product.fail(Fault.answer(400, body='{"error": "\x1b[2Jgone\x07\n\nfine"}'))
    shown = closing_table(hunt(PATTERN, [table_source("tables", product)]).ledger)
    assert "gone" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown
