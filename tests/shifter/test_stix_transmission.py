"""The Python API of transmission: every call answers with the classic dictionary."""

import asyncio
import copy
import socket
from typing import Any

import pytest

from stix_shifter.stix_transmission import stix_transmission
from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_utils.errors import ConfigurationError, UnsupportedDataSourceError

CONNECTION = {"host": "h.example", "options": {"timeout": 5}}
CONFIGURATION = {"auth": {"username": "u", "password": "hunter22"}}
IDENTITY = {"type": "identity", "id": "identity--1", "name": "n"}
CLIENT = """
import asyncio
from stix_shifter_utils.errors import AuthenticationError, SearchNotFoundError
from stix_shifter_utils.transmission import Page, Progress, SearchHandle, Status

class APIClient:
    def __init__(self, connection, configuration):
        self.connection, self.password = connection, configuration["auth"]["password"]
        self.loops = []

    async def ping_data_source(self):
        self.loops.append(asyncio.get_running_loop())
        if self.connection["host"] == "locked":
            raise AuthenticationError("login with " + self.password + " refused")

    async def create_search(self, query):
        await asyncio.sleep(0)
        if query == "boom":
            raise ZeroDivisionError
        return SearchHandle("s1")

    async def get_search_status(self, search_id, metadata=None):
        if search_id != "s1":
            raise SearchNotFoundError("no search " + str(search_id))
        return Progress(Status.RUNNING, 50, metadata)

    async def get_search_results(self, search_id, offset, length, metadata=None):
        rows = [{"n": n} for n in range(offset, offset + length)]
        return Page(rows, metadata={"next": offset + length, "was": metadata})

    async def delete_search(self, search_id):
        pass
"""
RESULTS = """
from stix_shifter_utils.connector import BaseResultTranslator

class ResultsTranslator(BaseResultTranslator):
    def translate_results(self, data_source, data):
        return {"type": "bundle", "objects": [data_source, *data]}
"""
FILES = {"stix_transmission/api_client.py": CLIENT, "stix_translation/results_translator.py": RESULTS}


@pytest.fixture
def name(make_connector: Any) -> str:
    made: str = make_connector(FILES, is_async=True)
    return made


@pytest.fixture
def source(name: str) -> StixTransmission:
    return StixTransmission(name, copy.deepcopy(CONNECTION), copy.deepcopy(CONFIGURATION))


def test_names_that_clients_import_are_there() -> None:
    for constant in ("RESULTS", "RESULTS_STIX", "QUERY", "DELETE", "STATUS", "PING", "IS_ASYNC"):
        assert getattr(stix_transmission, constant) == constant.lower()
    assert callable(stix_transmission.run_in_thread)


def test_every_call_answers_with_its_dictionary(source: StixTransmission) -> None:
    assert source.ping() == {"success": True}
    assert source.query("q") == {"success": True, "search_id": "s1"}
    assert source.status("s1") == {"success": True, "status": "RUNNING", "progress": 50}
    assert source.status("s1", {"shard": 2})["metadata"] == {"shard": 2}
    assert source.results("s1", 1, 2) == {
        "success": True,
        "data": [{"n": 1}, {"n": 2}],
        "metadata": {"next": 3, "was": None},
    }
    assert source.results("s1", "3", "1", {"next": 3})["metadata"] == {"next": 4, "was": {"next": 3}}
    assert source.delete("s1") == {"success": True}
    assert source.is_async() is True


def test_results_as_a_bundle(source: StixTransmission) -> None:
    answer = source.results_stix("s1", "0", "2", IDENTITY)
    assert answer["objects"] == [IDENTITY, {"n": 0}, {"n": 1}]
    assert answer["metadata"] == {"next": 2, "was": None}
    assert [step["action"] for step in answer["stats"]] == ["transmission", "translation"]


def test_awaited_and_nested_calls_answer_the_same(source: StixTransmission) -> None:
    async def both() -> list[Any]:
        return [await source.query_async("q"), source.query("q"), await source.ping_async(), source.ping()]

    assert asyncio.run(both()) == [{"success": True, "search_id": "s1"}] * 2 + [{"success": True}] * 2


def test_plain_calls_of_one_thread_share_an_event_loop(source: StixTransmission) -> None:
    source.ping()
    source.ping()
    entry_point: Any = source.entry_point
    first, second = vars(entry_point)["_BaseEntryPoint__ping_connector"].api_client.loops
    assert first is second


def error(answer: dict[str, Any], name: str, code: str, text: str) -> None:
    assert answer == {
        "success": False,
        "connector": name,
        "error": f"{name} connector error => {text}",
        "code": code,
    }


def test_errors_carry_code_and_connector_and_no_secret(name: str, source: StixTransmission) -> None:
    locked = StixTransmission(name, {**CONNECTION, "host": "locked"}, CONFIGURATION)
    error(locked.ping(), name, "authentication_fail", "login with *** refused")
    error(source.status("gone"), name, "no_results", "no search gone")
    error(source.query("boom"), name, "unknown", "ZeroDivisionError")


