"""The Python API of translation: classic dictionaries for good input and bad, for every translate type."""

import asyncio
import copy
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from stix_shifter.stix_translation import stix_translation
from stix_shifter.stix_translation.stix_translation import MAPPING_ERROR, StixTranslation

IDENTITY = {"type": "identity", "id": "identity--1", "name": "n"}
PATTERN = "[ipv4-addr:value = '192.0.2.1']"
# Answers by dialect: what a connector's own translator says, whatever the pattern.
OWN_TRANSLATOR = """
from stix_shifter_utils.connector import EmptyQueryTranslator
from stix_shifter_utils.errors import UnsupportedComparatorError

class QueryTranslator(EmptyQueryTranslator):
    def get_language(self):
        return "sql" if self.dialect == "native" else "stix"

    def transform_query(self, data):
        if self.dialect == "broken":
            raise UnsupportedComparatorError("LIKE", "a:b", "broken")
        if self.dialect == "unmapped":
            return {"queries": [], "unmapped_attributes": ["x:y", "x:y"], "unmapped_operator": ["IsSuperSet"]}
        if self.dialect == "partly":
            return {"queries": "partly " + data, "unmapped_attributes": ["x:z"], "unmapped_operator": []}
        if self.dialect == "remote":
            return {"async_call": True, "id": 7}
        return {"queries": [self.dialect + " " + data, {"limit": self.options["result_limit"]}]}
"""
RESULTS = """
from stix_shifter_utils.connector import BaseResultTranslator

class ResultsTranslator(BaseResultTranslator):
    def translate_results(self, data_source, data):
        if data == "fail":
            raise KeyError("id")
        return {"type": "bundle", "objects": [data_source, *data], "dialects": self.options["dialects"]}
"""


def with_dialects(*names: str) -> dict[str, Any]:
    maps = {
        f"stix_translation/json/{name}_from_stix_map.json": {"a": {"fields": {"b": ["c"]}}} for name in names
    }
    own = {
        "stix_translation/query_translator.py": OWN_TRANSLATOR,
        "stix_translation/results_translator.py": RESULTS,
    }
    return {**maps, **own}


def translate(
    name: str, kind: str = "query", data: Any = "p", options: Any = None, source: Any = None
) -> Any:
    return StixTranslation().translate(name, kind, source, data, options)


def test_names_that_clients_import_are_there() -> None:
    assert (stix_translation.RESULTS, stix_translation.QUERY, stix_translation.PARSE) == (
        "results",
        "query",
        "parse",
    )
    assert (stix_translation.MAPPING, stix_translation.CONFIGS) == ("mapping", "configs")
    assert (stix_translation.DIALECTS, stix_translation.SUPPORTED_ATTRIBUTES) == (
        "dialects",
        "supported_attributes",
    )
    assert stix_translation.DEFAULT_DIALECT == "default"
    assert stix_translation.ATTRIBUTE_MAPPING_ERROR == MAPPING_ERROR
    assert stix_translation.OPERATOR_MAPPING_ERROR == "Unable to map the following STIX Operators:"
    assert StixTranslation().args == []


def test_the_queries_of_all_dialects_stand_in_their_order(make_connector: Any) -> None:
    name = make_connector(with_dialects("b", "a"), default="a")
    assert translate(name) == {"queries": ["a p", {"limit": 10000}, "b p", {"limit": 10000}]}


def test_dialects_are_chosen_by_suffix_and_by_option_the_suffix_first(make_connector: Any) -> None:
    name = make_connector(with_dialects("a", "b", "c"), default="a")
    limit = {"limit": 10000}
    assert translate(f"{name}:b") == {"queries": ["b p", limit]}
    assert translate(name, options={"dialects": ["c", "a"]}) == {"queries": ["c p", limit, "a p", limit]}
    assert translate(f"{name}:b", options={"dialects": ["a", "b"]}) == {
        "queries": ["b p", limit, "a p", limit]
    }


