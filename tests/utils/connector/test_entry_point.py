"""The entry point: parameters, dialects, translators, roles, and what clients reach into."""

import asyncio
import copy
import importlib
from collections.abc import Coroutine
from typing import Any

import pytest

from stix_shifter_utils.connector import (
    BaseConnector,
    BaseEntryPoint,
    BaseQueryConnector,
    BaseQueryTranslator,
    EmptyQueryTranslator,
    EntryPointBase,
    JSONToStix,
    NativeQueryTranslator,
    load_entry_point,
)
from stix_shifter_utils.errors import (
    ConfigurationError,
    InvalidParameterError,
    NotImplementedModeError,
    UnsupportedDialectError,
)

CONNECTION = {"host": "h.example"}
CONFIGURATION = {"auth": {"username": "u", "password": "secret1"}}
CLIENT = """
class APIClient:
    def __init__(self, connection, configuration):
        self.connection, self.configuration = connection, configuration
        self.closed = 0

    async def ping_data_source(self):
        pass

    async def get_search_results(self, search_id, offset, length):
        from stix_shifter_utils.transmission import Page
        return Page([{"id": search_id, "offset": offset, "length": length}])

    async def close(self):
        self.closed += 1
"""
FILES = {"stix_transmission/api_client.py": CLIENT}
MAPS = {
    "stix_translation/json/flows_from_stix_map.json": {"ipv4-addr": {"fields": {"value": ["src"]}}},
    "stix_translation/json/flows_to_stix_map.json": {
        "src": {"key": "ipv4-addr.value"},
        "x": {"key": "x-a.b"},
    },
    "stix_translation/json/events_from_stix_map.json": {"file": {"fields": {"name": ["f"]}}},
    "stix_translation/json/events_to_stix_map.json": {"f": {"key": "file.name"}, "x": {"key": "x-a.c"}},
    "stix_translation/json/stix_2_1/events_to_stix_map.json": {},
}


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def started(name: str, **options: Any) -> Any:
    return load_entry_point(name)({**CONNECTION, "options": options}, copy.deepcopy(CONFIGURATION), {})


def test_the_two_names_are_one_class() -> None:
    assert EntryPointBase is BaseEntryPoint


def test_parameters_are_checked_copies_and_the_callers_stay_as_they_are(make_connector: Any) -> None:
    connection, configuration, options = {"host": "h"}, copy.deepcopy(CONFIGURATION), {"x": 1}
    entry_point = load_entry_point(make_connector(FILES))(connection, configuration, options)
    assert (connection, configuration, options) == ({"host": "h"}, CONFIGURATION, {"x": 1})
    assert entry_point.connection["port"] == 443
    assert entry_point.options["timeout"] == 30
    assert entry_point.options is entry_point.connection["options"]


def test_wrong_parameters_are_refused(make_connector: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"missing_params.*configuration\.auth\.username"):
        load_entry_point(make_connector(FILES))({"host": "h"}, {"auth": {"password": "p"}}, {})


def test_the_api_client_gets_the_completed_parameters(make_connector: Any) -> None:
    client = (
        started(make_connector(FILES)).transmission().__dict__["_BaseEntryPoint__ping_connector"].api_client
    )
    assert client.connection["port"] == 443
    assert client.configuration == CONFIGURATION


def test_the_name_never_depends_on_the_call_stack(make_connector: Any) -> None:
    name = make_connector(FILES)
    wrapper: Any = type("Wrapper", (load_entry_point(name),), {})

    def start(self: Any) -> None:
        wrapper.__init__(self, dict(CONNECTION), copy.deepcopy(CONFIGURATION))

    wrapped: Any = type("Wrapped", (wrapper,), {"__init__": start})
    assert wrapped().module == name
    assert run(wrapped().ping_connection()) == {"success": True}


def test_an_entry_point_outside_of_any_connector_is_refused_by_name() -> None:
    with pytest.raises(Exception, match="BaseEntryPoint belongs to no connector"):
        BaseEntryPoint()


def test_dialects_come_from_mapping_files(make_connector: Any) -> None:
    entry_point: Any = load_entry_point(make_connector(MAPS, default="events"))()
    assert entry_point.get_dialects() == ["events", "flows"]
    assert entry_point.get_dialects_full() == {
        "events": {"language": "stix", "default": True},
        "flows": {"language": "stix", "default": True},
    }
    assert entry_point.get_query_translator().dialect == "events"
    assert entry_point.get_query_translator("flows").map_field("ipv4-addr", "value") == ["src"]


