"""Checking parameters: kinds, limits, required and unknown ones, all at once, in texts that clients match."""

import importlib
import pickle
from typing import Any

import pytest

from stix_shifter_utils.config import ParameterError, modernize, validate
from stix_shifter_utils.config.checking import validate_against
from stix_shifter_utils.config.schema import compile_schema
from stix_shifter_utils.errors import ConfigurationError, ErrorCode, UnsupportedDataSourceError

SCHEMA = compile_schema(
    {
        "connection": {
            "type": {"displayName": "T", "group": "t", "type": "connectorType"},
            "host": {"type": "text", "regex": "^[a-z.]+$"},
            "port": {"type": "number", "default": 443, "min": 1, "max": 65535},
            "help": {"type": "link", "default": "page.html"},
            "cert": {"type": "password", "optional": True},
            "region": {"type": "text", "optional": True, "choices": ["eu", "us"]},
            "options": {
                "result_limit": {
                    "type": "number",
                    "default": 10000,
                    "min": 1,
                    "max": 10000000,
                    "previous": "connection.resultSizeLimit",
                },
                "time_range": {
                    "type": "number",
                    "default": 5,
                    "min": 1,
                    "nullable": True,
                    "previous": "connection.timerange",
                },
                "flag": {"type": "boolean", "optional": True},
                "names": {"type": "array", "optional": True},
                "mapping": {"type": "json", "optional": True, "default": None},
                "stix_2.1": {"type": "boolean", "default": False},
                "label": {"type": "text", "optional": True, "min": 2, "max": 4},
            },
        },
        "configuration": {
            "auth": {
                "type": "fields",
                "user": {"type": "text"},
                "sec": {"type": "password", "previous": "configuration.auth.SEC"},
            }
        },
    }
)
GOOD: dict[str, Any] = {
    "connection": {"host": "h.example"},
    "configuration": {"auth": {"user": "u", "sec": "s3cr3t"}},
}


def options(**given: Any) -> dict[str, Any]:
    return validate_against(SCHEMA, given, "connection.options")


def problem(params: Any, start: str | None = None) -> ParameterError:
    with pytest.raises(ParameterError) as caught:
        validate_against(SCHEMA, params, start)
    return caught.value


def test_defaults_are_filled_in_and_only_known_keys_come_back() -> None:
    assert validate_against(SCHEMA, GOOD) == {
        "connection": {
            "host": "h.example",
            "port": 443,
            "help": "page.html",
            "options": {"result_limit": 10000, "time_range": 5, "stix_2.1": False},
        },
        "configuration": {"auth": {"user": "u", "sec": "s3cr3t"}},
    }


def test_checking_twice_changes_nothing_more() -> None:
    once = validate_against(SCHEMA, GOOD)
    assert validate_against(SCHEMA, once) == once


def test_the_input_is_not_changed() -> None:
    given = {
        "connection": {"host": "h", "resultSizeLimit": 7},
        "configuration": {"auth": {"user": "u", "SEC": "s3cr"}},
    }
    before = pickle.dumps(given)
    checked = validate_against(SCHEMA, given)
    checked["connection"]["options"]["result_limit"] = 1
    assert pickle.dumps(given) == before


def test_missing_parameters_are_named_by_dotted_keys_as_clients_know_them() -> None:
    error = problem({"connection": {}, "configuration": {}})
    assert (
        str(error)
        == "{'missing_params': ['connection.host', 'configuration.auth.user', 'configuration.auth.sec']}"
    )
    assert error.args[0] == {
        "missing_params": ["connection.host", "configuration.auth.user", "configuration.auth.sec"]
    }
    assert isinstance(error, ValueError)
    assert error.code is ErrorCode.TRANSMISSION_INVALID_PARAMETER


def test_names_are_relative_to_the_start_point() -> None:
    needing = compile_schema({"connection": {"options": {"table": {"type": "text"}}}})
    with pytest.raises(ParameterError, match=r"^\{'missing_params': \['table'\]\}$"):
        validate_against(needing, {}, "connection.options")


def test_unknown_parameters_are_shown_without_their_values() -> None:
    error = problem(
        {**GOOD, "configuration": {"auth": {"user": "u", "sec": "s3cr3t", "passwort": "hunter22"}}}
    )
    assert "{'unexpected_params': {'configuration': {'auth': {'passwort': '***'}}}}" in str(error)
    assert "hunter22" not in str(error)
    assert "hunter22" not in repr(error)


