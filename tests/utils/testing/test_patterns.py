"""Generated patterns are about their rows, hold every comparator and come again by their seed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from stix_shifter_utils.pattern import (
    Comparator,
    Matcher,
    Node,
    Observation,
    ObservationFollowedBy,
    Pattern,
    Qualified,
    StartStop,
    comparisons,
    fold,
    observations,
    observed_from_objects,
    parse_path,
    parse_pattern,
    print_pattern,
)
from stix_shifter_utils.testing.patterns import Shape, count_comparators, generate_patterns

MORNING = datetime(2024, 5, 1, 8, tzinfo=timezone.utc)


def some_rows(count: int = 120) -> list[dict[str, Any]]:
    chance = random.Random(5)
    rows = []
    for number in range(count):
        row = {
            "ipv4-addr:value": [f"10.0.{number % 3}.{number % 7}", f"192.168.0.{number % 5}"],
            "network-traffic:dst_port": chance.choice([53, 80, 443, 8080]),
            "network-traffic:start": (MORNING + timedelta(seconds=number)).isoformat().replace("+00:00", "Z"),
            "process:command_line": chance.choice(
                ["cmd.exe /c dir", r"C:\Windows\a_b%.exe", "it's", "ls -l"]
            ),
            "process:x_flag": chance.random() < 0.5,
            "file:size": number * 1.5,
            "file:hashes.'SHA-256'": f"{number % 11:064x}",
        }
        if chance.random() < 0.3:
            del row["process:command_line"]
        rows.append(row)
    return rows


def bundle(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as STIX 2.1 objects: one observed-data each."""
    objects: list[dict[str, Any]] = []
    for number, row in enumerate(rows):
        made: dict[str, dict[str, Any]] = {}
        for text, value in row.items():
            path = parse_path(text)
            for place, one in enumerate(value if isinstance(value, list) else [value]):
                found = made.setdefault(f"{path.object_type}--{number}-{place}", {"type": path.object_type})
                names = [str(step) for step in path.steps]
                for name in names[:-1]:
                    found = found.setdefault(name, {})
                found[names[-1]] = one
        moment = (MORNING + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
        objects += [{**found, "id": name} for name, found in made.items()]
        objects.append(
            {
                "type": "observed-data",
                "id": f"observed-data--{number}",
                "first_observed": moment,
                "last_observed": moment,
                "number_observed": 1,
                "object_refs": list(made),
            }
        )
    return objects


def test_five_hundred_patterns_hold_every_comparator_ten_times_with_and_without_not() -> None:
    counts = count_comparators(generate_patterns(some_rows(), seed=1, count=500))
    assert set(counts) == {(comparator, negated) for comparator in Comparator for negated in (False, True)}
    assert min(counts.values()) >= 10


def test_at_least_two_in_five_patterns_select_some_but_not_all_rows() -> None:
    rows = some_rows()
    observed = list(observed_from_objects(bundle(rows)))
    shape = Shape(several_observations=0, qualified=0)
    made = generate_patterns(rows, seed=2, count=500, shape=shape)
    selected = [sum(map(Matcher(pattern).candidates, observed)) for pattern in made]
    assert len(observed) == len(rows)
    assert sum(0 < count < len(rows) for count in selected) >= 0.6 * len(made)
    assert sum(count == 0 for count in selected) >= 5
    assert sum(count == len(rows) for count in selected) >= 5


def test_patterns_round_trip_through_text_and_come_again_by_their_seed() -> None:
    shape = Shape(times=[MORNING, MORNING + timedelta(hours=1)])
    made = generate_patterns(some_rows(), seed=3, count=300, shape=shape)
    assert [parse_pattern(print_pattern(pattern)) for pattern in made] == made
    assert generate_patterns(some_rows(), seed=3, count=300, shape=shape) == made
    assert generate_patterns(some_rows(), seed=4, count=300, shape=shape) != made


def test_every_kind_of_node_comes() -> None:
    shape = Shape(times=[MORNING, MORNING + timedelta(hours=1)])
    kinds = {
        name
        for one in generate_patterns(some_rows(), seed=5, count=300, shape=shape)
        for name in kinds_in(one)
    }
    assert kinds >= {
        "ComparisonAnd",
        "ComparisonOr",
        "ObservationAnd",
        "ObservationOr",
        "ObservationFollowedBy",
    }
    assert kinds >= {"StartStop", "Within", "Repeats"}


def kinds_in(pattern: Pattern) -> set[str]:
    """The kinds of nodes and qualifiers in a pattern."""

    def combine(node: Node, results: tuple[set[str], ...]) -> set[str]:
        qualifier = {type(node.qualifier).__name__} if isinstance(node, Qualified) else set()
        return {type(node).__name__}.union(qualifier, *results)

    return fold(pattern, combine)


def test_the_shape_restricts_comparators_operators_and_qualifiers() -> None:
    shape = Shape(
        comparators=(Comparator.EQUAL, Comparator.IN),
        negation=False,
        most_comparisons=2,
        observation_operators=("OR",),
        qualifiers=("START",),
        times=[MORNING],
        one_type=True,
        several_observations=1,
        qualified=1,
    )
    for pattern in generate_patterns(some_rows(), seed=6, count=200, shape=shape):
        assert {one.comparator for one in comparisons(pattern)} <= {Comparator.EQUAL, Comparator.IN}
        assert not any(one.negated for one in comparisons(pattern))
        assert kinds_in(pattern) & {"StartStop", "Within", "Repeats"} == {"StartStop"}
        assert "AND [" not in print_pattern(pattern)
        for observation, window in observations(pattern):
            assert isinstance(observation, Observation)
            assert window.start is not None
            assert len({one.path.object_type for one in comparisons(observation)}) == 1
            assert len(list(comparisons(observation))) <= 2
    plain = generate_patterns(
        some_rows(), seed=6, count=50, shape=Shape(observation_operators=(), qualifiers=())
    )
    assert all(isinstance(pattern.expression, Observation) for pattern in plain)


def test_columns_of_values_do_instead_of_rows() -> None:
    columns: dict[str, list[Any]] = {
        "file:name": ["a.exe", "b.dll", None],
        "file:size": [1, 2, float("nan"), 10**700],
        "x:seen": [MORNING],
    }
    made = generate_patterns(columns, seed=7, count=200)
    assert {str(one.path) for pattern in made for one in comparisons(pattern)} >= {
        "file:name",
        "file:size",
        "x:seen",
    }
    assert [parse_pattern(print_pattern(pattern)) for pattern in made] == made


def test_rows_without_a_value_are_an_error() -> None:
    with pytest.raises(ValueError, match="no row holds a value"):
        generate_patterns([{"file:name": None}, {}], seed=1, count=1)


def test_windows_lie_around_the_given_times() -> None:
    shape = Shape(times=[MORNING], qualifiers=("START",), qualified=1, observation_operators=())
    for pattern in generate_patterns(some_rows(), seed=8, count=50, shape=shape):
        assert isinstance(pattern.expression, Qualified)
        qualifier = pattern.expression.qualifier
        assert isinstance(qualifier, StartStop)
        assert qualifier.start.moment <= MORNING < qualifier.stop.moment
    assert ObservationFollowedBy not in {
        type(pattern.expression) for pattern in generate_patterns(some_rows(), seed=8, count=50, shape=shape)
    }
