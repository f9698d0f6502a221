"""The shared transformers, row by row of their documentation, and a connector's own over them."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stix_shifter_utils.errors import TransformError
from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.results import ValueTransformer, get_module_transformers
from stix_shifter_utils.results.transformers import SHARED

YES: tuple[Any, ...] = ("yes", "TRUE", "t", "1", True)
NO: tuple[Any, ...] = ("no", "", "2", False)
NO_EPOCHS: tuple[Any, ...] = ("abc", 10**20, None, [], "", float("nan"), "1e999")
NO_INTEGERS: tuple[Any, ...] = ("", "abc", "0x10", "1e3", float("inf"), float("nan"))
ODD: tuple[Any, ...] = (None, [], {})
ANY: tuple[Any, ...] = ("x", None, [])

GOOD: list[tuple[str, Any, Any]] = [
    *(("StringToBool", value, True) for value in YES),
    *(("StringToBool", value, False) for value in NO),
    ("EpochToTimestamp", 1600000000123, "2020-09-13T12:26:40.123Z"),
    ("EpochToTimestamp", "1600000000123", "2020-09-13T12:26:40.123Z"),
    ("EpochToTimestamp", -1, "1969-12-31T23:59:59.999Z"),
    ("EpochToTimestamp", 1600000000123.5, "2020-09-13T12:26:40.123500Z"),
    ("EpochToTimestamp", "1.5", "1970-01-01T00:00:00.001500Z"),
    *(("EpochToTimestamp", value, None) for value in NO_EPOCHS),
    ("EpochSecondsToTimestamp", 1600000000, "2020-09-13T12:26:40.000Z"),
    ("EpochSecondsToTimestamp", 1600000000.7, "2020-09-13T12:26:40.700Z"),
    ("EpochSecondsToTimestamp", "1531950000.123456", "2018-07-18T21:40:00.123456Z"),
    ("EpochSecondsToTimestamp", 1531950000.123456, "2018-07-18T21:40:00.123456Z"),
    *(("EpochSecondsToTimestamp", value, None) for value in ("160..0.5", None, True)),
    ("TimestampToMilliseconds", "2020-01-01T00:00:00.123Z", 1577836800123),
    ("TimestampToMilliseconds", "2020-01-01T00:00:00Z", 1577836800000),
    ("TimestampToMilliseconds", "2020-01-01T01:00:00+01:00", 1577836800000),
    ("TimestampToMilliseconds", "x", None),
    ("TimestampToUTC", "2019-07-25T10:43:10Z", "25 Jul 2019 10:43:10 +0000"),
    ("TimestampToUTC", "2019-07-25T10:43:10.003Z", "25 Jul 2019 10:43:10 +0000"),
    ("DateTimeToUnixTimestamp", datetime.fromisoformat("2020-01-01T00:00:00.5"), 1577836800500),
    ("DateTimeToUnixTimestamp", datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=1))), 1577833200000),
    ("FormatMac", "001122AABBCC", "00:11:22:aa:bb:cc"),
    ("FormatMac", "00:11:22:aa:bb:cc", "00:11:22:aa:bb:cc"),
    ("FormatMac", "00-11-22-AA-BB-CC", "00:11:22:aa:bb:cc"),
    *(("FormatTCPProtocol", value, ["tcp"]) for value in ("TCP", "tcp-ssl")),
    *(("ToInteger", value, 5) for value in ("5", "5.7", 5.9, 5, " 5 ")),
    ("ToInteger", True, 1),
    ("ToInteger", "-5.5", -5),
    *(("ToInteger", value, None) for value in NO_INTEGERS),
    ("ToString", 5, "5"),
    ("ToString", True, "True"),
    ("ToString", "a", "a"),
    *(("ToString", value, None) for value in ODD),
    ("ToLowercaseArray", "TCP, UDP", ["tcp", "udp"]),
    ("ToLowercaseArray", "A,b", ["a,b"]),
    ("ToLowercaseArray", ["X", "y"], ["x", "y"]),
    ("ToBase64", "abc", "YWJj"),
    ("ToBase64", "é", "w6k="),
    ("ToBase64", b"abc", "YWJj"),
    ("ToFilePath", "C:\\a\\b.exe", "C:\\a\\"),
    ("ToFilePath", "b", ""),
    ("ToDirectoryPath", "C:\\a\\b.exe", "C:\\a"),
    ("ToDirectoryPath", "/a/b", "/a"),
    ("ToDirectoryPath", "C:\\x", "C:\\"),
    ("ToDirectoryPath", "/x", "/"),
    ("ToDirectoryPath", "b", ""),
    ("ToFileName", "C:\\a\\b.exe", "b.exe"),
    ("ToFileName", "/a/b", "b"),
    ("ToFileName", "/a/b/", ""),
    ("ToDomainName", "http://Ex.com:80/p?q", "ex.com"),
    ("ToDomainName", "https://user:pw@Host.example/x@y", "host.example"),
    ("ToDomainName", "http://[::1]:8080/", "::1"),
    ("ToDomainName", "ex.com/p", "ex.com"),
    ("ToDomainName", None, None),
    ("ToIPv4", 16909060, "1.2.3.4"),
    ("ToIPv4", -1, "255.255.255.255"),
    *(("SetToOne", value, 1) for value in ANY),
    ("FilterIPv4List", ["1.2.3.4", "::1", "x", None, 5], ["1.2.3.4"]),
    ("FilterIPv4List", "x", "x"),
    ("FilterIPv6List", ["1.2.3.4", "::1", "x"], ["::1"]),
    ("CheckIPv4", "1.2.3.4", "1.2.3.4"),
    ("CheckIPv4", "::1", None),
    ("CheckIPv6", "::1", "::1"),
    ("CheckIPv6", "1.2.3.4", None),
    ("ValueToList", "x", ["x"]),
    ("UnlistIfList", ["a", "b"], "a"),
    ("UnlistIfList", "a", "a"),
    ("GraphIDToPID", "a:b:12", "12"),
    ("DateToTimestamp", 1600000000123, "2020-09-13T12:26:40.123Z"),
    ("DateToTimestamp", "2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00+01:00"),
    ("DateToTimestamp", "2020-01-01T00:00:00.5", "2020-01-01T00:00:00.5Z"),
    ("DateToTimestamp", "2020-01-01", "2020-01-01T00:00:00Z"),
    ("DateToTimestamp", None, None),
    ("Md5In", f"MD5={'AB' * 16},SHA1={'CD' * 20}", "ab" * 16),
    ("Sha1In", f"MD5={'AB' * 16},SHA1={'CD' * 20}", "cd" * 20),
    ("Sha256In", "ef" * 32, "ef" * 32),
    *(("Md5In", value, None) for value in ("ab" * 15, "ab" * 20, None)),
    ("SeverityToScore", "High", 80),
    ("SeverityToScore", "informational", 20),
]

REFUSED: list[tuple[str, Any]] = [
    *(("StringToBool", value) for value in ODD),
    *(("TimestampToMilliseconds", value) for value in (None, 5)),
    ("TimestampToUTC", "bad"),
    ("DateTimeToUnixTimestamp", "2020"),
    *(("FormatMac", value) for value in (None, "not a mac", 5)),
    *(("FormatTCPProtocol", value) for value in ("udp", None)),
    *(("ToInteger", value) for value in ODD),
    *(("ToLowercaseArray", value) for value in (5, [1], None)),
    *(("ToBase64", value) for value in (5, None)),
    *((name, None) for name in ("ToFilePath", "ToDirectoryPath", "ToFileName")),
    ("ToDomainName", 5),
    ("ToIPv4", "1"),
    ("UnlistIfList", []),
    *(("GraphIDToPID", value) for value in ("a:b", 5)),
    *(("SeverityToScore", value) for value in ("severe", 5, None)),
]


@pytest.mark.parametrize(("name", "value", "expected"), GOOD)
def test_a_transformer_turns_a_value_into_the_documented_one(name: str, value: Any, expected: Any) -> None:
    transform: Any = SHARED[name]
    found = transform.transform(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_transformer_refuses_what_it_cannot_read_without_showing_it(name: str, value: Any) -> None:
    transform: Any = SHARED[name]
    with pytest.raises(TransformError, match=name) as caught:
        transform.transform(value)
    assert not isinstance(value, str) or repr(value) not in str(caught.value)


def test_every_transformer_is_documented_and_tells_how_its_values_relate() -> None:
    tested = {name for name, *_ in GOOD} | {"ValueTransformer", "NaiveToUTC"}
    assert set(SHARED) == tested
    relations = {name: item.relation for name, item in SHARED.items() if issubclass(item, ValueTransformer)}
    assert relations["ToFileName"] is Relation.FILE_NAME
    assert relations["EpochSecondsToTimestamp"] is Relation.EPOCH_S
    assert {name for name, relation in relations.items() if relation is Relation.OPAQUE} == {
        *("DateTimeToUnixTimestamp", "FormatMac", "FormatTCPProtocol", "GraphIDToPID", "ToIPv4"),
        *("TimestampToMilliseconds", "TimestampToUTC", "ValueTransformer", "SeverityToScore"),
    }


def test_naive_to_utc_is_a_time_zone() -> None:
    zone: Any = SHARED["NaiveToUTC"]()
    moment = datetime(2020, 1, 1, tzinfo=zone)
    assert (moment.utcoffset(), moment.dst(), moment.tzname()) == (timedelta(0), timedelta(0), "UTC")


def test_the_base_transforms_nothing() -> None:
    with pytest.raises(NotImplementedError):
        ValueTransformer.transform(1)


@given(st.text(max_size=30))
def test_the_parts_of_a_path_make_the_path(path: str) -> None:
    transformers: Any = SHARED
    folder, name = transformers["ToFilePath"].transform(path), transformers["ToFileName"].transform(path)
    assert folder + name == path
    assert folder.startswith(transformers["ToDirectoryPath"].transform(path))


@given(st.integers(-62_000_000_000_000, 250_000_000_000_000))
def test_epochs_become_the_moment_that_they_count_to(milliseconds: int) -> None:
    transformers: Any = SHARED
    text = transformers["EpochToTimestamp"].transform(milliseconds)
    assert transformers["TimestampToMilliseconds"].transform(text) == milliseconds


OWN = """
from stix_shifter_utils.results import ValueTransformer
from stix_shifter_utils.results.transformers.texts import ToString


class ToInteger(ValueTransformer):
    @staticmethod
    def transform(obj):
        return -1


class Plain:
    @staticmethod
    def transform(obj):
        return "plain"
"""


def test_a_connectors_own_transformers_stand_over_the_shared_ones(make_connector: Any) -> None:
    module = make_connector({"stix_translation/__init__.py": "", "stix_translation/transformers.py": OWN})
    found: Any = get_module_transformers(module)
    assert found["ToInteger"].transform("5") == -1
    assert found["Plain"].transform("5") == "plain"
    assert found["ToString"] is SHARED["ToString"]
    assert set(found) == {*SHARED, "Plain"}


def test_a_connector_without_transformers_has_the_shared_ones(make_connector: Any) -> None:
    assert get_module_transformers(make_connector()) == get_module_transformers("no_such") == dict(SHARED)


def test_an_error_inside_a_connectors_transformers_is_not_hidden(make_connector: Any) -> None:
    module = make_connector(
        {"stix_translation/__init__.py": "", "stix_translation/transformers.py": "import no_such_module"}
    )
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        get_module_transformers(module)