@pytest.mark.parametrize(("offset", "length"), [(-1, 5), (0, -5), ("x", 1), (0, None), (1.5, 1), (True, 1)])
def test_bad_offsets_and_lengths_are_invalid_parameters(
    source: StixTransmission, offset: Any, length: Any
) -> None:
    for answer in (source.results("s1", offset, length), source.results_stix("s1", offset, length, IDENTITY)):
        assert answer["code"] == "invalid_parameter"
        assert "must be a whole number of 0 or more" in answer["error"]


def test_callers_dictionaries_stay_as_they_are(name: str) -> None:
    connection, configuration = copy.deepcopy(CONNECTION), copy.deepcopy(CONFIGURATION)
    source = StixTransmission(name, connection, configuration)
    source.query("q")
    assert (connection, configuration) == (CONNECTION, CONFIGURATION)
    assert source.entry_point is not None
    assert source.entry_point.connection["port"] == 443


def all_calls(source: StixTransmission) -> list[dict[str, Any]]:
    return [
        source.ping(), source.query("q"), source.status("i"), source.results("i", 0, 1),
        source.results_stix("i", 0, 1, IDENTITY), source.delete("i"),
    ]  # fmt: skip


def test_an_unknown_connector_is_answered_by_every_call() -> None:
    source = StixTransmission("no_such_thing:dialect", {}, {})
    assert isinstance(source.init_error, UnsupportedDataSourceError)
    assert source.connector == "no_such_thing"
    for answer in all_calls(source):
        text = "unsupported datasource : no_such_thing is an unsupported data source."
        error(answer, "no_such_thing", "not_implemented", text)


def test_wrong_parameters_are_answered_by_every_call_without_their_values(name: str) -> None:
    source = StixTransmission(name, {"host": "h"}, {"auth": {"username": "u", "passwort": "hunter22"}})
    for answer in all_calls(source):
        assert answer["code"] == "invalid_parameter"
        assert "'missing_params': ['configuration.auth.password']" in answer["error"]
        assert "hunter22" not in str(answer)


SHAPES: list[Any] = [(None, {}), ({}, None), ([], {}), ("x", {}), ({"options": 7}, {})]


@pytest.mark.parametrize(("connection", "configuration"), SHAPES)
def test_parameters_of_the_wrong_shape_are_answered(name: str, connection: Any, configuration: Any) -> None:
    answer = StixTransmission(name, connection, configuration).ping()
    assert answer["code"] == "invalid_parameter"


def test_is_async_of_a_broken_source_raises_what_is_wrong(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"connection\.host"):
        StixTransmission(name, {}, CONFIGURATION).is_async()


def test_a_constructor_that_fails_is_answered_and_raised_as_one_of_our_errors(make_connector: Any) -> None:
    broken = make_connector({**FILES, "stix_transmission/api_client.py": "class APIClient:\n    pass\n"})
    source = StixTransmission(broken, CONNECTION, CONFIGURATION)
    assert source.ping()["code"] == "unknown"
    with pytest.raises(ConfigurationError, match=f"^{broken} cannot be started: "):
        source.is_async()


def test_a_suffix_chooses_the_maps_for_bundles_and_nothing_else(make_connector: Any) -> None:
    maps = {
        "stix_translation/json/a_to_stix_map.json": {"n": {"key": "x-a.n"}},
        "stix_translation/json/b_to_stix_map.json": {"n": {"key": "x-b.n"}},
    }
    name = make_connector({"stix_transmission/api_client.py": CLIENT, **maps}, default="a")
    source = StixTransmission(f"{name}:a", CONNECTION, CONFIGURATION)
    assert source.connector == name
    assert source.ping() == {"success": True}
    bundle = source.results_stix("s1", 0, 1, IDENTITY)
    assert bundle["objects"][1]["objects"]["0"]["type"] == "x-a"


def test_with_a_proxy_host_the_proxy_connector_does_the_work(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    options = {"proxy_host": "127.0.0.1", "proxy_port": port, "destination": {"connection": {"type": name}}}
    answer = StixTransmission(name, {"options": options}, {}).ping()
    assert (answer["connector"], answer["code"]) == (name, "service_unavailable")
    assert f"http://127.0.0.1:{port}/ping" in answer["error"]


def test_an_error_dictionary_of_a_connector_is_passed_on_masked(make_connector: Any) -> None:
    own = (
        "from stix_shifter_utils.connector import BasePingConnector\n"
        "class PingConnector(BasePingConnector):\n"
        "    def ping_connection(self):\n"
        "        return {'success': False, 'error': 'bad hunter22', 'code': 'own'}\n"
    )
    name = make_connector({**FILES, "stix_transmission/ping_connector.py": own})
    answer = StixTransmission(name, CONNECTION, CONFIGURATION).ping()
    assert answer == {"success": False, "error": "bad ***", "code": "own"}


def test_closing_works_as_a_context_manager_and_for_a_broken_source(name: str) -> None:
    with StixTransmission(name, CONNECTION, CONFIGURATION) as source:
        assert source.ping() == {"success": True}
    StixTransmission("no_such_thing", {}, {}).close()


def test_the_object_is_not_shown_with_its_secrets(source: StixTransmission) -> None:
    assert "hunter22" not in repr(source)
    assert "hunter22" not in repr(source.entry_point)