def test_a_native_dialect_is_asked_only_by_language_or_name(make_connector: Any) -> None:
    name = make_connector(with_dialects("a", "native"), default="a")
    limit = {"limit": 10000}
    assert translate(name) == {"queries": ["a p", limit]}
    assert translate(name, options={"language": "sql"}) == {"queries": ["native p", limit]}
    assert translate(f"{name}:native") == {"queries": ["native p", limit]}
    assert translate(f"{name}:native:a", options={"language": "stix"}) == {"queries": ["a p", limit]}


def error(answer: dict[str, Any], name: str, code: str, text: str) -> None:
    assert answer == {
        "success": False,
        "connector": name,
        "error": f"{name} connector error => {text}",
        "code": code,
    }


def test_unknown_dialects_and_languages_are_invalid_parameters(make_connector: Any) -> None:
    name = make_connector(with_dialects("a", "native"), default="a")
    error(translate(f"{name}:x"), name, "invalid_parameter", "unknown dialect : x")
    error(translate(name, options={"dialects": ["x"]}), name, "invalid_parameter", "unknown dialect : x")
    error(translate(name, options={"language": "x"}), name, "invalid_parameter", "unsupported language : x")
    answer = translate(f"{name}:native", options={"language": "stix"})
    error(answer, name, "invalid_parameter", "unsupported language : stix")


def test_one_dialects_failure_neither_hides_nor_is_hidden_by_the_queries_of_another(
    make_connector: Any,
) -> None:
    name = make_connector(with_dialects("a", "broken", "partly"), default="a")
    answer = translate(name)
    assert answer["queries"] == ["a p", {"limit": 10000}, "partly p"]
    assert answer["code"] == "not_implemented"
    assert "broken cannot compare a:b by LIKE" in answer["error"]
    assert set(answer["errors"]) == {"broken"}
    assert answer["unmapped_attributes"] == {"partly": ["x:z"]}


def test_an_unmapped_dialect_is_no_error_beside_one_that_has_queries(make_connector: Any) -> None:
    name = make_connector(with_dialects("a", "unmapped"), default="a")
    assert translate(name) == {
        "queries": ["a p", {"limit": 10000}],
        "unmapped_attributes": {"unmapped": ["x:y"]},
        "unmapped_operators": {"unmapped": ["IsSuperSet"]},
    }


def test_nothing_to_ask_is_a_mapping_error_in_the_known_words(make_connector: Any) -> None:
    name = make_connector(with_dialects("unmapped"), default="unmapped")
    error(
        translate(name),
        name,
        "mapping_error",
        f"data mapping error : {MAPPING_ERROR} ['x:y'] and Operators: [IsSuperSet] to data source fields",
    )


def test_a_failure_of_every_dialect_is_one_error(make_connector: Any) -> None:
    name = make_connector(with_dialects("broken"), default="broken")
    answer = translate(name)
    assert answer["success"] is False
    assert answer["code"] == "not_implemented"
    assert answer["error"].count("broken cannot compare") == 1


def test_an_answer_with_async_call_is_passed_on_whole(make_connector: Any) -> None:
    name = make_connector(with_dialects("remote"), default="remote")
    assert translate(name) == {"queries": [{"async_call": True, "id": 7}]}


ASYNC_TRANSLATOR = """
import asyncio
from stix_shifter_utils.connector import EmptyQueryTranslator

class QueryTranslator(EmptyQueryTranslator):
    async def transform_query(self, data):
        await asyncio.sleep(0)
        return {"queries": [data]}

    async def parse_query(self, data):
        await asyncio.sleep(0)
        return {"parsed_stix": data}
"""


def test_an_async_translator_works_plain_awaited_and_inside_a_running_loop(make_connector: Any) -> None:
    name = make_connector({"stix_translation/query_translator.py": ASYNC_TRANSLATOR})

    async def both() -> list[Any]:
        awaited = await StixTranslation().translate_async(name, "query", None, "p")
        return [awaited, translate(name)]

    assert translate(name) == {"queries": ["p"]}
    assert translate(name, "parse") == {"parsed_stix": "p"}
    assert asyncio.run(both()) == [{"queries": ["p"]}] * 2


