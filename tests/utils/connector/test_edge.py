"""One function from an exception to the classic dictionary: code by type, classic text, no secret."""

import asyncio
import inspect
import logging
import socket
import ssl

import aiohttp
import pytest
import requests

from stix_shifter_utils import errors
from stix_shifter_utils.connector import error_answer
from stix_shifter_utils.connector.edge import answer_of, attempt
from stix_shifter_utils.errors import ErrorCode, StixShifterError

OURS = sorted(
    (kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, StixShifterError)),
    key=lambda kind: kind.__name__,
)
ARGUMENTS = {"PatternSyntaxError": (1, 2, "x", "y"), "UnsupportedComparatorError": ("LIKE", "a:b", "d")}


def made(kind: type[StixShifterError], message: str = "what happened") -> StixShifterError:
    return kind(*ARGUMENTS.get(kind.__name__, (message,)))


@pytest.mark.parametrize("translating", [True, False])
@pytest.mark.parametrize("kind", OURS)
def test_every_error_of_ours_answers_with_its_own_code_and_text(
    kind: type[StixShifterError], translating: bool
) -> None:
    error = made(kind)
    answer = error_answer(error, "acme", translating=translating)
    assert answer["success"] is False
    assert answer["connector"] == "acme"
    assert answer["code"] == kind.code.value
    assert answer["error"].startswith("acme connector error => ")
    assert answer["error"].endswith(str(error))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.UnmappedError("x"), "data mapping error : x"),
        (errors.NotImplementedModeError("x"), "wrong parameter : x"),
        (errors.UnsupportedDialectError("d"), "unknown dialect : d"),
        (errors.UnsupportedLanguageError("sql"), "unsupported language : sql"),
        (errors.UnsupportedDataSourceError("n is none."), "unsupported datasource : n is none."),
        (errors.PatternValidationError("x"), "stix validation error : x"),
        (errors.UnsupportedFeatureError("x"), "search feature is not supported : x"),
        (errors.ResultsTranslationError("x"), "result translation error : x"),
        (errors.ConfigurationError("x"), "STIX translation error: x"),
        (errors.UnmappedError(""), "data mapping error"),
        (ValueError("x"), "STIX translation error: x"),
        (NotImplementedError("x"), "wrong parameter : x"),
    ],
)  # fmt: skip
def test_translation_texts_begin_as_clients_know_them(error: Exception, text: str) -> None:
    assert error_answer(error, "m", translating=True)["error"] == f"m connector error => {text}"


class DataMappingException(Exception):  # noqa: N818 -- a published connector's own class
    pass


class StixValidationException(Exception):  # noqa: N818 -- a published connector's own class
    pass


class OwnKind(DataMappingException):
    pass


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataMappingException("x"), "mapping_error"),
        (OwnKind("x"), "mapping_error"),
        (StixValidationException("x"), "invalid_parameter"),
        (NotImplementedError("x"), "not_implemented"),
        (RuntimeError("x"), "translation_error"),
        (RuntimeError("certificate forbidden authorization"), "translation_error"),
    ],
)
def test_translation_errors_of_others_are_told_apart_by_class_name(error: Exception, code: str) -> None:
    assert error_answer(error, "m", translating=True)["code"] == code


def _response(status: int) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    return response


