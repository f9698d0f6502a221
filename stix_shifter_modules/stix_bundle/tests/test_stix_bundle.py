"""Bundles in files, behind HTTP and in a TAXII collection give the rows that match, page by page."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.stix_translation.stix_translation import StixTranslation
from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_utils.stix import deterministic_id
from stix_shifter_utils.testing.exchange import Answer, Received, Refusal
from stix_shifter_utils.testing.faults import Fault
from stix_shifter_utils.testing.product import FakeProduct, route
from stix_shifter_utils.testing.taxii import TaxiiServer, taxii_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IDENTITY = {
    "type": "identity",
    "id": "identity--6e5f1c2a-6e5c-4f0e-9c50-1f4d6f1d7a11",
    "name": "reports",
    "identity_class": "system",
}
COUNT = 30
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"


def observed(number: int, version: str) -> list[dict[str, Any]]:
    """One flow from 10.0.0.<number>, seen at minute <number>."""
    when = f"2024-01-01T00:{number:02}:00.000Z"
    base: dict[str, Any] = {
        "type": "observed-data",
        "id": f"observed-data--{uuid.UUID(int=number, version=4)}",
        "created": when,
        "modified": when,
        "created_by_ref": "identity--00000000-0000-4000-8000-000000000000",
        "first_observed": when,
        "last_observed": when,
        "number_observed": 1,
    }
    address: dict[str, Any] = {"type": "ipv4-addr", "value": f"10.0.0.{number}"}
    traffic: dict[str, Any] = {
        "type": "network-traffic",
        "protocols": ["tcp"],
        "dst_port": 443 if number % 3 else 80,
    }
    if version == "2.0":
        return [{**base, "objects": {"0": address, "1": {**traffic, "src_ref": "0"}}}]
    address["id"] = str(deterministic_id("ipv4-addr", address))
    traffic = {**traffic, "src_ref": address["id"]}
    traffic["id"] = str(deterministic_id("network-traffic", traffic))
    scos = [{**address, "spec_version": "2.1"}, {**traffic, "spec_version": "2.1"}]
    return [{**base, "spec_version": "2.1", "object_refs": [address["id"], traffic["id"]]}, *scos]


def bundle(version: str) -> dict[str, Any]:
    objects = [item for number in range(1, COUNT + 1) for item in observed(number, version)]
    head = {"type": "bundle", "id": f"bundle--{uuid.UUID(int=1, version=4)}"}
    return {**head, **({"spec_version": "2.0"} if version == "2.0" else {}), "objects": objects}


@pytest.fixture(params=["2.0", "2.1"])
def bundle_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / "bundle.json"
    place.write_text(json.dumps(bundle(request.param)), encoding="utf-8")
    return place


def transmission(url: object, auth: dict[str, str] | None = None, **options: Any) -> StixTransmission:
    return StixTransmission("stix_bundle", {"url": str(url), "options": options}, {"auth": auth or {}})


def translated(pattern: str, **options: Any) -> list[Any]:
    answer = StixTranslation().translate("stix_bundle", "query", {}, pattern, {"time_range": None, **options})
    queries: list[Any] = answer["queries"]
    return queries


def addresses(rows: list[dict[str, Any]]) -> list[str]:
    """The addresses that rows of either version hold."""
    parts = [row["objects"].values() if isinstance(row["objects"], dict) else row["objects"] for row in rows]
    return [item["value"] for part in parts for item in part if item["type"] == "ipv4-addr"]


def test_a_pattern_with_its_own_window_is_the_query_letter_for_letter() -> None:
    pattern = f"[ ipv4-addr:value='10.0.0.1' ]   {WINDOW}"
    assert translated(pattern, time_range=5) == [pattern]


def test_a_pattern_without_a_window_gets_the_default_one() -> None:
    (query,) = translated("[ipv4-addr:value = '10.0.0.1']", time_range=5)
    assert query.startswith("[ipv4-addr:value = '10.0.0.1'] START t'")


def test_a_broken_pattern_is_refused_with_its_place() -> None:
    answer = StixTranslation().translate("stix_bundle", "query", {}, "[ipv4-addr:value = ]", {})
    assert answer["success"] is False
    assert "1:19" in answer["error"]


def test_rows_are_the_observations_that_match_and_pages_neither_lose_nor_repeat(bundle_file: Path) -> None:
    source = transmission(bundle_file)
    pattern = f"[network-traffic:dst_port = 443] {WINDOW}"
    search = source.query(pattern)["search_id"]
    pages = [source.results(search, offset, 7)["data"] for offset in range(0, COUNT + 7, 7)]
    expected = [f"10.0.0.{number}" for number in range(1, COUNT + 1) if number % 3]
    assert [len(page) for page in pages] == [7, 7, 6, 0, 0, 0]
    assert addresses([row for page in pages for row in page]) == expected


def test_a_window_cuts_and_the_combination_is_judged_over_all_observations(bundle_file: Path) -> None:
    source = transmission(bundle_file)
    minute = "START t'2024-01-01T00:05:00Z' STOP t'2024-01-01T00:06:00Z'"
    in_window = source.results(f"[network-traffic:dst_port = 443] {minute}", 0, 99)["data"]
    assert addresses(in_window) == ["10.0.0.5"]
    story = "([ipv4-addr:value = '10.0.0.2'] FOLLOWEDBY [ipv4-addr:value = '10.0.0.9']) WITHIN 421 SECONDS"
    assert addresses(source.results(story, 0, 99)["data"]) == ["10.0.0.2", "10.0.0.9"]
    too_short = story.replace("421", "420")
    assert source.results(too_short, 0, 99)["data"] == []


def test_the_bundle_holds_the_identity_and_each_object_once(bundle_file: Path) -> None:
    source = transmission(bundle_file)
    answer = source.results_stix("[ipv4-addr:value LIKE '10.0.0.1%']", 0, 99, IDENTITY)
    kinds = [item["type"] for item in answer["objects"]]
    assert kinds[0] == "identity"
    assert kinds.count("observed-data") == 11
    identifiers = [item["id"] for item in answer["objects"]]
    assert len(identifiers) == len(set(identifiers))
    creators = {item["created_by_ref"] for item in answer["objects"] if item["type"] == "observed-data"}
    assert creators == {IDENTITY["id"]}
    refs = {ref for item in answer["objects"] for ref in item.get("object_refs", [])}
    assert refs <= set(identifiers)


def test_one_object_a_line_is_read_too(tmp_path: Path) -> None:
    place = tmp_path / "objects.ndjson"
    place.write_text("\n".join(json.dumps(item) for item in bundle("2.1")["objects"]), encoding="utf-8")
    assert len(transmission(place).results("[ipv4-addr:value = '10.0.0.4']", 0, 9)["data"]) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<html>login</html>", "neither JSON nor"),
        ('{"type": "bundle", "objects": [1, 2]}', "holds no STIX bundle"),
        ('{"type": "bundle", "objects": [', "neither JSON nor"),
    ],
)
def test_a_file_that_is_no_bundle_is_named(tmp_path: Path, content: str, words: str) -> None:
    place = tmp_path / "broken.json"
    place.write_text(content, encoding="utf-8")
    answer = transmission(place).results("[a:b = 1]", 0, 9)
    assert answer["success"] is False
    assert words in answer["error"]
    assert "broken.json" in answer["error"]


def test_a_missing_file_and_a_file_over_the_limit_fail_already_at_ping(
    tmp_path: Path, bundle_file: Path
) -> None:
    missing = transmission(tmp_path / "nothing.json").ping()
    assert (missing["success"], missing["code"]) == (False, "invalid_parameter")
    assert "nothing.json" in missing["error"]
    large = transmission(bundle_file, max_bytes=100).ping()
    assert "max_bytes" in large["error"]


def test_a_search_id_that_is_no_pattern_is_an_invalid_query(bundle_file: Path) -> None:
    assert transmission(bundle_file).results("SELECT 1", 0, 9)["code"] == "invalid_query"


class BundleServer(FakeProduct):
    """Serves one bundle to one user."""

    def authorize(self, request: Received) -> None:
        if request.basic() != ("hunter", "s"):
            raise Refusal(401, "who are you")

    @route("GET", "/b.json")
    def whole(self, request: Received) -> Answer:
        return Answer(bundle("2.1"))

    @route("HEAD", "/b.json")
    def head(self, request: Received) -> Answer:
        return Answer("")


def test_a_bundle_behind_http_is_read_once_for_all_pages() -> None:
    with BundleServer() as server:
        source = transmission(f"{server.url}/b.json", {"username": "hunter", "password": "s"})
        assert source.ping() == {"success": True}
        found = [source.results("[network-traffic:dst_port = 80]", offset, 4)["data"] for offset in (0, 4, 8)]
        assert [len(page) for page in found] == [4, 4, 2]
        assert len(server.seen("GET", "/b.json")) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.html(), "unknown"),
        (Fault.half_json(), "unknown"),
        (Fault.answer(403), "forbidden"),
        (Fault.answer(404), "invalid_parameter"),
    ],
)
def test_a_server_that_fails_is_told_by_its_code(fault: Fault, code: str) -> None:
    with BundleServer() as server:
        server.fail(fault)
        source = transmission(f"{server.url}/b.json", {"username": "hunter", "password": "s"})
        answer = source.results("[network-traffic:dst_port = 80]", 0, 4)
        assert (answer["success"], answer["code"]) == (False, code), answer


@pytest.fixture
def medallion() -> Iterator[TaxiiServer]:
    """A collection on a real TAXII 2.1 server that holds the bundle, in several pages."""
    with taxii_server(bundle("2.1")["objects"]) as running:
        yield running


def test_a_collection_is_read_to_its_end(medallion: TaxiiServer) -> None:
    source = transmission(medallion.url, {"username": medallion.user, "password": medallion.password})
    assert source.ping() == {"success": True}
    rows = source.results("[ipv4-addr:value LIKE '10.0.0.%']", 0, 99)["data"]
    assert sorted(addresses(rows)) == sorted(f"10.0.0.{number}" for number in range(1, COUNT + 1))


def test_a_collection_refuses_wrong_credentials_and_the_secret_stays_out_of_the_answer(
    medallion: TaxiiServer,
) -> None:
    answer = transmission(medallion.url, {"username": "hunter", "password": "not-the-word"}).ping()
    assert answer["code"] == "authentication_fail"
    assert "not-the-word" not in json.dumps(answer)
