"""The classic error responder: text from message, structure and exception; code by type, words, mapper."""

from typing import Any

import pytest
import requests

from stix_shifter_utils.errors import ForbiddenError
from stix_shifter_utils.utils.error_mapper_base import ErrorMapperBase
from stix_shifter_utils.utils.error_response import ErrorCode, ErrorResponder


def filled(**arguments: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    ErrorResponder.fill_error(answer, **arguments)
    return answer


def test_a_message_is_filled_in_with_connector_and_code() -> None:
    assert filled(message="Unauthorized", connector="m") == {
        "success": False,
        "connector": "m",
        "error": "m connector error => Unauthorized",
        "code": "authentication_fail",
    }


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("bad certificate here", "certificate_fail"),
        ("Authentication failed", "authentication_fail"),
        ("not authorized", "authentication_fail"),
        ("access denied", "authentication_fail"),
        ("query_syntax_error at 3", "invalid_query"),
        ("Forbidden", "forbidden"),
        ("forbidden", "forbidden"),
        ("too_many_requests", "too_many_requests"),
        ("Too Many Requests", "too_many_requests"),
        ("client_connector_error: x", "service_unavailable"),
        ("server timeout_error (2 sec)", "service_unavailable"),
        ("Failed to establish a new connection", "service_unavailable"),
        ("timeout_error (30 sec)", "unknown"),
        ("FORBIDDEN", "unknown"),
        ("certificate and forbidden", "certificate_fail"),
    ],
)
def test_words_decide_in_the_documented_order(words: str, code: str) -> None:
    assert filled(message=words)["code"] == code


STRUCT = {
    "errors": [{"level": "info", "text": "a"}, {"level": "bad", "text": "b", "codes": [1, 2]}],
    "message": "m",
}


@pytest.mark.parametrize(
    ("struct", "path", "found"),
    [
        (STRUCT, ["message"], "m"),
        (STRUCT, ["errors", 1, "text"], "b"),
        (STRUCT, ["errors", "+level=bad", 0, "text"], "b"),
        (STRUCT, ["errors", "~text"], ["a", "b"]),
        (STRUCT, ["errors", 7], STRUCT["errors"]),
        (STRUCT, ["errors", "+level=none", "~text"], STRUCT["errors"]),
        (STRUCT, ["nothing"], STRUCT),
        ("plain", ["message"], "plain"),
        (None, ["message"], None),
    ],
)
def test_a_path_walks_into_a_structure_as_far_as_it_fits(struct: Any, path: list[Any], found: Any) -> None:
    assert ErrorResponder.get_struct_item(struct, path) == found


def test_message_structure_and_exception_are_joined() -> None:
    answer = filled(message="first", message_struct=STRUCT, message_path=["errors", "~text"], connector="m")
    assert answer["error"] == 'm connector error => first;["a", "b"]'
    assert filled(message="first", error=ValueError("[Errno 61] second"))["error"] == "first; second"


def test_exceptions_of_known_types_need_no_words() -> None:
    assert filled(error=ForbiddenError("x"), connector="m")["code"] == "forbidden"
    assert filled(error=requests.exceptions.SSLError("x"), connector="m") == {
        "success": False,
        "connector": "m",
        "error": "m connector error => Wrong certificate: x",
        "code": "authentication_fail",
    }
    assert filled(error=requests.exceptions.ConnectionError("x"))["error"] == "Connection error: x"
    assert filled(error=requests.exceptions.ReadTimeout("x"), connector="m")["code"] == "unknown"


@pytest.mark.parametrize(
    ("struct", "path", "told"),
    [
        ({"a": {"b": 1}}, ["a", "x"], "{'b': 1}"),
        ({"a": [{"b": 1}]}, ["a"], '[{"b": 1}]'),
        ({"a": None}, ["a"], None),
        ({"a": 1}, None, None),
        ("plain", None, None),
        ("plain", ["a"], "plain"),
    ],
)
def test_what_a_path_reaches_is_told_as_earlier_releases_told_it(struct: Any, path: Any, told: Any) -> None:
    answer = filled(message_struct=struct, message_path=path, connector="m")
    assert answer.get("error") == (told and f"m connector error => {told}")


def test_an_exception_is_told_by_its_text_alone() -> None:
    assert filled(error=KeyError("k"), connector="m")["error"] == "m connector error => 'k'"
    assert "error" not in filled(error=ValueError(), connector="m")


def test_an_exception_without_a_connector_is_no_error_itself() -> None:
    assert filled(error=ValueError("x")) == {"success": False, "error": "x", "code": "unknown"}


def test_without_any_text_there_is_no_error_key() -> None:
    assert filled(connector="m") == {"success": False, "connector": "m", "code": "unknown"}


MAPPER = """
from stix_shifter_utils.utils.error_mapper_base import ErrorMapperBase
from stix_shifter_utils.utils.error_response import ErrorCode

class ErrorMapper:
    DEFAULT_ERROR = ErrorCode.TRANSMISSION_MODULE_DEFAULT_ERROR

    @staticmethod
    def set_error_code(json_data, return_obj, connector=None):
        gone = json_data.get("code") == 1002
        code = ErrorCode.TRANSMISSION_SEARCH_DOES_NOT_EXISTS if gone else ErrorMapper.DEFAULT_ERROR
        ErrorMapperBase.set_error_code(return_obj, code, message="mapped", connector=connector)
"""


def test_the_connectors_own_mapper_decides_what_words_do_not(make_connector: Any) -> None:
    name = make_connector({"stix_transmission/error_mapper.py": MAPPER})
    answer = filled(message_struct={"code": 1002, "text": "gone"}, message_path=["text"], connector=name)
    assert answer["code"] == "no_results"
    assert answer["error"] == f"{name} connector error => mapped"


def test_words_go_before_the_mapper(make_connector: Any) -> None:
    name = make_connector({"stix_transmission/error_mapper.py": MAPPER})
    answer = filled(message_struct={"code": 1002, "text": "forbidden"}, message_path=["text"], connector=name)
    assert answer["code"] == "forbidden"


def test_a_connector_without_a_mapper_stays_unknown(make_connector: Any) -> None:
    assert (
        filled(message_struct={"text": "gone"}, message_path=["text"], connector=make_connector())["code"]
        == "unknown"
    )
    assert (
        filled(message_struct={"text": "gone"}, message_path=["text"], connector="no_such")["code"]
        == "unknown"
    )


def test_small_helpers_do_what_their_names_say() -> None:
    assert ErrorResponder.rindex([1, 2, 1, 3], 1) == 2
    assert ErrorResponder.is_plain_string("text")
    assert not ErrorResponder.is_plain_string("<?xml")
    assert not ErrorResponder.is_plain_string("{")
    assert ErrorResponder.is_json_string('{"a"')
    assert not ErrorResponder.is_json_string("a")


def test_the_mapper_base_takes_codes_as_members_and_as_text() -> None:
    answer: dict[str, Any] = {}
    ErrorMapperBase.set_error_code(answer, ErrorCode.TRANSMISSION_FORBIDDEN)
    assert answer == {"code": "forbidden"}
    ErrorMapperBase.set_error_code(answer, "own", message="m", connector="c")
    assert answer == {"code": "own", "error": "c connector error => m"}
