"""Values, one kind after the other; where a library knows better what is valid, it is asked."""

import ipaddress
import math
import random
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter_utils.stix import values
from stix_shifter_utils.stix.kinds import WORDS
from stix_shifter_utils.stix.observables import object_kind
from stix_shifter_utils.stix.times import format_time, in_order, same_width, timestamp, to_milliseconds
from stix_shifter_utils.testing.rows import odd_values


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("a", "a"), (" ", " "), (0, 0), (False, False), (1.5, 1.5), (2**63, 2**63)),
        *(("", None), ([], None), ({}, None), ([""], None), ([None], None), ({"a": ""}, None), (None, None)),
        *((math.nan, None), (-math.inf, None), (2**64, str(2**64)), (-(2**70), str(-(2**70)))),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude00", "\U0001f600"),
        ({"a": [1, None, ""], "b": {}}, {"a": [1]}),
        (("x", {"y"}), ["x", ["y"]]),
        (b"abc", "abc"),
        (b"\xff", "/w=="),
        (Decimal("1.50"), 1.5),
        (Decimal(7), 7),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (Decimal("NaN"), None),
        (datetime.fromisoformat("2020-01-02T03:04:05.678"), "2020-01-02T03:04:05.678Z"),
        (date(2020, 1, 2), "2020-01-02"),
        (time(3, 4), "03:04:00"),
        (timedelta(seconds=90), 90.0),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (ipaddress.IPv4Address("1.2.3.4"), "1.2.3.4"),
        (Colour.RED, "red"),
        ({1: 2, None: 3}, {"1": 2, "None": 3}),
    ],
)
def test_a_native_value_becomes_plain_json(value: Any, expected: Any) -> None:
    found = values.plain(value)
    assert found == expected
    assert type(found) is type(expected)


@settings(max_examples=300, deadline=None)
@given(odd_values())
def test_plain_values_can_always_be_written_and_hold_nothing_empty(value: Any) -> None:
    found = values.plain(value)
    if found is not None:
        assert values.plain(orjson.loads(orjson.dumps(found))) == found


def test_a_value_nested_too_deeply_is_cut_where_the_limit_is() -> None:
    deep: Any = "x"
    for _ in range(values.DEEPEST - 1):
        deep = [deep]
    assert values.plain(deep) == deep
    assert values.plain([[deep]]) is None


def test_plain_values_share_nothing_with_the_row() -> None:
    row = {"a": [{"b": 1}]}
    found = values.plain(row)
    found["a"][0]["b"] = 2
    assert row == {"a": [{"b": 1}]}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", {"a": "a", 5: "5", 1.5: "1.5", True: "true"}, [{"a": 1}, ["a", "b"], math.nan, ""]),
        (
            "integer",
            {5: 5, "80": 80, " -7 ": -7, "5.0": 5, 443.0: 443},
            [True, "5.5", 5.5, "x", "0x1", 2**64],
        ),
        ("port", {"0": 0, 65535: 65535}, [-1, 65536, "http"]),
        ("count", {0: 0, "7": 7}, [-1, "-1", 1.5]),
        ("number", {1: 1, "2.5": 2.5, "1e3": 1000.0, ".5": 0.5}, ["x", True, math.inf, "1e999"]),
        ("boolean", {True: True, "TRUE": True, 0: False, "false": False}, ["yes", 2, "", []]),
        ("hex", {"0aFF": "0aFF", "0x1": "01", 255: "ff", 8: "08"}, ["xyz", "", -1]),
        ("binary", {"YWJj": "YWJj", b"abc": "YWJj"}, ["a", "not base64!", ""]),
        ("ipv4", {"0.0.0.0": "0.0.0.0"}, ["01.2.3.4", "1.2.3.4/8", "1.2.3", "1.2.3.4\n", "1.2.3.256", 5]),
        ("ipv4 2.1", {"1.2.3.0/24": "1.2.3.0/24", "1.2.3.4": "1.2.3.4"}, ["1.2.3.0/33", "1.2.3.0/024"]),
        (
            "ipv6",
            {"FE80::1": "FE80::1", "fe80::1%eth0": "fe80::1", "::ffff:1.2.3.4": "::ffff:102:304"},
            ["::1/128", "1.2.3.4", "::g", ":::", ""],
        ),
        ("ipv6 2.1", {"::/109": "::/109", "2001:db8::/0": "2001:db8::/0"}, ["::/129", "::/01", "::/"]),
        (
            "domain",
            {
                "Ex.COM": "ex.com",
                "a.b.": "a.b",
                "localhost": "localhost",
                "MÜNCHEN.de": "münchen.de",
                "a": "a",
            },
            ["1.2.3.4", "a_b.com", "-a.com", "a..b", "a b", "x" * 64, "::1", "*.a.com", "r3---x.com"],
        ),
        (
            "mac",
            {"001122AABBCC": "00:11:22:aa:bb:cc", "00-11-22-AA-BB-CC": "00:11:22:aa:bb:cc"},
            ["not a mac", "00:11:22:33:44", ""],
        ),
        ("email", {"a.b+c@d-e.f": "a.b+c@d-e.f"}, ["a b@c.d", "@c.d", "a@b", "ä@b.c"]),
        (
            "url",
            {"http://a/b?c=d#e": "http://a/b?c=d#e", "urn:x:y": "urn:x:y", "http://[::1]/": "http://[::1]/"},
            ["a.b/c", "http://a b", "//a", "http://[::g]/", "http://a/%zz", "http://a:b/"],
        ),
        (
            "registry_key",
            {"hklm\\a": "HKEY_LOCAL_MACHINE\\a", "HKU": "HKEY_USERS", "HKEY_USERS\\x": "HKEY_USERS\\x"},
            ["a\\HKCU\\b", ""],
        ),
        ("second", {"2020-01-01T00:00:00.9Z": "2020-01-01T00:00:00Z"}, ["x"]),
        ("millisecond", {"2020-01-01T00:00:00Z": "2020-01-01T00:00:00.000Z"}, [5]),
        ("cpe", {"cpe:2.3:a:b:c:1:*:*:*:*:*:*:*": "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*"}, ["cpe:/a:b", "x"]),
        ("charset", {"utf-8": "UTF-8"}, ["klingon"]),
        ("media_type", {"text/plain": "text/plain"}, ["text/foo", "x"]),
        ("number_observed", {1: 1, "7": 7}, [0, 10**9]),
    ],
)
def test_each_kind_takes_what_it_can_and_refuses_the_rest(
    kind: str, good: dict[Any, Any], bad: list[Any]
) -> None:
    clean = WORDS[kind].clean
    found = {value: clean(value) for value in good}
    assert found == good
    assert [type(value) for value in found.values()] == [type(value) for value in good.values()]
    assert [value for value in bad if clean(value) is not None] == []


