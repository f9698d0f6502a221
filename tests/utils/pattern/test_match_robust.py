"""Odd data, deep nesting and many observations: an answer or a typed error, never a crash."""

from __future__ import annotations

import copy
import math
import pickle
import random
import sys
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_utils.errors import ResultsTranslationError, StixShifterError, UnsupportedFeatureError
from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    Matcher,
    ObjectPath,
    Observation,
    ObservationExpression,
    ObservationOr,
    Pattern,
    Qualified,
    Repeats,
    Within,
    observed_from_objects,
    parse_pattern,
)
from stix_shifter_utils.pattern.match import MatchResult, observed_of

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
TIME = "2024-01-01T00:00:00Z"


def observed_data(objects: Any, **more: object) -> Json:
    return {
        "type": "observed-data",
        "id": "observed-data--1",
        "first_observed": TIME,
        "last_observed": TIME,
        "objects": objects,
        **more,
    }


def match(text: str, *objects: Any, **options: Any) -> MatchResult:
    return Matcher(parse_pattern(text), **options).match(observed_from_objects(objects))


ODD_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    10**400,
    -(10**400),
    0.0,
    math.nan,
    math.inf,
    -math.inf,
    "",
    "\ud800",
    "\x00",
    "a" * 10_000,
    b"bytes",
    [],
    {},
    [[]],
    [None],
    [{}],
    {"a": None},
    {"value": []},
    {"0": "0"},
    {1: 2},
    ("x",),
    {"x"},
    object(),
    "0",
    "1",
    "2024-99-01T00:00:00Z",
]
TEXTS = [
    "[a:b = 1]",
    "[a:b != 'x']",
    "[a:b < 1.5]",
    "[a:b >= 'x']",
    "[a:b IN (1, 2)]",
    "[a:b NOT IN ('a')]",
    "[a:b LIKE '%x_']",
    "[a:b MATCHES '(x|y)+']",
    "[a:b ISSUBSET '10.0.0.0/8']",
    "[a:b ISSUPERSET '::1']",
    "[EXISTS a:b]",
    "[NOT EXISTS a:b]",
    "[a:b = t'2024-01-01T00:00:00Z']",
    "[a:b > t'2024-01-01T00:00:00Z']",
    "[a:b = h'00']",
    "[a:b < b'AA==']",
    "[a:b = true]",
    "[a:b_hex = h'00']",
    "[a:b_bin LIKE '%']",
    "[a:b_bin MATCHES '.']",
    "[a:b_ref.value = 'x']",
    "[a:b_refs[*].value = 'x']",
    "[a:b[0] = 1]",
    "[a:b[*] != 1]",
    "[a:b.c.d = 1]",
    "[a:hashes.MD5 = 'x']",
    "[a:b[*][*].value = 1]",
    "[a:created = 1]",
    "[a:value = 'x' AND a:b = 1]",
    "[ipv4-addr:value = '10.0.0.1']",
]


@pytest.mark.parametrize("same_object", [False, True])
def test_no_value_in_any_place_crashes_a_comparison(same_object: bool) -> None:
    names = ("b", "b_hex", "b_bin", "b_ref", "b_refs", "hashes", "created", "value", "type")
    matchers = [
        Matcher(parse_pattern(text), same_object=same_object, case=case)
        for text in TEXTS
        for case in ("exact", "ignore")
    ]
    held = 0
    for odd in ODD_VALUES:
        holders = [{"type": kind, name: odd} for kind in ("a", "ipv4-addr") for name in names]
        shapes: list[Any] = [{"0": {"type": "a", **holder}, "1": odd, "2": holder} for holder in holders]
        for shape in shapes:
            (observed,) = observed_from_objects([observed_data(shape)])
            held += sum(matcher.candidates(observed) for matcher in matchers)
    assert held > 0


