"""The client's values without a network: addresses, retry arithmetic, redaction, replies, TLS material."""

from __future__ import annotations

import json
import math
import ssl
from datetime import datetime, timezone
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter_utils.errors import (
    CertificateError,
    ConfigurationError,
    InvalidParameterError,
    ResponseError,
)
from stix_shifter_utils.http import (
    Address,
    Basic,
    Bearer,
    Reply,
    Request,
    Retry,
    TlsOptions,
    mask,
    safe_url,
    url_path,
)
from stix_shifter_utils.http.message import form, parse_json
from stix_shifter_utils.http.redact import excerpt
from stix_shifter_utils.http.retry import retry_after_s

WORDS = st.characters()  # lone surrogates too
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
REQUEST = Request("GET", "https://acme.example/v2/rows?key=hunter2")


def reply(body: bytes, content_type: str = "application/json") -> Reply:
    return Reply(200, {"Content-Type": content_type}, body, REQUEST, ("hunter2",))


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://h", "/a", "https://h/a"),
        ("https://h:443/", "a", "https://h/a"),
        ("https://h:8443/api/", "/a/b", "https://h:8443/api/a/b"),
        ("http://[::1]:80", "/a b?c#d%", "http://[::1]/a%20b%3Fc%23d%25"),
        ("https://exämple.de", "/", "https://xn--exmple-cua.de/"),
    ],
)
def test_a_path_is_joined_below_the_base_and_encoded(base: str, path: str, url: str) -> None:
    assert Address.of(base).url(path) == url


@pytest.mark.parametrize("base", ["", "h", "ftp://h", "https://", "https://u:p@h", "https://h:port", "//h/x"])
def test_a_base_that_is_no_source_is_a_configuration_error_without_its_text(base: str) -> None:
    with pytest.raises(ConfigurationError, match="check host and port") as caught:
        Address.of(base)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize("path", ["/a/../b", "..", "/a/%2e%2e/b", "a\\..\\b"])
def test_a_path_cannot_climb(path: str) -> None:
    with pytest.raises(InvalidParameterError):
        Address.of("https://h/api").url(path if "%" not in path else url_path(path))


def test_an_absolute_url_must_be_the_source_itself() -> None:
    address = Address.of("https://h:8443/api")
    assert address.url("https://h:8443/other?page=2#x", {"n": 1}) == "https://h:8443/other?page=2&n=1"
    for stranger in ("https://h/x", "http://h:8443/x", "https://evil:8443/x", "https://h:8443@evil/x"):
        with pytest.raises(InvalidParameterError):
            address.url(stranger)


@given(value=st.text(WORDS, min_size=1, max_size=20) | st.text("./\\%", min_size=1, max_size=6))
def test_a_value_in_a_path_stays_one_segment(value: str) -> None:
    if value == "." or ".." in value.replace("\\", "/").split("/"):
        with pytest.raises(InvalidParameterError):
            Address.of("https://h").url(url_path("/jobs/{id}/rows", id=value))
        return
    parts = urlsplit(Address.of("https://h").url(url_path("/jobs/{id}/rows", id=value)))
    assert parts.query == parts.fragment == ""
    start, jobs, segment, rows = parts.path.split("/")
    assert (start, jobs, unquote(segment, errors="surrogatepass"), rows) == ("", "jobs", value, "rows")


@given(
    st.dictionaries(
        st.text(max_size=8), st.text(max_size=12) | st.integers() | st.booleans() | st.none(), max_size=4
    )
)
@settings(max_examples=50)
def test_form_fields_come_back_as_they_were(fields: dict[str, str | int | bool | None]) -> None:
    wanted = [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in fields.items()
        if value is not None
    ]
    assert parse_qsl(form(fields), keep_blank_values=True, errors="surrogatepass") == wanted