def test_an_entry_point_that_overrides_a_method_is_asked(make_connector: Any) -> None:
    own = (
        "import asyncio\n"
        "from stix_shifter_utils.connector import BaseEntryPoint\n"
        "class EntryPoint(BaseEntryPoint):\n"
        "    def __init__(self, connection={}, configuration={}, options={}):\n"
        "        super().__init__(connection, configuration, options)\n"
        "        self.setup_translation_simple(dialect_default='default')\n"
        "    async def transform_query(self, dialect, data):\n"
        "        await asyncio.sleep(0)\n"
        "        return {'queries': ['remote ' + data]}\n"
    )
    plain = {"stix_translation/query_translator.py": ASYNC_TRANSLATOR}
    assert translate(make_connector({"entry_point.py": own, **plain})) == {"queries": ["remote p"]}


def test_callers_options_are_never_changed_nor_shared(make_connector: Any) -> None:
    name = make_connector(with_dialects("a"), default="a")
    options = {"result_limit": 5, "mapping": {"x": {}}}
    before = copy.deepcopy(options)
    assert translate(name, options=options)["queries"][1] == {"limit": 5}
    assert options == before
    assert translate(name)["queries"][1] == {"limit": 10000}


def test_the_recursion_limit_stays_as_it_is(make_connector: Any) -> None:
    before = sys.getrecursionlimit()
    name = make_connector(with_dialects("a"), default="a")
    StixTranslation().translate(name, "query", None, "p", {}, 123456)
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize(
    "kind", ["query", "parse", "results", "mapping", "supported_attributes", "dialects", "configs"]
)
def test_an_unknown_connector_is_an_unsupported_data_source(kind: str) -> None:
    text = "unsupported datasource : no_such_thing is an unsupported data source."
    error(translate("no_such_thing", kind), "no_such_thing", "not_implemented", text)


@pytest.mark.parametrize("kind", [None, "", "Query", 7, ["query"], {"a": 1}])
def test_an_unknown_translate_type_is_not_implemented(make_connector: Any, kind: Any) -> None:
    name = make_connector()
    error(translate(name, kind), name, "not_implemented", f"wrong parameter : wrong parameter: {kind}")


@pytest.mark.parametrize(
    "options", [[], "x", 7, {"dialects": "a"}, {"dialects": [1]}, {"frob": 1}, {"timeout": "x"}]
)
def test_bad_options_are_an_error_that_names_them(make_connector: Any, options: Any) -> None:
    answer = translate(make_connector(with_dialects("a"), default="a"), options=options)
    assert answer["success"] is False
    assert answer["code"] == "invalid_parameter"
    assert any(word in answer["error"] for word in ("options", "dialects", "frob", "timeout"))


@pytest.mark.parametrize("module", [None, 7, "", ":", "a:b", "../x", ["mysql"], "\ud800"])
def test_bad_module_names_never_raise(module: Any) -> None:
    answer = translate(module)
    assert answer["success"] is False
    assert answer["code"] == "not_implemented"


@pytest.mark.parametrize(
    "pattern", [None, 7, "", "[", "garbage", "[a:b = 1", {}, b"[a:b = 1]", "[a:b = '\ud800']x"]
)
def test_bad_patterns_never_raise(make_connector: Any, pattern: Any) -> None:
    answer = translate(make_connector(), "parse", pattern)
    assert answer["success"] is False
    assert answer["code"] in ("translation_error", "invalid_parameter")
    assert "connector error => " in answer["error"]


def test_a_syntax_error_names_its_place(make_connector: Any) -> None:
    answer = translate(make_connector(), "parse", "[a:b = 1 and a:c = 2]")
    assert "line 1:9" in answer["error"]