def test_objects_that_are_no_objects_are_passed_over() -> None:
    objects = {
        "0": "text",
        "1": None,
        "2": ["list"],
        "3": {"no": "type"},
        "4": {"type": ["a"]},
        "5": {"type": "a", "b": 1},
    }
    for same_object in (False, True):
        assert match("[a:b = 1]", observed_data(objects), same_object=same_object).matched
        assert not match("[a:b = 2]", observed_data(objects), same_object=same_object).matched
        assert match(
            "[a:b = 1 AND a:b > 0 AND a:b < 2 AND a:b != 7]", observed_data(objects), same_object=same_object
        ).matched


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([[]], "object 0 of the bundle is a list, not a JSON object"),
        ([{"type": "file"}, None], "object 1 of the bundle is a NoneType, not a JSON object"),
        (
            [{"type": "observed-data", "id": "observed-data--9", "objects": []}],
            "objects of observed-data--9 is no JSON object",
        ),
        ([{"type": "observed-data", "object_refs": {"a": 1}}], "object_refs of an observed-data is no list"),
        ([{"type": "observed-data", "object_refs": 7}], "object_refs of an observed-data is no list"),
        ([{"type": "observed-data", "object_refs": "file--1"}], "object_refs of an observed-data is no list"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_refused_with_the_place(objects: list[Any], message: str) -> None:
    with pytest.raises(ResultsTranslationError, match=message):
        list(observed_from_objects(objects))


def test_references_that_name_nothing_are_passed_over() -> None:
    known = {"type": "a", "id": "a--1", "b": 1}
    refs: list[Any] = [[], {}, None, 5, "a--2", "a--1"]
    assert match("[a:b = 1]", known, {"type": "observed-data", "object_refs": refs}).matched
    assert not match("[a:b = 1]", known, {"type": "observed-data", "object_refs": []}).matched
    assert not match("[a:b = 1]", known, {"type": "observed-data"}).matched


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ({}, "observed-data--1 has neither first_observed nor last_observed"),
        (
            {"first_observed": "yesterday", "last_observed": TIME},
            "first_observed of observed-data--1 is not a timestamp",
        ),
        (
            {"first_observed": TIME, "last_observed": 5},
            "last_observed of observed-data--1 is not a timestamp",
        ),
    ],
)
def test_times_that_cannot_be_used_matter_only_where_the_pattern_asks_for_times(
    times: Json, message: str
) -> None:
    observed = {
        "type": "observed-data",
        "id": "observed-data--1",
        **times,
        "objects": {"0": {"type": "a", "b": 1}},
    }
    assert match("[a:b = 1]", observed).matched
    assert match("[a:b = 1] OR [a:b = 2]", observed).matched
    assert not match("[a:b = 1] AND [a:b = 2]", observed).matched
    for text in (
        "[a:b = 1] START t'2024-01-01T00:00:00Z' STOP t'2025-01-01T00:00:00Z'",
        "[a:b = 1] FOLLOWEDBY [a:b = 1]",
        "([a:b = 1] AND [a:b = 1]) WITHIN 5 SECONDS",
    ):
        with pytest.raises(ResultsTranslationError, match=message):
            match(text, observed)
        assert not match(text, {**observed, "objects": {}}).matched, (
            "times of observations that cannot match are not read"
        )


def test_one_of_two_times_is_enough_and_their_order_does_not_matter() -> None:
    window = "[a:b = 1] START t'2024-01-01T00:00:00Z' STOP t'2024-01-01T00:00:01Z'"
    objects = {"0": {"type": "a", "b": 1}}
    (first,) = observed_from_objects([{"type": "observed-data", "first_observed": TIME, "objects": objects}])
    assert Matcher(parse_pattern(window)).candidates(first)
    assert first.first is not None
    assert first.last is None
    turned = {"first_observed": "2024-06-01T00:00:00Z", "last_observed": "2023-06-01T00:00:00Z"}
    assert match(window, {"type": "observed-data", **turned, "objects": objects}).matched


@pytest.mark.parametrize(
    ("number", "counted"),
    [(None, 1), (0, 1), (-3, 1), ("5", 1), (True, 1), (2.0, 1), (3, 3), (10**30, 10**30)],
)
def test_number_observed_counts_when_it_is_a_positive_integer(number: Any, counted: int) -> None:
    observed = observed_of(observed_data({}, number_observed=number), {})
    assert observed.number_observed == counted


def test_an_observation_without_id_is_counted_all_the_same() -> None:
    nameless = {
        key: value for key, value in observed_data({"0": {"type": "a", "b": 1}}).items() if key != "id"
    }
    result = match("[a:b = 1] REPEATS 2 TIMES", nameless, dict(nameless), {**nameless, "id": 7})
    assert result.observed == ("", "", "")
    assert len(list(result.bindings())) == 3