def test_a_list_repeats_its_name() -> None:
    assert form({"f": ["a", None, 2], "g": ()}) == "f=a&f=2"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        (" 2.5 ", 2.5),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2026 13:00:10 +0100", 10.0),
        ("soon", None),
        ("-1", None),
        ("inf", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds


@given(
    attempt=st.integers(1, 40), dice=st.floats(0, 1, exclude_max=True), asked=st.none() | st.floats(0, 1e6)
)
def test_a_wait_grows_is_bounded_and_obeys_the_source(attempt: int, dice: float, asked: float | None) -> None:
    retry = Retry(backoff_s=0.5, longest_s=20)
    wait = retry.wait_s(attempt, dice, asked)
    assert math.isfinite(wait)
    assert wait >= (asked or 0)
    assert min(0.5 * 2 ** (attempt - 1), 20) / 2 <= retry.wait_s(attempt, dice, None) <= 20


def test_a_post_repeats_after_429_only() -> None:
    retry = Retry()
    assert [s for s in (200, 400, 401, 429, 500, 503) if retry.repeats_status(s, repeatable=False)] == [429]
    assert [s for s in (200, 400, 401, 429, 500, 503) if retry.repeats_status(s, repeatable=True)] == [
        429,
        500,
        503,
    ]


def test_urls_in_messages_hold_no_user_no_query_and_no_secret() -> None:
    assert safe_url("https://me:pw@h:8/a/s3cret/b?k=v#f", ["s3cret"]) == "https://h:8/a/***/b?…"
    assert str(Request("GET", "https://h/a?k=v", {"X": "y"}, b"z")) == repr(REQUEST).replace(
        "acme.example/v2/rows", "h/a"
    )


@given(secret=st.text(WORDS, min_size=4), before=st.text(WORDS, max_size=9), after=st.text(WORDS, max_size=9))
def test_a_secret_never_survives_masking(secret: str, before: str, after: str) -> None:
    text = before + secret + after
    if secret not in before + "***" + after:  # else the surroundings say it themselves
        assert secret not in mask(text, [secret])


def test_an_excerpt_is_one_printable_line_without_secrets() -> None:
    shown = excerpt(b"<html>\r\n\tpassword=hunter2 \x00" + b"x" * 500, ["hunter2"])
    assert shown.startswith("<html> password=*** x")
    assert len(shown) == 81


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'{"n": 123456789012345678901234567890}', {"n": 123456789012345678901234567890}),
        (b"18446744073709551616", 18446744073709551616),
        (b'["\\ud800"]', ["\ud800"]),
        (b"\xef\xbb\xbf[1]", [1]),
        (b" null ", None),
    ],
)
def test_json_is_read_whole_whatever_its_numbers_and_letters(body: bytes, value: object) -> None:
    assert parse_json(body) == value


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!DOCTYPE html><title>Sign in</title>", "HTML or XML"),
        (b'{"rows": [{"a": 1}, {"a"', "cut or broken"),
        (b"", "empty body"),
        (b"  \n", "empty body"),
        (b"OK hunter2", "***"),
        (b"\xff\xfe\x00junk", "cut or broken"),
        (b"[" * 200_000, "nested too deep"),
    ],
)
def test_an_answer_that_is_no_json_is_described_without_secrets(body: bytes, says: str) -> None:
    with pytest.raises(ResponseError, match=r"GET https://acme\.example/v2/rows") as caught:
        reply(body).json()
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_text_follows_the_charset() -> None:
    assert reply("grün".encode("latin-1"), 'text/plain; charset="latin-1"').text() == "grün"
    assert reply("grün".encode(), "text/plain; charset=nonsense").text() == "grün"


def test_no_repr_shows_a_secret() -> None:
    shown = repr(
        [Basic("me", "hunter2"), Bearer("hunter2"), TlsOptions(client_key="hunter2"), reply(b"hunter2")]
    )
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (TlsOptions(ca_pem="no certificate"), "CA certificate"),
        (TlsOptions(ca_pem="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), "CA certificate"),
        (TlsOptions(ca_pem="é"), "CA certificate"),
        (TlsOptions(ca_file="/nowhere/ca.pem"), "/nowhere/ca.pem"),
        (TlsOptions(client_cert="/nowhere/cert.pem"), "client certificate"),
        (
            TlsOptions(client_cert="-----BEGIN CERTIFICATE-----\nAAAA", client_key="-----BEGIN KEY"),
            "client certificate",
        ),
    ],
)
def test_unreadable_tls_material_is_named(options: TlsOptions, says: str) -> None:
    with pytest.raises(CertificateError, match=says):
        options.context()


@pytest.mark.parametrize("pin", ["xyz", "00", "00:11:22", "g" * 64])
def test_a_pin_that_is_no_digest_is_refused(pin: str) -> None:
    with pytest.raises(CertificateError, match="64 hexadecimal digits"):
        TlsOptions(fingerprint_sha256=pin).fingerprint()


def test_verification_is_on_unless_switched_off_or_pinned() -> None:
    assert TlsOptions().context().verify_mode is ssl.CERT_REQUIRED
    assert TlsOptions().context().check_hostname
    assert TlsOptions(verify=False).context().verify_mode is ssl.CERT_NONE
    assert TlsOptions(fingerprint_sha256="0" * 64).context().verify_mode is ssl.CERT_NONE


def test_json_errors_keep_their_cause() -> None:
    with pytest.raises(ResponseError) as caught:
        reply(b"{").json()
    assert isinstance(caught.value.__cause__, json.JSONDecodeError)