KEY = aiohttp.client_reqrep.ConnectionKey("h", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (requests.exceptions.SSLError("x"), "certificate_fail"),
        (requests.exceptions.ConnectionError("x"), "service_unavailable"),
        (requests.exceptions.ConnectTimeout("x"), "service_unavailable"),
        (requests.exceptions.ReadTimeout("x"), "service_unavailable"),
        (requests.exceptions.HTTPError("x", response=_response(401)), "authentication_fail"),
        (requests.exceptions.HTTPError("x", response=_response(403)), "forbidden"),
        (requests.exceptions.HTTPError("x", response=_response(429)), "too_many_requests"),
        (requests.exceptions.HTTPError("x", response=_response(503)), "service_unavailable"),
        (ssl.SSLCertVerificationError("x"), "certificate_fail"),
        (ssl.SSLError("handshake"), "certificate_fail"),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("x")), "certificate_fail"),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError("x")), "certificate_fail"),
        (aiohttp.ClientConnectorError(KEY, OSError("refused")), "service_unavailable"),
        (aiohttp.ServerDisconnectedError(), "service_unavailable"),
        (aiohttp.ServerTimeoutError("x"), "service_unavailable"),
        (asyncio.TimeoutError(), "service_unavailable"),
        (TimeoutError("x"), "service_unavailable"),
        (ConnectionRefusedError(111, "refused"), "service_unavailable"),
        (ConnectionResetError("x"), "service_unavailable"),
        (socket.gaierror(-2, "unknown name"), "service_unavailable"),
        (Exception("client_connector_error: (...)"), "service_unavailable"),
        (Exception("too_many_requests with max retry (3)"), "too_many_requests"),
        (Exception("nothing known"), "unknown"),
        (TypeError("x"), "unknown"),
    ],
)
def test_transmission_errors_of_others_are_told_apart_by_type_and_status_then_by_words(
    error: Exception, code: str
) -> None:
    answer = error_answer(error, "m")
    assert answer["code"] == code
    assert answer["error"].startswith("m connector error => ")


def test_type_goes_before_words() -> None:
    assert error_answer(ConnectionResetError("no authorization in sight"))["code"] == "service_unavailable"
    assert error_answer(errors.QueryRejectedError("certificate forbidden"))["code"] == "invalid_query"


def test_a_time_out_reads_as_clients_that_repeat_it_expect() -> None:
    assert error_answer(asyncio.TimeoutError(), "m")["error"].startswith(
        "m connector error => server timeout_error"
    )


def test_an_exception_without_text_is_named_by_its_type() -> None:
    assert error_answer(ZeroDivisionError(), "m")["error"] == "m connector error => ZeroDivisionError"
    assert error_answer(KeyError("id"), "m")["error"] == "m connector error => KeyError: 'id'"


def test_codes_are_the_documented_ones() -> None:
    assert {code.value for code in ErrorCode} == {
        "not_implemented", "translation_error", "mapping_error", "invalid_parameter",
        "results_translation_error", "unknown", "forbidden", "service_unavailable", "authentication_fail",
        "certificate_fail", "invalid_query", "no_results", "too_many_requests",
    }  # fmt: skip


def test_without_a_connector_there_is_neither_key_nor_prefix() -> None:
    assert error_answer(ValueError("x")) == {"success": False, "error": "x", "code": "unknown"}


def test_secrets_are_masked_in_text_and_in_the_traceback_that_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "stix_shifter_utils.connector.edge")
    try:
        raise ValueError("login u:hunter22 failed")  # noqa: EM101, TRY301 -- what somebody else's code does
    except ValueError as error:
        answer = error_answer(error, "m", secrets={"hunter22"})
    assert answer["error"] == "m connector error => login u:*** failed"
    assert "Traceback" in caplog.text
    assert "hunter22" not in caplog.text


def test_nothing_is_logged_above_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    error_answer(ValueError("x"), "m")
    assert caplog.records == []


def test_an_awaited_answer_passes_and_an_exception_becomes_one() -> None:
    async def good() -> dict[str, int]:
        return {"a": 1}

    async def bad() -> None:
        message = "x"
        raise errors.ForbiddenError(message)

    assert asyncio.run(answer_of(good(), "m")) == {"a": 1}
    assert asyncio.run(answer_of(bad(), "m"))["code"] == "forbidden"


def test_an_error_dictionary_of_a_connector_is_masked_too() -> None:
    async def failed() -> dict[str, object]:
        return {"success": False, "error": "token hunter22 refused", "code": "x"}

    assert asyncio.run(answer_of(failed(), "m", secrets={"hunter22"}))["error"] == "token *** refused"


def test_cancelling_is_not_answered() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(answer_of(cancelled(), "m"))


def test_an_attempt_keeps_the_exception() -> None:
    assert attempt(lambda: 1) == (1, None)
    value, error = attempt(lambda: 1 // 0)
    assert value is None
    assert isinstance(error, ZeroDivisionError)