def test_the_later_version_of_an_observation_counts_once() -> None:
    def version(modified: str, value: int) -> Json:
        return observed_data({"0": {"type": "a", "b": value}}, modified=modified)

    old, new = version("2024-01-01T00:00:00Z", 1), version("2024-01-02T00:00:00Z", 2)
    for bundle in ([old, new], [new, old], [old, new, old]):
        assert not match("[a:b = 1]", *bundle).matched
        assert match("[a:b = 2]", *bundle).observed == ("observed-data--1",)
        assert not match("[EXISTS a:b] REPEATS 2 TIMES", *bundle).matched


def test_deep_json_is_followed_only_along_the_path() -> None:
    deep: Any = 1
    for _ in range(50_000):
        deep = {"x": [deep]}
    assert match("[EXISTS a:b.x[0].x]", observed_data({"0": {"type": "a", "b": deep}})).matched
    assert match("[a:b != 1]", observed_data({"0": {"type": "a", "b": deep}})).matched
    while isinstance(deep, dict):  # taken apart by hand: freeing it whole may be deep too
        deep = deep.pop("x").pop()


def test_the_caller_s_objects_are_not_changed() -> None:
    bundle: list[Json] = [
        observed_data(
            {"0": {"type": "a", "b_refs": ["1", "2"], "hashes": {"md5": "x"}}, "1": {"type": "a"}},
            modified=TIME,
        )
    ]
    before = copy.deepcopy(bundle)
    for text in TEXTS:
        match(text, *bundle)
        match(text, *bundle, same_object=True)
    assert bundle == before


def nested(depth: int, inside: bool) -> str:
    text = "a:b = 1" if inside else "[a:b = 1]"
    for level in range(depth):
        other = f"a:b = {level}" if inside else f"[a:b = {level}]"
        text = f"({text}) {'AND' if level % 2 else 'OR'} {other}"
    return f"[{text}]" if inside else text


def deep_call(depth: int, function: Callable[[], Any]) -> Any:
    return function() if depth == 0 else deep_call(depth - 1, function)


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("same_object", [True, False])
def test_nesting_of_300_is_compiled_and_matched_in_a_deep_caller(inside: bool, same_object: bool) -> None:
    assert sys.getrecursionlimit() == 1000
    pattern = parse_pattern(nested(300, inside))
    values = ({"0": 298, "1": 299}, {"0": 298}, {"0": 299}, {"0": 0})
    objects = [
        observed_data(
            {name: {"type": "a", "b": value} for name, value in each.items()}, id=f"observed-data--{place}"
        )
        for place, each in enumerate(values)
    ]

    def judge() -> MatchResult:
        result = Matcher(pattern, same_object=same_object).match(observed_from_objects(objects))
        assert bool(list(result.bindings(3))) is result.matched
        return result

    expected = ["observed-data--0", "observed-data--1", "observed-data--2"]
    if inside:
        expected = [] if same_object else expected[:1]
    assert list(deep_call(150, judge).observed) == expected


def test_the_matcher_itself_knows_no_depth() -> None:
    """Trees deeper than the reader makes, as a program may build them."""
    tree: ObservationExpression = Observation(Comparison(ObjectPath("a", ("b",)), Comparator.EQUAL, 1))
    for level in range(3000):
        other = Observation(Comparison(ObjectPath("a", ("b",)), Comparator.EQUAL, level))
        tree = Qualified(ObservationOr((Qualified(tree, Within(level + 1)), other)), Repeats(1))
    result = Matcher(Pattern(tree)).match(
        observed_from_objects([observed_data({"0": {"type": "a", "b": 7}})])
    )
    assert result.matched


def test_a_long_chain_is_no_deep_one() -> None:
    objects = [
        observed_data(
            {"0": {"type": "a", "b": place}},
            id=f"o--{place}",
            first_observed=f"2024-01-01T00:{place // 60:02}:{place % 60:02}Z",
            last_observed=None,
        )
        for place in range(400)
    ]
    chain = " FOLLOWEDBY ".join(f"[a:b = {place}]" for place in range(400))
    assert len(match(chain, *objects).observed) == 400
    assert not match(f"[a:b = 399] FOLLOWEDBY {chain}", *objects).matched


