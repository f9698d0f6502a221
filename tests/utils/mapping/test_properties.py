"""What searching believes about properties is what results do: each property is tried with real rows."""

from collections.abc import Iterator
from typing import Any

import pytest

from stix_shifter_utils.mapping import Cleaning, property_of
from stix_shifter_utils.pattern import ObjectPath, make_path, parse_path
from stix_shifter_utils.pattern.spellings import other_name
from stix_shifter_utils.results import compile_mapping, translate_rows
from stix_shifter_utils.stix.observable_table import TABLE

IDENTITY = {"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "test"}
SAMPLES: tuple[Any, ...] = (
    *("text", "", " blank ", "80", "-1", "70000", "1.5", "yes", "true", "0", "a" * 64, "AB" * 16, "YWJj"),
    *(
        "10.0.0.1",
        "10.0.0.0/8",
        "01.2.3.4",
        "::1",
        "fe80::1%eth0",
        "::ffff:1.2.3.4",
        "Example.COM",
        "example.com.",
    ),
    *("00-11-22-AA-BB-CC", "0011.22aa.bbcc", "a@b.org", "http://a.b/c", "HKLM\\Software", "HKEY_USERS\\x"),
    *("2020-01-01T00:00:00Z", "2020-01-01 00:00:00.123456", "UTF-8", "eng", "text/plain", "é", "e\u0301"),
    *(80, -1, 70000, 2**70, 1.5, 2.0, True, False),
)


def paths() -> Iterator[ObjectPath]:
    """Every property of the specification's table that holds values."""
    for object_type, table in TABLE.items():
        yield from (make_path(object_type, text) for text in _texts(table, ""))
    yield parse_path("x-custom:anything")
    yield parse_path("x-custom:part.inner")


def _texts(table: Any, prefix: str) -> Iterator[str]:
    for name, kind in table.items():
        if name == "*":
            continue
        part = kind[0] if isinstance(kind, list) else kind
        text = f"{prefix}'{name}'"
        if isinstance(part, dict):
            yield from _texts(part, f"{text}.")
        elif not part.startswith("ref"):
            yield (
                f"{text}.'SHA-256'"
                if part == "hashes"
                else f"{text}.some_key"
                if part.startswith("dict")
                else text
            )


def shown(path: ObjectPath, value: Any) -> list[Any]:
    """The values under a path in the results of a row with one native value."""
    key = path.object_type + "." + ".".join(f"'{step}'" for step in path.steps)
    mapping = compile_mapping({"native": {"key": key}}, transformers={}, version="2.1", options={})
    found: list[Any] = []
    for item in translate_rows([{"native": value}], IDENTITY, mapping, {}):
        if item["type"] == path.object_type:
            steps = [step for step in property_of(path).path.steps if isinstance(step, str)]
            other = other_name(path.object_type, steps[0])
            found += _reach(item, steps) or (_reach(item, [other, *steps[1:]]) if other else [])
    return found


def _reach(item: Any, steps: list[str]) -> list[Any]:
    if isinstance(item, list):
        return [each for part in item for each in _reach(part, steps)]
    if not steps:
        return [item]
    return _reach(item[steps[0]], steps[1:]) if isinstance(item, dict) and steps[0] in item else []


PATHS = list(paths())


def test_the_table_is_walked() -> None:
    assert len(PATHS) > 200


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_results_keep_what_searching_believes_they_keep(path: ObjectPath) -> None:
    known = property_of(path)
    for value in SAMPLES:
        for got in shown(path, value):
            if known.cleaning is Cleaning.AS_IS and abs(value if type(value) is int else 0) < 2**63:
                assert got == value
            elif known.cleaning in {Cleaning.TEXT, Cleaning.VALID}:
                assert got == (value if isinstance(value, str) else got)
                assert isinstance(got, str)
            elif known.cleaning is Cleaning.WHOLE:
                assert isinstance(got, int)
                assert known.low is None or got >= known.low
                assert known.high is None or got <= known.high
            elif known.cleaning in {Cleaning.NUMBER, Cleaning.BOOLEAN}:
                assert isinstance(got, (int, float))


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_a_property_that_stands_alone_comes_back_alone(path: ObjectPath) -> None:
    """`stands` is believed when an exact verdict is given, so it must not be true too often."""
    known = property_of(path)
    for value in SAMPLES:
        if known.cleaning is Cleaning.OTHER or not known.stands:
            continue
        clean = known.clean(value)
        if clean is not None:
            assert shown(path, value) == [clean], (value, clean)


@pytest.mark.parametrize(
    ("path", "cleaning", "is_list"),
    [
        ("network-traffic:protocols", Cleaning.TEXT, True),
        ("network-traffic:src_port", Cleaning.WHOLE, False),
        ("ipv4-addr:value", Cleaning.VALID, False),
        ("ipv6-addr:value", Cleaning.RESPELLED, False),
        ("mac-addr:value", Cleaning.RESPELLED, False),
        ("file:hashes.MD5", Cleaning.VALID, False),
        ("file:created", Cleaning.INSTANT, False),
        ("user-account:is_disabled", Cleaning.BOOLEAN, False),
        ("windows-registry-key:values.name", Cleaning.TEXT, True),
        ("x-oca-event:code", Cleaning.AS_IS, False),
    ],
)
def test_properties_have_their_class(path: str, cleaning: Cleaning, is_list: bool) -> None:
    known = property_of(parse_path(path))
    assert (known.cleaning, known.is_list) == (cleaning, is_list)


def test_names_that_stix_does_not_allow_are_shown_as_results_spell_them() -> None:
    assert str(property_of(parse_path("x-test:CamelCase")).path) == "x-test:camelcase"