def test_a_validated_pattern_is_refused_in_the_validators_words(make_connector: Any) -> None:
    answer = translate(make_connector(), "parse", "[a:b == ]", {"validate_pattern": True})
    assert answer["code"] == "invalid_parameter"
    assert "stix validation error : The STIX pattern has the following errors: [" in answer["error"]


def test_the_text_false_does_not_switch_validation_on(make_connector: Any) -> None:
    answer = translate(make_connector(), "parse", PATTERN, {"validate_pattern": "false"})
    assert answer["parsed_stix"][0]["value"] == "192.0.2.1"


def test_rows_go_to_the_connectors_translator_with_the_asked_dialects(make_connector: Any) -> None:
    name = make_connector(with_dialects("a", "b"), default="a")
    answer = translate(f"{name}:a", "results", [{"r": 1}], {}, IDENTITY)
    assert answer == {"type": "bundle", "objects": [IDENTITY, {"r": 1}], "dialects": ["a"]}


def test_a_failure_with_rows_carries_the_connector_like_all_others(make_connector: Any) -> None:
    name = make_connector(with_dialects("a"), default="a")
    answer = translate(name, "results", "fail", {}, IDENTITY)
    error(answer, name, "translation_error", "STIX translation error: KeyError: 'id'")


def test_mapping_and_dialects_need_no_required_options(make_connector: Any) -> None:
    config = {"connection": {"options": {"table": {"type": "text"}}}, "configuration": {}}
    name = make_connector({"configuration/config.json": config, **with_dialects("a")}, default="a")
    assert "missing_params': ['table']" in translate(name)["error"]
    assert translate(name, "mapping") == {"a_from_stix_map": {"a": {"fields": {"b": ["c"]}}}}
    assert translate(name, "dialects") == {"a": {"language": "stix", "default": True}}
    assert translate(name, "supported_attributes", None) == {"supported_attributes": {"a": {}}}


def test_supported_attributes_are_the_from_stix_map_and_null_for_a_native_language(
    make_connector: Any,
) -> None:
    native = (
        "from stix_shifter_utils.connector import BaseQueryTranslator\n"
        "class QueryTranslator(BaseQueryTranslator):\n"
        "    def get_language(self): return 'sql' if self.dialect == 'native' else 'stix'\n"
    )
    files = {**with_dialects("a", "native"), "stix_translation/query_translator.py": native}
    assert translate(make_connector(files, default="a"), "supported_attributes") == {
        "supported_attributes": {"a": {"a": {"fields": {"b": ["c"]}}}, "native": None}
    }


def test_supported_attributes_are_derived_where_there_is_no_from_stix_map(make_connector: Any) -> None:
    to_stix = {
        "src": {"key": "ipv4-addr.value", "object": "src"},
        "name": {"key": "file.name", "object": "file"},
    }
    name = make_connector({"stix_translation/json/to_stix_map.json": to_stix})
    assert translate(name, "supported_attributes")["supported_attributes"]["default"] == {
        "ipv4-addr": {"fields": {"value": ["src"]}},
        "file": {"fields": {"name": ["name"]}},
    }


def test_configs_are_answered_even_when_the_connector_cannot_be_imported(make_connector: Any) -> None:
    name = make_connector({"entry_point.py": "import nowhere_to_be_found\n"})
    assert translate(name, "configs")["connection"]["options"]["timeout"]["default"] == 30
    answer = translate(name, "dialects")
    assert answer["code"] == "not_implemented"
    assert "needs the Python package nowhere_to_be_found" in answer["error"]


def test_configs_are_a_copy_and_merged_the_connector_winning(make_connector: Any) -> None:
    own = {"connection": {"options": {"timeout": {"type": "number", "default": 99}}}, "configuration": {}}
    name = make_connector({"configuration/config.json": own})
    translate(name, "configs")["connection"].clear()
    assert translate(name, "configs")["connection"]["options"]["timeout"]["default"] == 99