def test_ten_thousand_indicators_in_one_pattern_are_one_look_into_a_set() -> None:
    inside = (
        "[" + " OR ".join(f"domain-name:value = 'host{number}.example'" for number in range(10_000)) + "]"
    )
    outside = " OR ".join(f"[domain-name:value = 'host{number}.example']" for number in range(10_000))
    objects = [
        observed_data({"0": {"type": "domain-name", "value": f"HOST{number}.example"}}, id=f"o--{number}")
        for number in range(9_990, 10_010)
    ]
    for text in (inside, outside):
        pattern = parse_pattern(text)
        matcher = Matcher(pattern)
        assert matcher.match(observed_from_objects(objects * 50)).observed == tuple(
            f"o--{number}" for number in range(9_990, 10_000)
        )


def test_a_block_that_is_no_address_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"ISSUBSET '10\.0\.0\.0/40' for ipv4-addr:value"):
        Matcher(parse_pattern("[ipv4-addr:value ISSUBSET '10.0.0.0/40']"))


def test_bindings_are_made_as_they_are_asked_for_and_bounded() -> None:
    objects = [observed_data({"0": {"type": "a", "b": 1}}, id=f"o--{number}") for number in range(300)]
    result = match("[a:b = 1] AND [a:b = 1] AND [a:b = 1]", *objects)
    assert len(list(result.bindings(7))) == 7
    assert len(list(result.bindings())) == 1000
    first = next(result.bindings())
    assert len({each.id for each in first}) == 3
    assert [len(binding) for binding in match("[a:b = 1]", *objects).bindings(2)] == [1, 1]
    assert list(match("[a:b = 2]", *objects).bindings()) == []


def test_an_observation_can_be_shown_and_an_error_pickled() -> None:
    (observed,) = observed_from_objects([observed_data({"0": {"type": "a"}})])
    assert repr(observed) == "<Observed observed-data--1: 1 objects>"
    with pytest.raises(StixShifterError) as caught:
        match("[a:b MATCHES '(']")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def hundred_thousand() -> list[Json]:
    random_ = random.Random(5)
    start = datetime(2024, 1, 1, tzinfo=timezone.utc)
    bundle = []
    for number in range(100_000):
        moment = (start + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        port = random_.choice((22, 80, 443))
        objects = {
            "0": {"type": "ipv4-addr", "value": f"10.0.{number % 4}.{number % 251}"},
            "1": {"type": "network-traffic", "src_ref": "0", "dst_port": port, "protocols": ["tcp"]},
        }
        times = {"first_observed": moment, "last_observed": moment}
        bundle.append(observed_data(objects, id=f"observed-data--{number}", **times))
    return bundle


def test_100000_observations_are_judged_and_combined() -> None:
    bundle = hundred_thousand()
    ports = {place: each["objects"]["1"]["dst_port"] for place, each in enumerate(bundle)}
    observations = list(observed_from_objects(bundle))

    def ids(text: str) -> set[int]:
        result = Matcher(parse_pattern(text)).match(observations)
        assert result.exact
        return {int(each.rpartition("-")[2]) for each in result.observed}

    assert ids("[network-traffic:dst_port = 22]") == {place for place, port in ports.items() if port == 22}
    assert ids("[network-traffic:src_ref.value = '10.0.1.1' AND network-traffic:protocols[*] = 'tcp']") == {
        place for place in ports if (place % 4, place % 251) == (1, 1)
    }
    pairs = ids(
        "([network-traffic:dst_port = 22] FOLLOWEDBY [network-traffic:dst_port = 80]) WITHIN 1.5 SECONDS"
    )
    expected = {
        each
        for place in range(99_999)
        if (ports[place], ports[place + 1]) == (22, 80)
        for each in (place, place + 1)
    }
    assert pairs == expected
    runs = ids("[network-traffic:dst_port = 22] REPEATS 3 TIMES WITHIN 3 SECONDS")
    expected = {
        each
        for place in range(99_998)
        if all(ports[place + more] == 22 for more in range(3))
        for each in range(place, place + 3)
    }
    assert runs == expected