def test_a_mistyped_key_is_told_what_may_have_been_meant() -> None:
    error = problem({"connection": {"hots": "h"}, "configuration": GOOD["configuration"]})
    assert "connection.hots is not known; did you mean host?" in str(error)
    assert error.missing == ["connection.host"]


def test_all_problems_are_reported_at_once() -> None:
    error = problem(
        {
            "connection": {"host": "h h", "port": "x", "options": {"result_limit": -1, "flag": "perhaps"}},
            "configuration": {"auth": {"user": "u"}},
        }
    )
    assert error.missing == ["configuration.auth.sec"]
    assert error.invalid == [
        'connection.host: Invalid host value "h h" specified',
        'connection.port: port "x" type must be a number',
        'connection.options.result_limit: "result_limit: -1" value must be more than 1',
        'connection.options.flag: flag "perhaps" type must be a boolean, true or false',
    ]
    assert all(text in str(error) for text in error.invalid)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("result_limit", -1, '"result_limit: -1" value must be more than 1'),
        ("result_limit", 0, '"result_limit: 0" value must be more than 1'),
        ("result_limit", 10000001, '"result_limit: 10000001" value must be less than 10000000'),
        ("result_limit", "ten", 'result_limit "ten" type must be a number'),
        ("result_limit", True, 'result_limit "True" type must be a number'),
        ("result_limit", [], 'result_limit "[]" type must be a number'),
        ("result_limit", float("nan"), 'result_limit "nan" type must be a number, without a fraction'),
        ("time_range", "1.5", 'time_range "1.5" type must be a number'),
        ("time_range", 1.5, 'time_range "1.5" type must be a number, without a fraction'),
        ("flag", "no", 'flag "no" type must be a boolean, true or false'),
        ("flag", 1, 'flag "1" type must be a boolean, true or false'),
        ("names", "a,b", 'names "a,b" type must be an array'),
        ("label", {"a": 1}, "label \"{'a': 1}\" type must be a text"),
        ("label", "a", '"label: a" value must be more than 2'),
        ("label", "abcde", '"label: abcde" value must be less than 4'),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(name: str, value: Any, text: str) -> None:
    assert str(problem({name: value}, "connection.options")) == text


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("result_limit", 1, 1),
        ("result_limit", 10000000, 10000000),
        ("result_limit", "20", 20),
        ("result_limit", 20.0, 20),
        ("flag", "false", False),
        ("flag", "True", True),
        ("names", ["a"], ["a"]),
        ("names", ("a", "b"), ["a", "b"]),
        ("mapping", {"from_stix_map": {}}, {"from_stix_map": {}}),
        ("stix_2.1", True, True),
        ("label", 123, "123"),
        ("time_range", None, None),
        ("result_limit", None, 10000),
    ],
)
def test_values_of_the_right_kind_pass_numbers_and_booleans_also_as_text(
    name: str, value: Any, taken: Any
) -> None:
    assert options(**{name: value})[name] == taken


def test_limits_are_not_compared_by_pythons_own_errors() -> None:
    assert "'<' not supported" not in str(problem({"result_limit": "abc"}, "connection.options"))


def test_a_choice_names_what_is_known() -> None:
    error = problem({"connection": {"host": "h", "region": "mars"}, "configuration": GOOD["configuration"]})
    assert error.invalid == ['connection.region: Invalid region value "mars" specified; known: eu, us']


def test_null_of_an_optional_parameter_is_dropped_and_of_a_required_one_is_missing() -> None:
    assert "flag" not in options(flag=None)
    assert problem({"connection": {"host": None}, "configuration": GOOD["configuration"]}).missing == [
        "connection.host"
    ]


def test_false_for_an_optional_certificate_is_accepted_as_none_given() -> None:
    given = {"connection": {"host": "h", "cert": False}, "configuration": GOOD["configuration"]}
    assert validate_against(SCHEMA, given)["connection"]["cert"] is False


def test_a_secret_of_the_wrong_kind_is_not_shown() -> None:
    given = {"connection": {"host": "h"}, "configuration": {"auth": {"user": "u", "sec": ["topsecret"]}}}
    assert str(problem(given)) == 'configuration.auth.sec: sec "***" type must be a text'


def test_parameters_that_are_no_objects_are_refused_by_name() -> None:
    assert str(problem([], "connection.options")) == "connection.options must be a JSON object, not list"
    assert problem(
        {"connection": {"host": "h", "options": []}, "configuration": GOOD["configuration"]}
    ).invalid == ["connection.options must be a JSON object"]


def test_parameters_that_are_nested_too_deep_are_refused_by_name() -> None:
    deep: Any = "x"
    for _ in range(100000):
        deep = [deep]
    error = problem({"mapping": deep}, "connection.options")
    assert str(error) == "connection.options are nested too deep to be read"


