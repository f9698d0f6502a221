"""Connectors written as earlier releases taught it: old paths, classic trees, role files, one class."""

import asyncio
import importlib
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from stix_shifter.stix_translation.stix_translation import StixTranslation
from stix_shifter.stix_transmission.stix_transmission import StixTransmission, run_in_thread
from stix_shifter_utils.testing.exchange import Answer, Received
from stix_shifter_utils.testing.product import FakeProduct, route

SITE = Path(__file__).parent / "old_site"
IDENTITY = {"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "old"}
WINDOW = "START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00.000Z'"
ROWS = [{"src": "192.0.2.7", "when": 1600000000123, "fname": "a"}]
CALL_API = "stix_shifter_utils.stix_transmission.utils.RestApiClientAsync.RestApiClientAsync.call_api"


@pytest.fixture(autouse=True)
def old_connectors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(SITE))
    yield
    for name in [name for name in sys.modules if name.startswith("stix_shifter_modules.old_")]:
        del sys.modules[name]


class OldWatch(FakeProduct):
    """Pings fail with the product's own error number; searches are numbered."""

    @route("GET", "/api/ping")
    def ping(self, received: Received) -> Answer:
        return Answer({"number": 17, "why": "no"}, 418)

    @route("POST", "/api/searches")
    def search(self, received: Received) -> Answer:
        return Answer({"id": "s1"})


def connection(port: int = 443, **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, **more}


CONFIGURATION = {"auth": {"token": "not-told"}}


def translate(kind: str, data: Any, module: str = "old_watch", **options: Any) -> dict[str, Any]:
    return StixTranslation().translate(module, kind, IDENTITY, data, options)


def test_a_walker_of_classic_trees_answers_as_it_always_did() -> None:
    pattern = f"[ipv4-addr:value = '192.0.2.7' OR file:name IN ('a', 'b')] {WINDOW}"
    assert translate("query", pattern)["queries"] == [
        "src,dst,fname | (((fname IN a|b) OR (src == 192.0.2.7 OR dst == 192.0.2.7)))"
        " between 1577836800000 and 1577923200000 | limit 500"
    ]


def test_trees_are_fresh_although_the_walker_writes_to_them() -> None:
    pattern = "[file:name IN ('a', 'b')]"
    assert translate("query", pattern) == translate("query", pattern)


def test_errors_of_a_walker_have_the_classic_code_and_text() -> None:
    answer = translate("query", "[ipv4-addr:value = 'none']")
    assert answer["code"] == "not_implemented"
    assert answer["error"] == "old_watch connector error => wrong parameter : only whole addresses"


def test_unmapped_paths_take_their_and_along() -> None:
    assert "fname" in translate("query", "[x-no:thing = 'a' OR file:name = 'b']")["queries"][0]
    answer = translate("query", "[x-no:thing = 'a' AND file:name = 'b']")
    assert answer["code"] == "mapping_error"


def test_quoted_paths_are_found_as_the_map_spells_them() -> None:
    assert "(sha == 0c)" in translate("query", "[file:hashes.'SHA-256' = '0c']")["queries"][0]


def test_an_own_results_translator_extends_the_shared_one() -> None:
    bundle = translate("results", ROWS)
    assert bundle["x_rows"] == 1
    assert {"type": "file", "name": "A"} in bundle["objects"][1]["objects"].values()


def test_a_packaged_copy_of_the_maps_does_not_hide_the_files() -> None:
    assert "ipv4-addr" in json.dumps(translate("results", ROWS))


def test_the_shared_engine_is_used_unless_the_option_asks_for_the_connectors_own() -> None:
    assert translate("results", ROWS)["objects"][1]["type"] == "observed-data"
    own = translate("results", ROWS, results_engine="connector")
    assert own["objects"][1] == {"id": "file--1", "rows": 1}
    assert type(own["objects"][1]["id"]) is str
    error = translate("results", ROWS, module="old_single", results_engine="connector")
    assert "carries no results engine" in error["error"]


def test_roles_talk_to_the_product_through_the_classic_client() -> None:
    with OldWatch() as product:
        source = StixTransmission("old_watch", connection(product.port), CONFIGURATION)
        assert source.query("q")["search_id"] == "s1"
        assert source.status("s1") == {"success": True, "status": "COMPLETED", "progress": 100}
        assert len(source.results("s1", "1", "5", {"next": 1})["data"]) == 2
        assert source.delete("s1") == {"success": True}
        sent = product.requests[0]
    assert sent.headers["x-token"] == "not-told"
    assert sent.body == b"q=q"


def test_an_error_mapper_is_found_without_being_told_the_connector() -> None:
    with OldWatch() as product:
        answer = StixTransmission("old_watch", connection(product.port), CONFIGURATION).ping()
    assert answer["code"] == "forbidden"


def test_a_connector_that_is_refused_gets_the_known_text() -> None:
    with OldWatch() as product:
        port = product.port
    answer = StixTransmission("old_watch", connection(port), CONFIGURATION).ping()
    assert answer["code"] == "service_unavailable"
    assert answer["error"].startswith("old_watch connector error => client_connector_error: (")