def seeded(alphabet: str, seeds: list[str], count: int) -> list[str]:
    """Texts a few edits away from the seeds."""
    chance = random.Random(7)
    made = []
    for _ in range(count):
        letters = list(chance.choice(seeds))
        for _ in range(chance.randint(0, 3)):
            at = chance.randint(0, len(letters))
            letters[at : at + chance.randint(0, 1)] = [chance.choice(alphabet)]
        made.append("".join(letters))
    return made


@pytest.mark.parametrize(
    ("clean", "form", "texts"),
    [
        (
            values.url,
            "uri",
            seeded(
                "aZ0-._~:/?#[]@!$&'()*+,;=% |é\\\"<>{}^`",
                [
                    "http://a/b?c#d",
                    "http://[::1]:80/a",
                    "urn:a:b",
                    "http://u:p@h:1/x",
                    "//a/b",
                    "a.b/c",
                    "x:",
                ],
                6000,
            ),
        ),
        (
            values.domain_name,
            "idn-hostname",
            seeded(
                "aZ0-._*üß１ \u200d", ["a.example.com", "xn--mnchen-3ya.de", "münchen.de", "r3--a.b"], 6000
            ),
        ),
        (values.ipv4, "ipv4", seeded("0129./ ", ["1.2.3.4", "255.255.255.255", "10.0.0.1"], 4000)),
        (
            values.ipv6,
            "ipv6",
            seeded("0aF:.%", ["::1", "fe80::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"], 4000),
        ),
    ],
    ids=["url", "domain", "ipv4", "ipv6"],
)
def test_what_is_taken_is_valid_by_json_schema(clean: Any, form: str, texts: list[str]) -> None:
    from jsonschema import Draft202012Validator

    taken = [found for found in map(clean, texts) if found is not None]
    wrong = [found for found in taken if not Draft202012Validator.FORMAT_CHECKER.conforms(found, form)]
    assert len(taken) > 300
    assert wrong == []