def test_a_user_in_a_url_is_not_shown() -> None:
    error = problem({"connection": {"host": "https://u:hunter22@h"}, "configuration": GOOD["configuration"]})
    assert error.invalid == ['connection.host: Invalid host value "https://***@h" specified']


def test_long_values_are_cut_in_messages() -> None:
    assert len(str(problem({"result_limit": "x" * 5000}, "connection.options"))) < 200


def test_names_of_earlier_releases_are_accepted() -> None:
    given = {
        "connection": {"host": "h", "resultSizeLimit": 7, "timerange": 3},
        "configuration": {"auth": {"user": "u", "SEC": "s3cr3t"}},
    }
    checked = validate_against(SCHEMA, given)
    assert checked["connection"]["options"] == {"result_limit": 7, "time_range": 3, "stix_2.1": False}
    assert checked["configuration"]["auth"] == {"user": "u", "sec": "s3cr3t"}


def test_names_of_earlier_releases_are_accepted_in_translation_options_too() -> None:
    assert options(resultSizeLimit=7)["result_limit"] == 7


def test_the_present_name_wins_over_the_earlier_one() -> None:
    assert options(resultSizeLimit=7, result_limit=8)["result_limit"] == 8


def test_an_error_survives_pickling() -> None:
    error = problem({"connection": {"hots": 1}, "configuration": {}})
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_an_optional_section_is_filled_when_its_parameters_have_defaults() -> None:
    schema = compile_schema(
        {
            "connection": {
                "tuning": {"optional": True, "a": {"type": "text", "optional": True}, "b": {"default": 1}}
            }
        }
    )
    assert validate_against(schema, {}) == {"connection": {"tuning": {"b": 1}}}


def test_an_optional_section_that_would_lack_something_stays_away() -> None:
    schema = compile_schema(
        {"connection": {"tuning": {"optional": True, "a": {"type": "text"}, "b": {"default": 1}}}}
    )
    assert validate_against(schema, {}) == {"connection": {}}
    with pytest.raises(ParameterError, match=r"connection\.tuning\.a"):
        validate_against(schema, {"connection": {"tuning": {"b": 2}}})


def test_an_unknown_connector_is_said_to_be_unsupported() -> None:
    with pytest.raises(
        UnsupportedDataSourceError, match=r"^nothing_of_that_name is an unsupported data source\.$"
    ):
        validate("nothing_of_that_name", {})


def test_core_options_work_for_a_connector_that_does_not_list_them(make_connector: Any) -> None:
    name = make_connector()
    checked = validate(name, {"on_unmapped": "refuse", "same_object": "true"}, "connection.options")
    assert (checked["on_unmapped"], checked["same_object"]) == ("refuse", True)
    with pytest.raises(ConfigurationError, match="known: prune, refuse"):
        validate(name, {"on_unmapped": "perhaps"}, "connection.options")


def test_core_options_that_nobody_set_do_not_appear(make_connector: Any) -> None:
    assert validate(make_connector(), {}, "connection.options") == {
        "result_limit": 10000,
        "batch_size": 2000,
        "time_range": 5,
        "timeout": 30,
        "language": "stix",
        "stix_validator": False,
        "unmapped_fallback": False,
        "stix_2.1": False,
    }


def test_modernizing_answers_a_copy(make_connector: Any) -> None:
    given = {"connection": {"host": "h", "timeoutLimit": 9}}
    assert modernize(make_connector(), given) == {"connection": {"host": "h", "options": {"timeout": 9}}}
    assert given == {"connection": {"host": "h", "timeoutLimit": 9}}


def test_the_helpers_of_earlier_releases_answer_as_they_did() -> None:
    helpers = importlib.import_module("stix_shifter_utils.utils.param_validator")
    nested = {"a": {"b": 1}}
    assert tuple(helpers.get_dot_path(nested, "a.b")) == (True, 1)
    assert tuple(helpers.get_dot_path(nested, "a.c")) == (False, None)
    helpers.del_dot_path(nested, "a.b")
    assert nested == {"a": {}}
    with pytest.raises(KeyError):
        helpers.del_dot_path(nested, "a.b")
    assert (helpers.check_min(2, 1, "number", "k"), helpers.check_max("abc", 2, "text", "k")) == (True, False)
    with pytest.raises(ValueError, match="cannot be specified for type boolean of field k"):
        helpers.check_min(1, 2, "boolean", "k")
    assert (helpers.check_regex("v", "^v$"), helpers.check_number("5")) == (True, False)
