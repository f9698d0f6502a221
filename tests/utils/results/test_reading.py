"""Reading JSON: the same values as the standard library, whatever the text."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter_utils.results.reading import loads

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(values, st.booleans(), st.booleans())
def test_values_are_those_of_the_standard_library(value: Any, ascii_only: bool, as_bytes: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    found = loads(text.encode() if as_bytes else text)
    assert found == json.loads(text)
    assert repr(found) == repr(json.loads(text))


@pytest.mark.parametrize(
    "text",
    ["18446744073709551616", "-9223372036854775809", '{"a": 1234567890123456789012345}', '"\\ud800"', "1e400",
     '{"a": 1, "a": 2}', "-0", "1E5", '["0000000000000000000000"]'],
)  # fmt: skip
def test_numbers_of_any_size_and_lone_surrogates_are_read(text: str) -> None:
    assert repr(loads(text)) == repr(json.loads(text)) == repr(loads(text.encode()))


def test_nan_is_read() -> None:
    assert math.isnan(loads("NaN"))


@pytest.mark.parametrize("text", ["", "{", "nope", '{"a": \x01}', b"\xff", "[" * 100_000])
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        loads(text)
