"""Generated patterns over rows spread at random on three sources: as the matcher over all in one place."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING, Any

from stix_shifter.hunt import HuntFinished, HuntReport, Source, hunt_stream
from stix_shifter.hunt.check import observation
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.errors import StixShifterError
from stix_shifter_utils.pattern import (
    Matcher,
    ObservationAnd,
    ObservationFollowedBy,
    Pattern,
    Qualified,
    Repeats,
    Within,
    children,
    print_pattern,
)
from stix_shifter_utils.pattern.since import within_default_window
from stix_shifter_utils.testing.patterns import Shape, generate_patterns

from .conftest import MakeBundle, Tables, host_event, network_event, table_source, translated

if TYPE_CHECKING:
    from collections import Counter
    from datetime import datetime

    from stix_shifter_utils.pattern import Node, ObjectPath, Observed

COUNT, SEED = 300, 11
OPERATORS = (ObservationAnd, ObservationFollowedBy, Within, Repeats)


def operators(pattern: Pattern) -> set[type]:
    """Which observation operators a pattern has."""
    found: set[type] = set()
    stack: list[Node] = [pattern.expression]
    while stack:
        node = stack.pop()
        found.add(type(node.qualifier) if isinstance(node, Qualified) else type(node))
        stack.extend(children(node))
    return found & set(OPERATORS)


def values_at(observed: Observed, path: ObjectPath) -> list[Any]:
    """The plain values that an observation has at a path."""
    places: list[Any] = list(observed.by_type.get(path.object_type, ()))
    for step in path.steps:
        holders = [observed.lookup.get(place) if isinstance(place, str) else place for place in places]
        found = [holder[step] for holder in holders if isinstance(holder, dict) and step in holder]
        places = [item for value in found for item in (value if isinstance(value, list) else [value])]
    return [place for place in places if isinstance(place, str | int | float)]


def patterns(everything: list[Observed], moments: list[datetime]) -> list[Pattern]:
    entry_point = load_entry_point("synchronous_template")(options={"stix_2.1": True})
    paths = {
        path
        for name in entry_point.get_dialects()
        for path in entry_point.get_query_translator(name).mapping().index.paths()
    }
    values = [
        {str(path): found for path in sorted(paths, key=str) if (found := values_at(one, path))}
        for one in everything
    ]
    shape = Shape(most_comparisons=3, times=moments[::9], several_observations=0.9, qualified=0.6)
    made = generate_patterns(values, seed=SEED, count=COUNT * 2, shape=shape)
    return [pattern for pattern in made if operators(pattern)]


async def report_of(text: str, sources: list[Source], start: datetime, stop: datetime) -> HuntReport:
    stream = hunt_stream(text, sources, start=start, stop=stop)
    async with contextlib.aclosing(stream) as events:
        async for event in events:
            if isinstance(event, HuntFinished):
                return event.report
    raise AssertionError


def test_three_sources_together_answer_as_one_place(bundle_source: MakeBundle) -> None:
    from collections import Counter
    from datetime import timedelta

    chance = random.Random(SEED)
    network: list[list[int]] = [[], [], []]
    host: list[list[int]] = [[], [], []]
    for spread, count in ((network, 45), (host, 25)):
        for number in range(count):
            chance.choice(spread).append(number)
    with (
        Tables(map(network_event, network[0]), map(host_event, host[0])) as one,
        Tables(map(network_event, network[1]), map(host_event, host[1])) as other,
    ):
        rows = [[*map(network_event, network[part]), *map(host_event, host[part])] for part in range(3)]
        sources = [
            table_source("one", one), table_source("other", other), bundle_source("third", rows[2]),
        ]  # fmt: skip
        groups = [
            group
            for source, part in zip(sources, rows, strict=True)
            for group in translated(part, source.identity)
        ]
        everything = sorted(map(observation, groups), key=lambda each: (each.raw["first_observed"], each.id))
        moments = sorted(each.first for each in everything if each.first)
        start, stop = moments[0] - timedelta(hours=1), moments[-1] + timedelta(hours=1)

        async def compare() -> tuple[Counter[str], list[str]]:
            tally: Counter[str] = Counter()
            wrong: list[str] = []
            at_once = asyncio.Semaphore(4)

            async def one(pattern: Pattern, wanted: set[str]) -> None:
                text = print_pattern(pattern)
                async with at_once:
                    report = await report_of(text, sources, start, stop)
                assert report.worked, [entry.reason for entry in report.ledger.failed]
                found = {item["id"] for item in report if item["type"] == "observed-data"}
                tally["compared"] += 1
                tally["selective"] += 0 < len(wanted) < len(everything)
                tally["over several sources"] += sum(one.matched > 0 for one in report.ledger.sources) > 1
                tally.update(kind.__name__ for kind in operators(pattern))
                if found != wanted:
                    wrong.append(f"{text}: misses {wanted - found}, adds {found - wanted}")

            judged = []
            for pattern in patterns(everything, moments):
                with contextlib.suppress(StixShifterError):  # a pattern that nobody can judge
                    matcher = Matcher(within_default_window(pattern, start, stop))
                    judged.append((pattern, set(matcher.match(everything).observed)))
            await asyncio.gather(*(one(pattern, wanted) for pattern, wanted in judged[:COUNT]))
            return tally, wrong

        tally, wrong = asyncio.run(compare())
    assert not wrong, f"{len(wrong)} of {tally['compared']} differ:\n" + "\n".join(wrong[:5])
    assert tally["compared"] == COUNT
    assert tally["selective"] >= 0.4 * COUNT
    assert tally["over several sources"] >= 50
    assert min(tally[kind.__name__] for kind in OPERATORS) >= 30, tally