def test_the_option_dialects_limits_them(make_connector: Any) -> None:
    name = make_connector(MAPS, default="events")
    entry_point = load_entry_point(name)(options={"dialects": ["flows"]})
    assert entry_point.get_dialects() == ["flows"]
    assert entry_point.get_query_translator().dialect == "flows"
    with pytest.raises(UnsupportedDialectError, match=r"^events$"):
        entry_point.get_query_translator("events")


def test_a_connector_without_mapping_files_has_one_dialect(make_connector: Any) -> None:
    assert load_entry_point(make_connector())().get_dialects() == ["default"]


def test_mapping_files_are_returned_by_stem_without_those_of_stix_2_1(make_connector: Any) -> None:
    entry_point = load_entry_point(make_connector(MAPS))()
    mapping = entry_point.get_mapping()
    assert set(mapping) == {
        "flows_from_stix_map",
        "flows_to_stix_map",
        "events_from_stix_map",
        "events_to_stix_map",
    }
    mapping["flows_from_stix_map"].clear()
    assert entry_point.get_mapping()["flows_from_stix_map"]
    assert load_entry_point(make_connector())().get_mapping() == {}


def test_maps_of_several_dialects_are_merged_the_later_ones_winning(make_connector: Any) -> None:
    entry_point = load_entry_point(make_connector(MAPS, default="events"))()
    assert entry_point.get_results_translator().mapping() == {
        "f": {"key": "file.name"},
        "x": {"key": "x-a.b"},
        "src": {"key": "ipv4-addr.value"},
    }
    assert entry_point.get_results_translator(["flows", "events"]).mapping()["x"] == {"key": "x-a.c"}
    assert entry_point.get_results_translator("flows").mapping()["x"] == {"key": "x-a.b"}
    assert set(entry_point.get_results_translator(["flows"]).map_data) == {"src", "x"}


def test_merged_maps_are_the_same_object_as_long_as_the_files_are_the_same(make_connector: Any) -> None:
    name = make_connector(MAPS, default="events")
    first, second = (load_entry_point(name)().get_results_translator().mapping() for _ in range(2))
    assert first is second


def test_a_translators_own_map_counts_in_the_merge(make_connector: Any) -> None:
    entry_point = load_entry_point(make_connector(MAPS, default="events"))()
    entry_point.get_results_translator("flows").map_data = {"own": {"key": "x-own.x"}}
    assert set(entry_point.get_results_translator().mapping()) == {"f", "x", "own"}


def test_a_translators_map_is_its_own_copy(make_connector: Any) -> None:
    name = make_connector(MAPS, default="events")
    translator = load_entry_point(name)().get_query_translator("flows")
    translator.map_data.clear()
    assert load_entry_point(name)().get_query_translator("flows").map_data


def test_a_missing_map_is_an_error_and_no_empty_result(make_connector: Any) -> None:
    only_from = {"stix_translation/json/from_stix_map.json": {"file": {"fields": {"name": ["f"]}}}}
    entry_point = load_entry_point(make_connector(only_from))()
    answer = run(entry_point.translate_results({"id": "identity--1", "name": "n", "type": "identity"}, []))
    assert answer["code"] == "mapping_error"
    assert "to_stix_map.json" in answer["error"]


def test_a_hidden_dialect_is_there_when_asked_for(make_connector: Any) -> None:
    entry_point = load_entry_point(make_connector(MAPS, default="events"))()
    entry_point.add_dialect(
        "native", Native({}, "native"), JSONToStix({}, "native"), default=True, default_include=False
    )
    assert "native" not in entry_point.get_dialects()
    assert "native" in entry_point.get_dialects(include_hidden=True)
    assert entry_point.get_dialects_full()["native"] == {"language": "sql", "default": False}
    entry_point.options["language"] = "sql"
    assert entry_point.get_query_translator().dialect == "native"


