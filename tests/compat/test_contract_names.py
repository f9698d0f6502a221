"""Every name that published connectors, their tests and clients import, with how often they do.

`imports` are import statements in connectors and in their tests together; 0 stands for a name that is only
reached as an attribute or by a client.
"""

import importlib
from typing import Any, NamedTuple

import pytest

SU = "stix_shifter_utils"
BASE = f"{SU}.modules.base"
SRC = f"{SU}.stix_translation.src"
ROLES = f"{BASE}.stix_transmission"
REST = f"{SU}.stix_transmission.utils"


class Name(NamedTuple):
    """One name of one module, and how many import statements ask for it."""

    path: str
    name: str
    imports: int


def names(path: str, imports: int, text: str) -> list[Name]:
    return [Name(path, name, imports) for name in text.split()]


CONTRACT = [
    *names(f"{SU}.utils", 194, "logger"),
    *names(f"{SU}.utils.error_response", 127, "ErrorResponder"),
    *names(f"{SU}.utils.error_response", 66, "ErrorCode"),
    *names(f"{SU}.utils.base_entry_point", 47, "BaseEntryPoint"),
    *names(f"{SU}.utils.error_mapper_base", 42, "ErrorMapperBase"),
    *names(f"{BASE}.stix_translation.base_query_translator", 45, "BaseQueryTranslator"),
    *names(f"{BASE}.stix_translation.base_results_translator", 4, "BaseResultTranslator"),
    *names(f"{BASE}.stix_translation.empty_query_translator", 5, "EmptyQueryTranslator"),
    *names(f"{ROLES}.base_json_sync_connector", 24, "BaseJsonSyncConnector"),
    *names(f"{ROLES}.base_json_results_connector", 23, "BaseJsonResultsConnector"),
    *names(f"{ROLES}.base_json_results_connector", 0, "BaseResultsConnector"),
    *names(f"{ROLES}.base_delete_connector", 23, "BaseDeleteConnector"),
    *names(f"{ROLES}.base_ping_connector", 23, "BasePingConnector"),
    *names(f"{ROLES}.base_status_connector", 18, "BaseStatusConnector"),
    *names(f"{ROLES}.base_status_connector", 23, "Status"),
    *names(f"{ROLES}.base_query_connector", 12, "BaseQueryConnector"),
    *names(f"{ROLES}.base_connector", 8, "BaseQueryConnector"),
    *names(f"{ROLES}.base_connector", 0, "BaseConnector BasePingConnector BaseStatusConnector"),
    *names(f"{ROLES}.base_connector", 0, "BaseResultsConnector BaseDeleteConnector"),
    *names(f"{ROLES}.base_sync_connector", 6, "BaseSyncConnector"),
    *names(f"{ROLES}.base_json_connector", 0, "BaseJsonConnector"),
    *names(f"{ROLES}.base_results_connector", 0, "BaseResultsConnector"),
    *names(f"{REST}.RestApiClientAsync", 39, "RestApiClientAsync"),
    *names(f"{REST}.RestApiClientAsync", 1, "ResponseWrapper CONNECT_TIMEOUT_DEFAULT"),
    *names(f"{REST}.RestApiClientAsync", 0, "RETRY_MAX_DEFAULT InterruptableThread exception_catcher"),
    *names(f"{REST}.RestApiClient", 1, "RestApiClient"),
    *names(f"{REST}.RestApiClient", 0, "ResponseWrapper InterruptableThread exception_catcher"),
    *names(
        f"{SRC}.patterns.pattern_objects",
        43,
        "Pattern ObservationExpression ComparisonExpression ComparisonComparators "
        "CombinedComparisonExpression CombinedObservationExpression",
    ),
    *names(f"{SRC}.patterns.pattern_objects", 31, "ComparisonExpressionOperators"),
    *names(f"{SRC}.patterns.pattern_objects", 27, "ObservationOperators"),
    *names(f"{SRC}.patterns.pattern_objects", 13, "StartStopQualifier"),
    *names(f"{SRC}.patterns.pattern_objects", 4, "SetValue"),
    *names(f"{SRC}.patterns.pattern_objects", 1, "BaseQualifier"),
    *names(
        f"{SRC}.patterns.pattern_objects", 0, "Qualifier BaseObservationExpression BaseComparisonExpression"
    ),
    *names(f"{SRC}.patterns.errors", 4, "SearchFeatureNotSupportedError"),
    *names(f"{SRC}.json_to_stix", 23, "observable"),
    *names(f"{SRC}.json_to_stix", 29, "json_to_stix_translator"),
    *names(f"{SRC}.json_to_stix.json_to_stix_translator", 0, "convert_to_stix DataSourceObjToStixObj"),
    *names(f"{SRC}.json_to_stix.json_to_stix", 7, "JSONToStix"),
    *names(f"{SRC}.utils.transformers", 32, "ValueTransformer"),
    *names(f"{SRC}.utils.transformers", 15, "TimestampToMilliseconds"),
    *names(f"{SRC}.utils.transformers", 1, "TimestampToUTC EpochToTimestamp EpochSecondsToTimestamp"),
    *names(f"{SRC}.utils.transformers", 1, "DateTimeToUnixTimestamp"),
    *names(f"{SRC}.utils.transformer_utils", 34, "get_module_transformers"),
    *names(f"{SRC}.utils.exceptions", 2, "DataMappingException TranslationResultException"),
    *names(f"{SRC}.utils.exceptions", 1, "LoadJsonResultsException"),
    *names(f"{SU}.utils.file_helper", 12, "read_json"),
    *names(f"{SU}.utils.async_utils", 12, "run_in_thread"),
    *names(f"{SU}.utils.module_discovery", 2, "modules_list"),
    *names(f"{SU}.utils.module_discovery", 0, "process_dialects dialect_list"),
    *names(f"{SU}.modules.car.stix_translation.query_translator", 2, "CarBaseQueryTranslator"),
    *names(f"{SU}.modules.car.stix_translation.results_translator", 1, "CarBaseResultsTranslator"),
    *names(f"{SU}.normalization.BaseNormalization", 1, "BaseNormalization"),
    *names("stix_shifter.stix_translation", 60, "stix_translation"),
    *names("stix_shifter.stix_translation.stix_translation", 2, "StixTranslation MAPPING_ERROR"),
    *names(
        "stix_shifter.stix_translation.stix_translation",
        0,
        "RESULTS QUERY PARSE MAPPING CONFIGS DIALECTS SUPPORTED_ATTRIBUTES DEFAULT_DIALECT "
        "ATTRIBUTE_MAPPING_ERROR OPERATOR_MAPPING_ERROR",
    ),
    *names("stix_shifter.stix_transmission", 32, "stix_transmission"),
    *names("stix_shifter.stix_transmission.stix_transmission", 32, "run_in_thread"),
    *names("stix_shifter.stix_transmission.stix_transmission", 2, "StixTransmission"),
    *names(
        "stix_shifter.stix_transmission.stix_transmission",
        0,
        "RESULTS RESULTS_STIX QUERY DELETE STATUS PING IS_ASYNC",
    ),
]
ATTRIBUTES = {
    f"{SU}.utils.logger": "set_logger set_external_logger init exception_to_string last_tb_to_string",
    f"{SU}.utils.error_response:ErrorResponder": (
        "fill_error get_struct_item call_module_error_mapper rindex is_plain_string is_json_string"
    ),
    f"{SU}.utils.error_mapper_base:ErrorMapperBase": "set_error_code",
    f"{SU}.utils.base_entry_point:BaseEntryPoint": (
        "add_dialect setup_translation_simple create_default_query_translator "
        "create_default_results_translator get_mapping get_query_translator get_results_translator "
        "parse_query transform_query translate_results get_dialects get_configs_full get_dialects_full "
        "setup_transmission_simple setup_transmission_basic "
        "set_query_connector set_status_connector set_results_connector set_delete_connector "
        "set_ping_connector "
        "create_query_connection create_status_connection create_results_connection "
        "create_results_stix_connection delete_query_connection ping_connection set_async is_async "
        "transmission translation"
    ),
    f"{BASE}.stix_translation.base_query_translator:BaseQueryTranslator": (
        "fetch_mapping fetch_operators read_json map_field map_comparator parse_query transform_query "
        "transform_antlr get_language"
    ),
    f"{BASE}.stix_translation.base_results_translator:BaseResultTranslator": (
        "fetch_mapping translate_results"
    ),
    f"{ROLES}.base_connector:BaseConnector": (
        "ping_connection create_query_connection create_status_connection create_results_connection "
        "delete_query_connection create_results_stix_connection"
    ),
    f"{ROLES}.base_results_connector:BaseResultsConnector": "create_results_stix_connection",
    f"{ROLES}.base_sync_connector:BaseSyncConnector": (
        "create_query_connection create_status_connection delete_query_connection"
    ),
    f"{ROLES}.base_json_sync_connector:BaseJsonSyncConnector": "create_query_connection",
    f"{ROLES}.base_status_connector:Status": "COMPLETED ERROR CANCELED TIMEOUT RUNNING",
    f"{REST}.RestApiClientAsync:RestApiClientAsync": "call_api get_headers get_server_ip",
    f"{REST}.RestApiClientAsync:ResponseWrapper": "wait read bytes raise_for_status get_cookies",
    f"{REST}.RestApiClient:RestApiClient": "call_api",
    f"{SRC}.json_to_stix.observable": "REGEX properties",
    f"{SRC}.patterns.pattern_objects:SetValue": "append close element_iterator",
    f"{SRC}.patterns.pattern_objects:ComparisonComparators": (
        "Equal NotEqual GreaterThan LessThan GreaterThanOrEqual LessThanOrEqual In Like "
        "Matches IsSuperSet IsSubSet"
    ),
    f"{SU}.normalization.BaseNormalization:BaseNormalization": "create_identity_sdo create_indicator_sdo",
}


