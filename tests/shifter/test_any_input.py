"""Whatever the Python API is handed, it answers a JSON-ready dictionary and changes nothing."""

import copy
import json
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stix_shifter.stix_translation.stix_translation import StixTranslation
from stix_shifter.stix_transmission.stix_transmission import StixTransmission

TRANSLATOR = (
    "from stix_shifter_utils.connector import BaseQueryTranslator\n"
    "from stix_shifter_utils.query import SqliteCompiler\n"
    "class QueryTranslator(BaseQueryTranslator):\n"
    "    compiler = SqliteCompiler\n"
)
CLIENT = (
    "from stix_shifter_utils.transmission import Page\n"
    "class APIClient:\n"
    "    def __init__(self, connection, configuration): pass\n"
    "    async def ping_data_source(self): pass\n"
    "    async def get_search_results(self, search_id, offset, length): return Page([{'src': '192.0.2.1'}])\n"
)
FILES = {
    "stix_translation/query_translator.py": TRANSLATOR,
    "stix_translation/json/to_stix_map.json": {"src": {"key": "ipv4-addr.value", "object": "src"}},
    "stix_translation/json/fields.json": {
        "table": "t",
        "time": "ts",
        "fields": {"src": "text", "ts": "timestamp_text"},
    },
    "stix_transmission/api_client.py": CLIENT,
}
ALL_TYPES = ["query", "parse", "results", "mapping", "supported_attributes", "configs", "dialects"]
NAMES = [
    "result_limit",
    "time_range",
    "dialects",
    "language",
    "mapping",
    "stix_2.1",
    "validate_pattern",
    "case",
    "x",
]
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\ud800'\x00")
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
options = st.dictionaries(st.sampled_from(NAMES), values, max_size=3) | values
patterns = (
    st.sampled_from(["[ipv4-addr:value = '192.0.2.1']", "[a:b = 1", "", "[ipv4-addr:value IN ('\\'', 2)]"])
    | values
)


@pytest.fixture
def name(make_connector: Any) -> str:
    made: str = make_connector(FILES)
    return made


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(ALL_TYPES), source=values, data=patterns, given_options=options)
def test_translation_answers_anything_and_changes_nothing(
    name: str, kind: str, source: Any, data: Any, given_options: Any
) -> None:
    before = copy.deepcopy((source, data, given_options))
    answer = StixTranslation().translate(name, kind, source, data, given_options)
    assert isinstance(answer, dict)
    assert set(answer) >= {"error", "code"} or answer.get("success") is not False
    json.dumps(answer, default=None)
    assert repr((source, data, given_options)) == repr(before)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(connection=values, configuration=values, search=values, offset=values, length=values)
def test_transmission_answers_anything_and_changes_nothing(
    name: str, connection: Any, configuration: Any, search: Any, offset: Any, length: Any
) -> None:
    before = repr((connection, configuration, search))
    good = ({"host": "h"}, {"auth": {"username": "u", "password": "password1"}})
    for source in (StixTransmission(name, connection, configuration), StixTransmission(name, *good)):
        for answer in (
            source.ping(),
            source.query(search),
            source.results(search, offset, length),
            source.delete(search),
        ):
            assert answer["success"] in (True, False)
            assert answer["success"] or (answer["code"] and answer["connector"] == name)
    assert repr((connection, configuration, search)) == before


def test_many_threads_translate_at_once(name: str) -> None:
    identity = {"id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "n"}
    found: list[tuple[int, Any, Any]] = []

    def work(number: int) -> None:
        translation, address = StixTranslation(), f"192.0.2.{number}"
        for _ in range(10):
            query = translation.translate(name, "query", {}, f"[ipv4-addr:value = '{address}']")
            bundle = translation.translate(
                name, "results", identity, [{"src": address}], {"stix_2.1": number % 2 == 0}
            )
            found.append((number, query["queries"][0], bundle))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    for number, query, bundle in found:
        assert f"192.0.2.{number}'" in query
        assert f'"192.0.2.{number}"' in json.dumps(bundle)
        assert ("spec_version" in bundle["objects"][1]) is (number % 2 == 0)
