"""Tests as those of published connectors are written: their idioms, their patches, their doubles.

The connectors are `old_site`'s. Each file of such tests in the wild looks like a part of this one.
"""

import importlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, MagicMock, patch

import pytest

from stix_shifter.stix_translation import stix_translation
from stix_shifter.stix_translation.stix_translation import MAPPING_ERROR
from stix_shifter.stix_transmission import stix_transmission
from stix_shifter.stix_transmission.stix_transmission import run_in_thread

SITE = Path(__file__).parent / "old_site"
MODULE = "old_watch"
CLIENT = f"stix_shifter_modules.{MODULE}.stix_transmission.api_client.APIClient"
CALL_API = "stix_shifter_utils.stix_transmission.utils.RestApiClientAsync.RestApiClientAsync.call_api"
IS_ASYNC = "stix_shifter_utils.utils.base_entry_point.BaseEntryPoint.is_async"
SYNC = "stix_shifter_utils.modules.base.stix_transmission.base_json_sync_connector.BaseJsonSyncConnector"
DATA_SOURCE = {
    "type": "identity",
    "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
    "name": "Old Watch",
    "identity_class": "events",
}
TIMES = re.compile(r"between \d+ and \d+")
translation = stix_translation.StixTranslation()


@pytest.fixture(autouse=True)
def old_connectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SITE))


def connection() -> dict[str, Any]:
    return {"host": "hostbla", "port": 8080}


def configuration() -> dict[str, Any]:
    return {"auth": {"token": "u"}}


def entry_point() -> Any:
    module = importlib.import_module(f"stix_shifter_modules.{MODULE}.entry_point")
    return module.EntryPoint(connection(), configuration(), {})


class RequestMockResponse:
    """The double of an answer that published tests bring along."""

    def __init__(self, response_code: int, text: bytes) -> None:
        self.code, self.content, self.headers = response_code, text, {"Content-Type": "application/json"}
        self.history: list[Any] = []

    def read(self) -> bytes:
        return self.content


def get_mock_response(status_code: int, text: str) -> RequestMockResponse:
    return RequestMockResponse(status_code, text.encode())


def get_first(itr: Iterable[Any], constraint: Callable[[Any], bool]) -> Any:
    return next((obj for obj in itr if constraint(obj)), None)


def get_first_of_type(itr: Iterable[Any], typ: str) -> Any:
    return get_first(itr, lambda o: isinstance(o, dict) and o.get("type") == typ)


def engine() -> Any:
    return importlib.import_module(
        "stix_shifter_utils.stix_translation.src.json_to_stix.json_to_stix_translator"
    )


def transformers() -> Any:
    found = importlib.import_module("stix_shifter_utils.stix_translation.src.utils.transformer_utils")
    return found.get_module_transformers(MODULE)


def test_queries_are_compared_without_their_times() -> None:
    query = translation.translate(
        MODULE, "query", "{}", "[file:name = 'a'] AND [ipv4-addr:value = '1.2.3.4']"
    )
    assert query["queries"] == [
        "src,dst,fname | ((fname == a) OR (src == 1.2.3.4 OR dst == 1.2.3.4)) | limit 500"
    ]
    pattern = "[file:name = 'a'] START t'2020-01-01T00:00:00.003Z' STOP t'2020-01-01T00:05:00.003Z'"
    query = translation.translate(MODULE, "query", "{}", pattern)
    assert [TIMES.sub("", one) for one in query["queries"]] == ["src,dst,fname | ((fname == a))  | limit 500"]


def test_an_unmapped_attribute_is_found_by_its_constant() -> None:
    result = translation.translate(MODULE, "query", "{}", "[unmapped:attribute = 'x']")
    assert result["success"] is False
    assert result["code"] == "mapping_error"
    assert MAPPING_ERROR in result["error"]


@pytest.mark.parametrize("where", ["[file:name = 'a' OR unmapped:attribute = 'x']", "[file:name = 'a']"])
def test_the_keys_of_a_query_answer_are_reached_by_name(where: str) -> None:
    assert translation.translate(MODULE, "query", "{}", where, {"time_range": 25})["queries"]