def test_legacy_parameters_reach_the_connector() -> None:
    given = connection(resultSizeLimit=7)
    source = StixTransmission("old_single", given, CONFIGURATION)
    assert source.entry_point is not None
    assert source.entry_point.options["result_limit"] == 7
    assert given == connection(resultSizeLimit=7)


def test_one_class_for_all_roles_works_below_two_bases() -> None:
    source = StixTransmission("old_single", connection(), CONFIGURATION)
    assert source.is_async() is False
    assert source.query("[a]")["search_id"] == "[a]"
    assert source.results("192.0.2.8", 0, 5)["data"][1] == {"src": "192.0.2.8"}
    bundle = source.results_stix("192.0.2.8", 0, 2, IDENTITY)
    assert [step["action"] for step in bundle["stats"]] == ["transmission", "translation"]
    assert source.ping()["code"] == "authentication_fail"


def test_the_name_of_a_connector_does_not_depend_on_who_calls() -> None:
    kind = importlib.import_module("stix_shifter_modules.old_single.entry_point").EntryPoint

    class Wrapper(kind):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)

    inherited = Wrapper
    for level in range(5):
        inherited = type(f"Wrapper{level}", (inherited,), {})

    def far_away(depth: int) -> Any:
        return far_away(depth - 1) if depth else inherited(connection(), dict(CONFIGURATION), {})

    made = far_away(20)
    assert made.module == "old_single"
    assert made.get_dialects() == ["default"]
    assert asyncio.run(made.transform_query("default", "[file:name = 'a']"))["queries"]


def test_json_files_are_found_by_connector_and_not_by_the_calling_file() -> None:
    kind = importlib.import_module("stix_shifter_modules.old_watch.entry_point").EntryPoint
    assert kind().get_query_translator().select_fields == ["src", "dst", "fname"]


def test_patching_the_old_name_reaches_the_connector() -> None:
    class Double:
        code, content = 200, b"{}"

        def read(self) -> bytes:
            return self.content

    async def answered(*_: Any, **__: Any) -> Any:
        return Double()

    with patch(CALL_API, side_effect=answered):
        source = StixTransmission("old_watch", connection(), CONFIGURATION)
        assert source.ping() == {"success": True}


def test_patching_the_new_name_is_seen_under_the_old_one() -> None:
    old = importlib.import_module("stix_shifter_utils.stix_transmission.utils.RestApiClientAsync")
    with patch("stix_shifter_utils.http.classic.CONNECT_TIMEOUT_DEFAULT", 99):
        assert old.CONNECT_TIMEOUT_DEFAULT == 99


def test_certificates_go_through_the_function_that_tests_patch() -> None:
    with patch("ssl.SSLContext.load_verify_locations") as load:
        StixTransmission("old_watch", connection(selfSignedCert="PEM"), CONFIGURATION)
    load.assert_called_with(cadata="PEM")
    answer = StixTransmission("old_watch", connection(selfSignedCert="PEM"), CONFIGURATION).ping()
    assert "Unable to load certificate for ssl context: (" in answer["error"]
    assert answer["code"] == "certificate_fail"


def test_entry_points_are_called_as_published_tests_do() -> None:
    entry_point = importlib.import_module("stix_shifter_modules.old_watch.entry_point").EntryPoint(
        connection(), dict(CONFIGURATION), {}
    )
    answer = run_in_thread(entry_point.create_results_connection, "s1", 0, 2)
    assert len(answer["data"]) == 2
    client = entry_point.transmission().__dict__["_BaseEntryPoint__ping_connector"].api_client.client
    client.ssl_context.check_hostname = False  # as clients switch verification off


def test_the_classic_engine_call_takes_what_published_tests_give_it() -> None:
    engine = importlib.import_module(
        "stix_shifter_utils.stix_translation.src.json_to_stix.json_to_stix_translator"
    )
    known = importlib.import_module("stix_shifter_utils.stix_translation.src.utils.transformer_utils")
    transformers = known.get_module_transformers("old_watch")
    map_data = translate("mapping", None)["to_stix_map"]
    bundle = engine.convert_to_stix(IDENTITY, map_data, ROWS, transformers, {"stix_2.1": True})
    assert {item["type"] for item in bundle["objects"]} >= {"identity", "observed-data", "file", "ipv4-addr"}
    assert "ShoutingName" in transformers


def test_unmapped_parts_are_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        translate("query", "[x-no:thing = 'a' OR file:name = 'b']")
    assert "x-no:thing" in caplog.text


def test_an_undeclared_package_that_is_missing_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:

    class Needy:
        def find_spec(self, name: str, *_: Any) -> None:
            if name == "stix_shifter_modules.old_single.entry_point":
                message = "No module named 'xmltodict'"
                raise ModuleNotFoundError(message, name="xmltodict")

    monkeypatch.setattr(sys, "meta_path", [Needy(), *sys.meta_path])
    error = translate("query", "[file:name = 'a']", module="old_single")["error"]
    assert "needs the Python package xmltodict" in error
    assert error.endswith("pip install 'stix-shifter[published]'")
    assert "\n" not in error
