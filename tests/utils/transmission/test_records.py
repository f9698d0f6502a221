"""Dotted names of document stores, made into structures."""

from __future__ import annotations

from typing import Any

import pytest

from stix_shifter_utils.transmission import nested_record


@pytest.mark.parametrize(
    ("record", "nested"),
    [
        ({"a": 1}, {"a": 1}),
        ({"a.b": 1, "a.c": 2}, {"a": {"b": 1, "c": 2}}),
        ({"a": {"c": 2}, "a.b": 1}, {"a": {"c": 2, "b": 1}}),
        ({"a.b": 1, "a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": {"b.c": [{"d.e": 1}]}}, {"a": {"b": {"c": [{"d": {"e": 1}}]}}}),
        ({"a": 1, "a.b": 2}, {"a": 1, "a.b": 2}),
        ({".a": 1, "b.": 2}, {".a": 1, "b.": 2}),
    ],
)  # fmt: skip
def test_dotted_names_become_structures(record: dict[str, Any], nested: dict[str, Any]) -> None:
    before = repr(record)
    assert nested_record(record) == nested
    assert repr(record) == before