def test_a_second_name_of_the_same_files_takes_part_when_it_is_asked_for(make_connector: Any) -> None:
    def named(*asked: str) -> Any:
        entry_point = load_entry_point(make_connector(MAPS, default="nothing"))(options={"dialects": asked})
        entry_point.setup_translation_simple("events", by_name_only=("beats",))
        return entry_point

    plain, asked, wrong = named(), named("beats"), named("nobody")
    assert plain.get_dialects() == wrong.get_dialects() == ["events", "flows"]
    assert plain.get_dialects(include_hidden=True) == ["events", "flows", "beats"]
    assert plain.get_query_translator().dialect == "events"
    assert asked.get_dialects() == ["events", "flows", "beats"]
    assert asked.get_query_translator().dialect == "beats"


def test_a_native_dialect_sends_queries_as_they_stand_under_its_own_language(make_connector: Any) -> None:
    entry_point = load_entry_point(make_connector(MAPS, default="events"))(options={"language": "aql"})
    entry_point.add_dialect("aql", NativeQueryTranslator({}, "aql"), default=True)
    assert entry_point.get_query_translator().dialect == "aql"
    assert run(entry_point.transform_query("aql", "SELECT 1")) == {"queries": ["SELECT 1"]}


class Native(EmptyQueryTranslator):
    def get_language(self) -> str:
        return "sql"


@pytest.mark.parametrize("translators", [{"query_translator": object()}, {"results_translator": object()}])
def test_translators_of_the_wrong_kind_are_refused(make_connector: Any, translators: Any) -> None:
    with pytest.raises(NotImplementedModeError, match="must be a Base"):
        load_entry_point(make_connector())().add_dialect("d", **translators)


def test_a_connector_without_any_default_dialect_says_so(make_connector: Any) -> None:
    entry_point = load_entry_point(make_connector(MAPS, default="nothing"))()
    with pytest.raises(ConfigurationError, match=r"^EntryPoint: default dialect is not configured$"):
        entry_point.get_query_translator()


def test_missing_files_mean_the_base_classes(make_connector: Any) -> None:
    entry_point = started(make_connector(FILES))
    assert run(entry_point.ping_connection()) == {"success": True}
    assert run(entry_point.create_query_connection("q")) == {"success": True, "search_id": "q"}
    assert run(entry_point.create_status_connection("q"))["progress"] == 100
    assert run(entry_point.create_results_connection("q", "2", "5"))["data"] == [
        {"id": "q", "offset": 2, "length": 5}
    ]
    assert run(entry_point.delete_query_connection("q")) == {"success": True}
    assert isinstance(entry_point.get_query_translator(), BaseQueryTranslator)
    assert isinstance(entry_point.get_results_translator(), JSONToStix)


def test_negative_offsets_never_reach_the_connector(make_connector: Any) -> None:
    with pytest.raises(InvalidParameterError):
        run(started(make_connector(FILES)).create_results_connection("q", -1, 5))


def test_a_role_file_overrides_the_base_class(make_connector: Any) -> None:
    own = (
        "from stix_shifter_utils.connector import BaseQueryConnector\n"
        "class QueryConnector(BaseQueryConnector):\n"
        "    def create_query_connection(self, query):\n"
        "        return {'success': True, 'search_id': 'own ' + query}\n"
    )
    entry_point = started(make_connector({**FILES, "stix_transmission/query_connector.py": own}))
    assert run(entry_point.create_query_connection("q")) == {"success": True, "search_id": "own q"}


def test_one_class_may_play_all_roles(make_connector: Any) -> None:
    single = (
        "from stix_shifter_utils.connector import BaseSyncConnector\n"
        "class Connector(BaseSyncConnector):\n"
        "    def __init__(self, connection, configuration): self.port = connection['port']\n"
        "    def ping_connection(self): return {'success': True}\n"
        "    async def create_results_connection(self, search_id, offset, length):\n"
        "        return {'success': True, 'data': [{'port': self.port}]}\n"
    )
    name = make_connector({"stix_transmission/connector.py": single}, transmission="basic")
    entry_point = started(name)
    assert run(entry_point.ping_connection()) == {"success": True}
    assert run(entry_point.create_results_connection("q", 0, 1, {"any": "metadata"}))["data"] == [
        {"port": 443}
    ]


def test_without_roles_transmission_says_so(make_connector: Any) -> None:
    entry_point = load_entry_point(make_connector())()
    with pytest.raises(
        ConfigurationError, match=r"^EntryPoint: one of transmission connectors is not configured$"
    ):
        run(entry_point.ping_connection())


