"""Every path and name that published connectors, their tests and clients import, beyond the base classes."""

import importlib
import subprocess
import sys

import pytest

SRC = "stix_translation.src"
NAMES = {
    "stix_transmission.utils.RestApiClientAsync": (
        "RestApiClientAsync ResponseWrapper CONNECT_TIMEOUT_DEFAULT RETRY_MAX_DEFAULT"
    ),
    "stix_transmission.utils.RestApiClient": "RestApiClient ResponseWrapper",
    "stix_transmission.utils.timeout_http_adapter": "TimeoutHTTPAdapter DEFAULT_TIMEOUT",
    f"{SRC}.json_to_stix": "observable json_to_stix_translator id_contributing_properties",
    f"{SRC}.json_to_stix.observable": "REGEX properties",
    f"{SRC}.utils.transformers": (
        "ValueTransformer TimestampToMilliseconds TimestampToUTC "
        "EpochToTimestamp EpochSecondsToTimestamp "
        "DateTimeToUnixTimestamp StringToBool "
        "FormatMac FormatTCPProtocol ToInteger ToString ToLowercaseArray "
        "ToBase64 ToFilePath ToDirectoryPath ToFileName ToDomainName ToIPv4 SetToOne FilterIPv4List "
        "FilterIPv6List CheckIPv4 CheckIPv6 ValueToList UnlistIfList GraphIDToPID"
    ),
    f"{SRC}.patterns.parser": "generate_query ParserError",
    f"{SRC}.utils.unmapped_attribute_stripper": "strip_unmapped_attributes",
    f"{SRC}.utils.exceptions": (
        "DataMappingException LoadJsonResultsException StixValidationException TranslationResultException "
        "UnsupportedDataSourceException UnsupportedDialectException UnsupportedLanguageException"
    ),
    "utils.helpers": "dict_merge find StixObjectId",
    "utils.param_validator": (
        "param_validator modernize_objects get_merged_config choose_module_path get_dot_path del_dot_path "
        "is_leaf check_min check_max check_regex check_number"
    ),
    "modules.car.stix_translation.query_translator": "CarBaseQueryTranslator",
    "modules.car.stix_translation.results_translator": "CarBaseResultsTranslator",
    "modules.cim.stix_translation.query_translator": "CimBaseQueryTranslator",
    "normalization.BaseNormalization": "BaseNormalization",
    "normalization.normalization_helper": "create_attributes evaluate_attribute_type uri_validator",
}


@pytest.mark.parametrize(("path", "names"), NAMES.items())
def test_every_name_is_where_old_code_looks_for_it(path: str, names: str) -> None:
    for name in names.split():
        code = f"from stix_shifter_utils.{path} import {name}"
        exec(code, {})


def test_nothing_of_it_is_loaded_before_it_is_asked_for() -> None:
    code = (
        "import sys, stix_shifter_utils\n"
        "assert not [n for n in sys.modules if 'classic' in n or 'aiohttp' in n or 'requests' in n]\n"
        "import stix_shifter_utils.stix_transmission.utils.RestApiClientAsync\n"
        "assert 'aiohttp' not in sys.modules and 'requests' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ("192.0.2.7", {"ipv4"}),
        ("192.0.2.0/24", {"ipv4_cidr"}),
        ("192.0.2.256", set()),
        ("2001:db8::7", {"ipv6"}),
        ("::ffff:192.0.2.7", {"ipv6"}),
        ("fe80::1%eth0", {"ipv6"}),
        ("2001:db8::/109", {"ipv6_cidr"}),
        ("00:11:22:aa:bb:cc", {"mac"}),
        ("www.example.com", {"domain_name"}),
        ("localhost", {"domain_name"}),
        ("2020-01-01T00:00:00Z", {"date"}),
        ("2020-13-01T00:00:00Z", set()),
        ("a b", set()),
    ],
)
def test_forms_of_values_are_told_apart(value: str, kinds: set[str]) -> None:
    import re

    observable = importlib.import_module("stix_shifter_utils.stix_translation.src.json_to_stix.observable")
    assert {name for name, form in observable.REGEX.items() if re.match(form, value)} == kinds


def test_the_old_parser_and_stripper_work_together() -> None:
    parser = importlib.import_module("stix_shifter_utils.stix_translation.src.patterns.parser")
    stripper = importlib.import_module(
        "stix_shifter_utils.stix_translation.src.utils.unmapped_attribute_stripper"
    )

    class Mapper:
        def map_field(self, kind: str, name: str) -> list[str]:
            return ["f"] if kind == "file" else []

        def map_comparator(self) -> dict[str, str]:
            return {"ComparisonComparators.Equal": "="}

    tree = parser.generate_query(
        "[file:name = 'a' OR url:value = 'b'] AND [url:value = 'c' AND file:name = 'd']"
    )
    found = stripper.strip_unmapped_attributes(tree, Mapper())
    assert str(found["parsing"]) == (
        "Pattern[ObservationExpression(ComparisonExpression(file:name ComparisonComparators.Equal a))]"
    )
    assert found["unmapped_stix"] == ["url:value"]
    with pytest.raises(parser.ParserError):
        parser.generate_query("[file:name = ]")


def test_objects_of_threat_feeds_hang_together() -> None:
    module = importlib.import_module("stix_shifter_utils.normalization.BaseNormalization")
    feed = module.BaseNormalization({})
    identity = feed.create_identity_sdo({"name": "n"}, "3532c56d-ea72-48be-a2ad-1a53f4c9c6d3")[0]
    assert identity["id"] == "identity--cf0239c3-fddb-5885-9810-53e1514a3d76"
    indicator = feed.create_indicator_sdo({"pattern": "[a:b = 1]"}, identity["id"])[0]
    malware, relationship = feed.create_malware_sdo([{"malware_types": ["Trojan.X"]}], indicator["id"], "i")
    assert malware["malware_types"] == ["trojan"]
    assert (relationship["source_ref"], relationship["target_ref"]) == (indicator["id"], malware["id"])
    with pytest.raises(ValueError, match="Missing required indicator property"):
        feed.create_indicator_sdo({}, identity["id"])