def found(path: str) -> Any:
    module, _, name = path.partition(":")
    place = importlib.import_module(module)
    return getattr(place, name) if name else place


@pytest.mark.parametrize("entry", CONTRACT, ids=lambda entry: f"{entry.path}-{entry.name}")
def test_every_import_statement_of_published_code_works(entry: Name) -> None:
    names_found: dict[str, Any] = {}
    exec(f"from {entry.path} import {entry.name}", names_found)
    assert names_found[entry.name] is not None


@pytest.mark.parametrize(("path", "attributes"), ATTRIBUTES.items())
def test_every_attribute_that_published_code_reaches_for_is_there(path: str, attributes: str) -> None:
    place = found(path)
    assert [name for name in attributes.split() if not hasattr(place, name)] == []


def test_the_list_counts_what_was_counted() -> None:
    counted = sum(entry.imports for entry in CONTRACT)
    assert counted == 1379
    assert len({(entry.path, entry.name) for entry in CONTRACT}) == len(CONTRACT)


def test_a_thread_keeps_what_its_function_gives_back() -> None:
    kind = found(f"{REST}.RestApiClientAsync:InterruptableThread")
    thread = kind(lambda one, two: one + two, 1, two=5)
    assert thread.daemon
    thread.start()
    thread.join(5)
    assert vars(thread)["_result"] == 6


def test_a_caught_exception_is_handed_back() -> None:
    catcher = found(f"{REST}.RestApiClientAsync:exception_catcher")
    assert catcher(int, "5", base=8) == 5
    assert isinstance(catcher(int, "x"), ValueError)


def test_rows_can_be_turned_one_by_one() -> None:
    kind = found(f"{SRC}.json_to_stix.json_to_stix_translator:DataSourceObjToStixObj")
    identity = {"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "n"}
    engine = kind(identity, {"a": {"key": "ipv4-addr.value"}}, {}, {"stix_2.1": True})
    (reference,) = engine.transform({"a": "192.0.2.7"})["object_refs"]
    assert engine.unique_cybox_objects[reference]["value"] == "192.0.2.7"
    assert (engine.spec_version, engine.bundle["objects"]) == ("2.1", [identity])
    old = kind(identity, {"a": {"key": "ipv4-addr.value"}}, {}, {})
    assert old.transform({"a": "192.0.2.7"})["objects"] == {"0": {"type": "ipv4-addr", "value": "192.0.2.7"}}
    assert old.transform({"b": 1})["objects"] == {}
