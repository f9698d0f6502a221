"""No secret in texts, structures or logs."""

import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter_utils.config import RedactingFilter, redact, secrets_of

SECRET = "pa'ss w\"ord/+é"


def test_secrets_are_the_password_parameters_and_values_of_unknown_keys(make_connector: Any) -> None:
    found = secrets_of(
        make_connector(),
        {"host": "visible.example", "portt": "mistyped1", "options": {"client_key": "keykey"}},
        {"auth": {"username": "visible", "password": "hidden1", "passwrd": {"deep": ["hidden2"]}}},
    )
    assert found == {"mistyped1", "keykey", "hidden1", "hidden2"}


def test_secrets_of_parameters_of_the_wrong_shape_are_none(make_connector: Any) -> None:
    assert secrets_of(make_connector(), [], "nothing") == frozenset()  # type: ignore[arg-type]  # that is the point


def test_short_words_are_not_masked() -> None:
    assert redact("a cab", {"a", "cab"}) == "a cab"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        repr(SECRET),
        f"x{SECRET}y",
        "pa%27ss%20w%22ord%2F%2B%C3%A9",
        "pa%27ss+w%22ord%2F%2B%C3%A9",
        r'pa\'ss w"ord/+é',
    ],
)
def test_a_secret_is_masked_in_every_form_in_which_messages_hold_it(form: str) -> None:
    text = redact(f"GET /?k={form}&x=1", {SECRET})
    assert "ord" not in text
    assert text.endswith("&x=1")


def test_structures_are_masked_throughout_in_a_copy() -> None:
    given = {"a": ["xhiddenx", {"hidden": 1}], "b": 2}
    assert redact(given, {"hidden"}) == {"a": ["x***x", {"***": 1}], "b": 2}
    assert given == {"a": ["xhiddenx", {"hidden": 1}], "b": 2}


@settings(max_examples=100)
@given(st.text(min_size=4, max_size=12), st.text(max_size=10), st.text(max_size=10))
def test_no_secret_survives(secret: str, before: str, after: str) -> None:
    masked = redact(before + secret + after, {secret})
    assert secret not in masked.replace("***", "\x00")


def test_the_log_filter_masks_messages_arguments_and_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(masking := RedactingFilter())
    masking.add({"hunter22"})
    try:
        raise ValueError("wrong: hunter22")  # noqa: EM101, TRY301 -- what somebody else's code does
    except ValueError:
        logging.getLogger("stix_shifter.test").exception("login with %s failed", "hunter22")
    assert "hunter22" not in caplog.text
    assert "login with *** failed" in caplog.text
    assert "ValueError: wrong: ***" in caplog.text