def parse(make_connector: Any, pattern: str, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = translate(make_connector(), "parse", pattern, options)
    return answer


def test_parse_lists_comparisons_observations_in_text_order_each_from_last_to_first(
    make_connector: Any,
) -> None:
    answer = parse(make_connector, "[a:b = 1 AND a:c != 'x'] OR [a:d NOT IN ('p', 2, true) OR a:e LIKE '%']")
    assert answer["parsed_stix"] == [
        {"attribute": "a:c", "comparison_operator": "!=", "value": "x"},
        {"attribute": "a:b", "comparison_operator": "=", "value": 1},
        {"attribute": "a:e", "comparison_operator": "LIKE", "value": "%"},
        {"attribute": "a:d", "comparison_operator": "NOT IN", "value": ["p", "2", "true"]},
    ]


def test_parse_gives_values_as_json(make_connector: Any) -> None:
    text = "[a:b = t'2020-01-01T00:00:00Z' OR a:c = h'0a' OR a:d = b'QUI=' OR EXISTS a:e OR a:f = 1.5]"
    answer = parse(make_connector, text)
    assert [item["value"] for item in answer["parsed_stix"]] == [
        1.5,
        None,
        "b'QUI='",
        "h'0a'",
        "2020-01-01T00:00:00Z",
    ]
    assert answer["parsed_stix"][1]["comparison_operator"] == "EXISTS"


@pytest.mark.parametrize("fraction", ["", ".0", ".123", ".123456789"])
def test_parse_spans_all_windows_in_epoch_milliseconds(make_connector: Any, fraction: str) -> None:
    answer = parse(
        make_connector,
        f"[a:b = 1] START t'2020-01-01T00:00:00{fraction}Z' STOP t'2020-01-02T00:00:00Z' OR "
        "[a:b = 2] START t'2020-01-03T00:00:00Z' STOP t'2020-01-04T00:00:00Z' OR [a:b = 3]",
    )
    assert answer["start_time"] == 1577836800000 + (123 if "123" in fraction else 0)
    assert answer["end_time"] == 1578096000000


def test_parse_without_a_window_spans_the_time_range(make_connector: Any) -> None:
    answer = parse(make_connector, PATTERN, time_range=10)
    assert answer["end_time"] - answer["start_time"] == 600000
    assert parse(make_connector, PATTERN, time_range=None)["start_time"] == 0


def test_a_pattern_of_ten_thousand_comparisons_is_parsed_without_recursion(make_connector: Any) -> None:
    pattern = "[" + " OR ".join(f"a:b = {number}" for number in range(10000)) + "]"
    assert len(parse(make_connector, pattern)["parsed_stix"]) == 10000


def test_a_repeated_call_reads_no_configuration_again(
    make_connector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stix_shifter_utils.config import files

    name = make_connector(with_dialects("a"), default="a")
    first = translate(name)
    monkeypatch.setattr(files, "read_object", lambda path: pytest.fail(f"{path} read again"))
    assert translate(name) == first


TO_STIX = {
    "stix_translation/json/to_stix_map.json": {
        "src": {"key": "ipv4-addr.value", "object": "src"},
        "when": {"key": "first_observed"},
    },
    "stix_translation/json/stix_2_1/to_stix_map.json": {},
}
WHOLE_IDENTITY = {
    "type": "identity",
    "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
    "name": "n",
    "identity_class": "system",
    "created": "2020-01-01T00:00:00.000Z",
    "modified": "2020-01-01T00:00:00.000Z",
}
ROW = {"src": "192.0.2.1", "when": "2020-01-01T00:00:00.000Z"}


@pytest.mark.parametrize("data", [[ROW], ROW, json.dumps([ROW]), json.dumps(ROW), (ROW,), iter([ROW])])
@pytest.mark.parametrize("source", [WHOLE_IDENTITY, json.dumps(WHOLE_IDENTITY)])
def test_rows_may_be_a_list_one_row_or_json_text(make_connector: Any, data: Any, source: Any) -> None:
    answer = translate(make_connector(TO_STIX), "results", copy.copy(data), {}, source)
    assert answer["type"] == "bundle"
    assert answer["objects"][0] == WHOLE_IDENTITY
    assert [one["objects"]["0"]["value"] for one in answer["objects"][1:]] == ["192.0.2.1"]


@pytest.mark.parametrize("data", [None, 7, "x", "[", ["a"], [1, 2], '{"a": ', b"\xff"])
def test_rows_that_are_none_are_an_error_that_says_so(make_connector: Any, data: Any) -> None:
    answer = translate(make_connector(TO_STIX), "results", data, {}, WHOLE_IDENTITY)
    assert answer["code"] == "results_translation_error"
    assert "result translation error : results are" in answer["error"]


@pytest.mark.parametrize(
    "source", [{}, {"id": "identity--1"}, {"id": "identity--1", "name": ""}, {"id": 7, "name": "n"}]
)
def test_an_identity_without_id_or_name_is_an_invalid_parameter(make_connector: Any, source: Any) -> None:
    answer = translate(make_connector(TO_STIX), "results", [], {}, source)
    assert answer["code"] == "invalid_parameter"
    assert "an identity needs an id and a name" in answer["error"]


def test_the_rows_and_the_identity_stay_as_they_are(make_connector: Any) -> None:
    rows, identity = (
        [copy.deepcopy(ROW)],
        {"id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "n"},
    )
    before = copy.deepcopy((rows, identity))
    translate(make_connector(TO_STIX), "results", rows, {"stix_2.1": True}, identity)
    assert (rows, identity) == before


def test_options_choose_the_version_for_each_call(make_connector: Any) -> None:
    name = make_connector(TO_STIX)
    for is_21 in (True, False, True):
        answer = translate(name, "results", [ROW], {"stix_2.1": is_21}, WHOLE_IDENTITY)
        assert ("spec_version" in answer["objects"][1]) is is_21


def test_a_changed_map_is_used_at_once(make_connector: Any, namespace_folder: Path) -> None:
    name = make_connector(TO_STIX)
    translate(name, "results", [ROW], {}, WHOLE_IDENTITY)
    path = namespace_folder / name / "stix_translation" / "json" / "to_stix_map.json"
    path.write_text(json.dumps({"src": {"key": "domain-name.value", "object": "src"}, "x": {"key": "x-a.b"}}))
    os.utime(path, ns=(1, 1))
    answer = translate(name, "results", [{"src": "example.com"}], {}, WHOLE_IDENTITY)
    assert answer["objects"][1]["objects"]["0"] == {"type": "domain-name", "value": "example.com"}


def test_a_custom_mapping_replaces_the_map(make_connector: Any) -> None:
    custom = {"mapping": {"to_stix_map": {"src": {"key": "x-own.name", "object": "own"}}}}
    answer = translate(make_connector(TO_STIX), "results", [ROW], custom, WHOLE_IDENTITY)
    assert answer["objects"][1]["objects"]["0"] == {"type": "x-own", "name": "192.0.2.1"}


def test_a_connectors_own_transformer_is_used(make_connector: Any) -> None:
    own = (
        "from stix_shifter_utils.results import ValueTransformer\n"
        "class Shout(ValueTransformer):\n"
        "    @staticmethod\n"
        "    def transform(obj): return obj.upper()\n"
    )
    files = {
        "stix_translation/json/to_stix_map.json": {
            "n": {"key": "file.name", "object": "f", "transformer": "Shout"}
        },
        "stix_translation/__init__.py": "",
        "stix_translation/transformers.py": own,
    }
    answer = translate(make_connector(files), "results", [{"n": "a"}], {}, WHOLE_IDENTITY)
    assert answer["objects"][1]["objects"]["0"]["name"] == "A"