def test_objects_are_walked_by_number_and_by_type() -> None:
    map_data = {
        "src": [
            {"key": "ipv4-addr.value", "object": "src_ip"},
            {"key": "ipv6-addr.value", "object": "src_ip"},
            {"key": "network-traffic.src_ref", "object": "nt", "references": "src_ip"},
        ],
        "port": {"key": "network-traffic.src_port", "object": "nt", "transformer": "ToInteger"},
        "proto": {"key": "network-traffic.protocols", "object": "nt", "transformer": "ToLowercaseArray"},
        "severityLevel": {"key": "x-old-finding.severityLevel", "object": "finding"},
        "shout": {"key": "x-old-finding.name", "object": "finding", "transformer": "ShoutingName"},
        "count": {"key": "number_observed"},
    }
    data = {"src": "192.0.2.7", "port": "5", "proto": "TCP", "severityLevel": 3, "shout": "a", "count": 2}
    result = engine().convert_to_stix(DATA_SOURCE, map_data, [data], transformers(), {})
    assert result["type"] == "bundle"
    identity = result["objects"][0]
    assert identity == DATA_SOURCE
    observed_data = result["objects"][1]
    assert observed_data["created_by_ref"] == identity["id"]
    assert observed_data["number_observed"] == 2
    assert None not in (observed_data["created"], observed_data["modified"], observed_data["first_observed"])
    objects = observed_data["objects"]
    assert list(objects) == ["0", "1", "2"]
    traffic = get_first_of_type(objects.values(), "network-traffic")
    assert traffic.keys() == {"type", "src_ref", "src_port", "protocols"}
    assert objects[traffic["src_ref"]] == {"type": "ipv4-addr", "value": "192.0.2.7"}
    assert objects["2"] == {"type": "x-old-finding", "severityLevel": 3, "name": "A"}


def test_objects_of_2_1_have_ids_and_references_that_compare_with_text() -> None:
    map_data = {
        "src": [
            {"key": "ipv4-addr.value", "object": "src_ip"},
            {"key": "network-traffic.src_ref", "object": "nt", "references": "src_ip"},
        ],
        "port": {"key": "network-traffic.src_port", "object": "nt"},
    }
    data = [{"src": "1.2.3.4", "port": 5}]
    result = engine().convert_to_stix(DATA_SOURCE, map_data, data, transformers(), {"stix_2.1": True})
    assert "spec_version" not in result
    observed, address, traffic = result["objects"][1:]
    assert observed["object_refs"] == [str(address["id"]), str(traffic["id"])]
    assert str(address["id"]) == "ipv4-addr--0198f97b-e65d-5025-87e5-58bc39d4bdb4"
    assert traffic["src_ref"] == address["id"]


@patch(f"{CLIENT}.__init__", autospec=True)
@patch(f"{CLIENT}.ping_data_source")
def test_a_client_whose_constructor_and_methods_are_doubles(ping: Any, init: Any) -> None:
    init.return_value = None
    ping.return_value = get_mock_response(200, "{}")
    response = run_in_thread(entry_point().ping_connection)
    assert response is not None
    assert response["success"]


@patch(CALL_API)
def test_call_api_answers_one_double_after_another(call_api: Any) -> None:
    call_api.side_effect = [get_mock_response(200, '{"id": "s1"}'), get_mock_response(200, "{}")]
    made = entry_point()
    assert run_in_thread(made.create_query_connection, "q")["search_id"] == "s1"
    assert run_in_thread(made.ping_connection) == {"success": True}
    assert call_api.call_args.args[:2] == ("api/ping", "GET")


@patch(CALL_API, autospec=True)
def test_an_exception_of_the_client_is_told_in_known_words(call_api: Any) -> None:
    call_api.side_effect = Exception("client_connector_error: (no host)")
    response = run_in_thread(entry_point().ping_connection)
    assert response["success"] is False
    assert response["error"] == f"{MODULE} connector error => client_connector_error: (no host)"
    assert response["code"] == "service_unavailable"


def test_an_error_that_the_connector_lets_pass_is_an_answer_too() -> None:
    with patch(CALL_API, side_effect=ConnectionError("gone")):
        response = run_in_thread(entry_point().create_query_connection, "q")
    assert (response["success"], response["code"]) == (False, "unknown")
    assert response["error"].endswith("connector error => gone")


def test_results_come_as_bundle_with_the_steps_that_made_it() -> None:
    answer = run_in_thread(entry_point().create_results_stix_connection, "s1", 0, 2, DATA_SOURCE)
    assert [step["action"] for step in answer["stats"]] == ["transmission", "translation"]
    assert len(answer["objects"]) == 3


@patch(IS_ASYNC)
def test_the_entry_point_may_be_told_what_it_is(is_async: Any) -> None:
    is_async.return_value = False
    assert stix_transmission.StixTransmission(MODULE, connection(), configuration()).is_async() is False


@pytest.mark.parametrize("double", [MagicMock, AsyncMock])
def test_methods_of_base_classes_may_be_plain_or_awaited_doubles(double: Any) -> None:
    answer = {"success": True, "search_id": "patched"}
    with patch(f"{SYNC}.create_query_connection", new_callable=lambda: double(return_value=answer)):
        transmission = stix_transmission.StixTransmission("old_single", connection(), configuration())
        assert transmission.query("q") == answer


@patch("ssl.SSLContext.load_verify_locations")
def test_a_certificate_is_loaded_into_the_context(load: Any) -> None:
    module = importlib.import_module(f"stix_shifter_modules.{MODULE}.entry_point")
    module.EntryPoint({**connection(), "selfSignedCert": "cert"}, configuration(), {})
    load.assert_called_with(cadata="cert")


def test_answers_survive_json() -> None:
    answer = translation.translate(MODULE, "results", DATA_SOURCE, [{"src": "192.0.2.7"}], {})
    assert json.loads(json.dumps(answer)) == answer