@settings(max_examples=300, deadline=None)
@given(st.ip_addresses(v=6) | st.ip_addresses(v=4))
def test_every_address_is_taken_and_means_the_same(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    for spelling in (str(address), address.exploded):
        found = values.ipv4(spelling) if address.version == 4 else values.ipv6(spelling)
        assert found is not None
        assert ipaddress.ip_address(found) == address


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05.123456789Z", "2020-01-02T03:04:05.123456Z"),
        ("2020-01-02T03:04:05.5+00:00", "2020-01-02T03:04:05.5Z"),
        ("2020-01-02 03:04:05+0530", "2020-01-01T21:34:05Z"),
        ("2020-01-02T03:04:05-08", "2020-01-02T11:04:05Z"),
        ("2020-01-02t03:04z", "2020-01-02T03:04:00Z"),
        ("2020-01-02 03:04:05,250", "2020-01-02T03:04:05.250Z"),
        ("2020-01-02 03:04:05 UTC", "2020-01-02T03:04:05Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        (date(2020, 1, 2), "2020-01-02T00:00:00Z"),
        *((bad, None) for bad in ("2020-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "2020-01-01T24:00:00Z")),
        *((bad, None) for bad in ("2020-01-01T00:00:00ZZZ", "2020-01-01", "yesterday", "", 5, None, "1e3")),
        *((bad, None) for bad in ("0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-01:00")),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=10))), None),
    ],
)
def test_a_time_in_any_spelling_becomes_utc(value: Any, expected: str | None) -> None:
    assert timestamp(value) == expected


@settings(max_examples=300, deadline=None)
@given(
    st.datetimes(
        timezones=st.timezones() | st.just(timezone.utc), min_value=datetime.fromisoformat("1900-01-02")
    )
)
def test_every_moment_is_the_same_moment_afterwards(moment: datetime) -> None:
    expected = moment.astimezone(timezone.utc)
    for spelling in (moment, expected.isoformat(), expected.isoformat(" "), format_time(moment)):
        text = timestamp(spelling)
        assert text is not None
        assert datetime.fromisoformat(
            text[:-1].ljust(26, "0") if "." in text else text[:-1]
        ) == expected.replace(tzinfo=None)


times = st.builds(
    lambda second, fraction: f"2020-01-01T00:00:{second:02}{fraction}Z",
    st.integers(0, 3),
    st.sampled_from(["", ".5", ".50", ".123", ".1234", ".999999"]),
)


@given(times, times)
def test_times_are_ordered_as_text_and_as_moments(one: str, other: str) -> None:
    def moment(text: str) -> datetime:
        second, _, fraction = text[:-1].partition(".")
        return datetime.fromisoformat(second) + timedelta(microseconds=int(f"{fraction:0<6}"))

    first, last = in_order(one, other)
    assert len(first) == len(last)
    assert (first <= last) is (moment(first) <= moment(last)) is True
    assert {moment(first), moment(last)} == {moment(one), moment(other)}
    assert [moment(text) for text in same_width(one, other)] == [moment(one), moment(other)]
    assert moment(to_milliseconds(one)) <= moment(one)
    assert len(to_milliseconds(one)) == 24


@pytest.mark.parametrize(
    ("path", "version", "value", "expected"),
    [
        (("file", "hashes", "sha256"), "2.1", "ab" * 32, {"SHA-256": "ab" * 32}),
        (("file", "hashes", "ssdeep"), "2.0", "3:a:b", {"ssdeep": "3:a:b"}),
        (("file", "hashes", "ssdeep"), "2.1", "3:a:b", {"SSDEEP": "3:a:b"}),
        (("file", "hashes", "MD5"), "2.1", "no hash", None),
        (("file", "hashes", "my.hash"), "2.1", "x", {"my_hash": "x"}),
        (("file", "hashes", "tlsh"), "2.1", "T1" + "A" * 70, {"TLSH": "A" * 70}),
    ],
)
def test_hashes_have_the_names_of_the_version(
    path: tuple[str, str, str], version: Any, value: str, expected: dict[str, str] | None
) -> None:
    kind = object_kind(path[0], version).member(path[1])[1]
    assert kind.read({path[2]: value}) == expected


def test_lists_and_structs_keep_what_is_valid_of_them() -> None:
    key = object_kind("windows-registry-key", "2.1").member("values")[1]
    assert key.read({"name": "a", "data": 5, "data_type": "REG_FOO"}) == [{"name": "a", "data": "5"}]
    assert key.read([{"name": "a"}, "x", {}, {"data": ["b"]}]) == [{"name": "a"}, {"data": "b"}]
    traffic = object_kind("network-traffic", "2.1")
    assert traffic.member("protocols")[1].read(["tcp", "", None, 6]) == ["tcp", "6"]
    assert traffic.member("src_port")[1].read(["80"]) == 80
    assert traffic.member("src_port")[1].read(["80", "81"]) is None
    header = {"User-Agent": "x", "Accept": ["a", "b"]}
    http = traffic.member("extensions")[1].member("http-request-ext")[1].member("request_header")[1]
    assert http.read(header) == {"User-Agent": ["x"], "Accept": ["a", "b"]}