def test_a_connector_without_a_client_says_which_file_is_missing(make_connector: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"neither stix_transmission/api_client\.py nor api\.json"):
        started(make_connector())


def test_a_client_of_another_name_is_told_from_a_missing_file(make_connector: Any) -> None:
    name = make_connector({"stix_transmission/api_client.py": "class ApiClient: ...\n"})
    with pytest.raises(ConfigurationError, match=r"no class APIClient in stix_transmission/api_client\.py"):
        started(name)


def test_role_objects_of_the_wrong_kind_are_refused_and_classes_are_made_into_objects(
    make_connector: Any,
) -> None:
    entry_point = load_entry_point(make_connector())()
    with pytest.raises(
        ConfigurationError, match="the query connector must be a BaseQueryConnector or BaseConnector"
    ):
        entry_point.set_query_connector(object())
    entry_point.set_query_connector(BaseQueryConnector)
    entry_point.set_status_connector(BaseConnector())
    assert run(entry_point.create_query_connection("q"))["search_id"] == "q"


def test_the_async_flag_is_plain_and_true_at_first(make_connector: Any) -> None:
    assert load_entry_point(make_connector(is_async=True))().is_async() is True
    assert load_entry_point(make_connector(is_async=False))().is_async() is False


def test_clients_reach_role_objects_through_transmission(make_connector: Any) -> None:
    entry_point = started(make_connector(FILES))
    function = entry_point.transmission()
    found = [
        name for name in dir(function) if name.startswith("_BaseEntryPoint__") and name.endswith("_connector")
    ]
    assert sorted(found) == [
        f"_BaseEntryPoint__{role}_connector" for role in ("delete", "ping", "query", "results", "status")
    ]
    assert getattr(function, found[0]).api_client is getattr(function, found[1]).api_client
    assert function() is entry_point


def test_closing_closes_a_shared_client_once(make_connector: Any) -> None:
    entry_point = started(make_connector(FILES))
    client = vars(entry_point)["_BaseEntryPoint__ping_connector"].api_client
    run(entry_point.close())
    assert client.closed == 1


def test_an_error_while_translating_rows_is_a_dictionary_with_the_connectors_name(
    make_connector: Any,
) -> None:
    own = (
        "from stix_shifter_utils.connector import JSONToStix\n"
        "class ResultsTranslator(JSONToStix):\n"
        "    async def translate_results(self, data_source, data):\n"
        "        raise ValueError('broken row')\n"
    )
    name = make_connector({"stix_translation/results_translator.py": own})
    answer = run(load_entry_point(name)().translate_results({}, []))
    assert answer["connector"] == name
    assert "broken row" in answer["error"]


def test_a_missing_package_is_named_with_how_to_install_it(make_connector: Any) -> None:
    name = make_connector(
        {"entry_point.py": "import nowhere_to_be_found.inner\n", "requirements.txt": "nowhere"}
    )
    with pytest.raises(
        ImportError,
        match=rf"needs the Python package nowhere_to_be_found.*pip install 'stix-shifter\[{name}\]'",
    ):
        load_entry_point(name)
    bare = make_connector({"entry_point.py": "import nowhere_to_be_found\n"})
    with pytest.raises(ImportError, match=r"install it with: pip install nowhere_to_be_found$"):
        load_entry_point(bare)


def test_a_missing_file_of_the_connectors_own_is_told_apart(make_connector: Any) -> None:
    name = make_connector()
    broken = make_connector({"entry_point.py": f"import stix_shifter_modules.{name}.nothing\n"})
    with pytest.raises(ImportError, match=rf"there is no module stix_shifter_modules\.{name}\.nothing"):
        load_entry_point(broken)


def test_a_file_without_an_entry_point_is_named(make_connector: Any) -> None:
    with pytest.raises(ImportError, match=r"entry_point\.py has no class EntryPoint"):
        load_entry_point(make_connector({"entry_point.py": "x = 1\n"}))


def test_the_module_can_be_imported_by_its_classic_path(make_connector: Any) -> None:
    name = make_connector()
    module = importlib.import_module(f"stix_shifter_modules.{name}.entry_point")
    assert module.EntryPoint is load_entry_point(name)
