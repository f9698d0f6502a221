"""The rows of the table: what is measured on either side, which figure counts, and what is asked of it.

Running them is `runner`, showing them `report`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bench import places
from bench.workloads import MATCHED, SORTS

Better = Literal["less", "more"]
Work = dict[str, Any]
CELLS = (("Elastic", "elastic_ecs"), ("QRadar", "qradar"), ("flat", "mysql"))
QUERY = "[url:value LIKE '%login%' OR ipv4-addr:value = '10.0.0.1']"
TRANSLATE = ["translate", "mysql", "query", "{}", QUERY, '{"table": "t"}']


@dataclass(frozen=True)
class Row:
    """One row. `must` and `aim` speak of the ratio to the published side, or of our figure (`of="ours"`).

    `figure` is the name of the figure in the answer of the work; the first item of `unit` stands behind it.
    `rounds`: how often both sides run in turn. `combine`: several answers (works) of one side to one figure.
    """

    name: str
    ours: tuple[Work, ...]
    theirs: tuple[Work, ...] = ()
    figure: str = "cpu_s"
    unit: str = "ms"
    better: Better = "less"
    must: float | None = None
    aim: float | None = None
    of: Literal["ratio", "ours"] = "ratio"
    rounds: int = 3
    combine: Callable[[list[float]], float] = field(default=lambda found: found[0])
    part: str = ""


@dataclass(frozen=True)
class Settings:
    """Where things are; `published` None leaves the other side out."""

    python: str
    published: str | None
    maps: Path | None
    wheels: Path | None
    own: Path

    def work(self, case: str, **more: Any) -> Work:
        return {"case": case, **more}


def rows(setting: Settings, *, long: bool) -> Iterator[Row]:
    """All rows, in the order of the table."""
    yield from queries(setting)
    if setting.wheels is not None:
        yield from wheels(setting)
    if setting.maps is not None:
        yield from results(setting)
        yield from streams(setting, long=long)
    yield from matcher()
    yield from start_up(setting)


def _query(setting: Settings, shape: str, size: int, repeat: int, *, module: str = "mysql") -> Work:
    options = {"table": "t"} if module == "mysql" else {}
    batch = max(1, 100 // size)
    own = {"connectors": str(setting.own)} if module.startswith("bench_") else {}
    work = setting.work("query", module=module, options=options, shape=shape, size=size, repeat=repeat)
    return {**work, "batch": batch, **own}


def queries(setting: Settings) -> Iterator[Row]:
    """Query translation by our connectors."""
    part = "Queries, our connectors (a pattern of its own for every call)"
    goals: dict[int, tuple[float, float]] = {1: (5, 8), 100: (8, 15), 1000: (12, 25), 4000: (15, 40)}
    for title, ours, theirs in (
        ("mysql", "mysql", "mysql"),
        ("the published Elastic map, by our SQL family", "bench_elastic", "elastic_ecs"),
    ):
        for size in (1, 10, 100, 1000, 4000):
            if ours != "mysql" and (setting.maps is None or size == 10):  # noqa: PLR2004
                continue
            must, aim = goals.get(size, (None, None))
            repeat = 3 if size < 1000 else 1  # noqa: PLR2004
            few, name = max(repeat, 3), f"{title}: {size:,} comparison{'s' * (size > 1)} joined by OR"
            yield Row(
                name,
                (_query(setting, "one_observation", size, 5 * few, module=ours),),
                (_query(setting, "one_observation", size, repeat, module=theirs),),
                must=must,
                aim=aim,
                rounds=3,
                part=part,
            )
    one = _query(setting, "one_observation", 1, 30)
    yield Row("mysql: 1 comparison, at most 0.3 ms", (one,), must=0.000_3, aim=0.000_3, of="ours", part=part)
    shapes = (
        ("1,000 comparisons of eight comparators, in pairs by AND", "mixed", 1000, None, None),
        ("1,000 observations", "many_observations", 1000, None, None),
        ("1,000 observations with START-STOP", "with_qualifier", 1000, None, None),
        ("IN set of 1,000 values", "in_set", 1000, 8, 12),
        ("AND and OR nested 100 deep", "nested", 100, None, None),
    )
    for name, shape, size, must_, aim_ in shapes:
        yield Row(
            f"mysql: {name}",
            (_query(setting, shape, size, 15),),
            (_query(setting, shape, size, 2),),
            must=must_,
            aim=aim_,
            rounds=2,
            part=part,
        )
    grown = setting.work(
        "ours", what="growth", module="mysql", options={"table": "t"}, small=4000, large=40_000, repeat=5
    )
    yield Row(
        "time of 40,000 comparisons over time of 4,000", (grown,), figure="ratio", unit="x", must=12, aim=10,
        of="ours", rounds=1, part=part,
    )  # fmt: skip
    limits = setting.work(
        "ours", what="limited", module="bench_limits", size=100_000, most=places.LONGEST_QUERY,
        connectors=str(setting.own),
    )  # fmt: skip
    yield Row(
        f"100,000 indicators in queries of at most {places.LONGEST_QUERY:,} characters, "
        f"lists of at most {places.MOST_VALUES} values",
        (limits,), unit="s", must=5, of="ours", rounds=1, part=part,
    )  # fmt: skip


def wheels(setting: Settings) -> Iterator[Row]:
    """The same published connector on both cores."""
    part = "Queries, published connector wheels: the same wheel on our core and on its own"
    for module in places.WHEELS:
        for size in (1, 100, 1000, 4000):
            if size == 4000 and module == "qradar":  # noqa: PLR2004  a minute on its own core
                continue
            repeat = 3 if size < 1000 else 1  # noqa: PLR2004
            work = _query(setting, "one_observation", size, repeat, module=module)
            on_our_core = {**work, "connectors": str(setting.wheels)}
            must, aim = (5, 8) if size > 1 else (None, None)
            name = f"{module} wheel: {size:,} comparison{'s' * (size > 1)} joined by OR"
            yield Row(name, (on_our_core,), (work,), must=must, aim=aim, rounds=2, part=part)


def _results(setting: Settings, module: str, version: str, size: int, *, text: bool, repeat: int) -> Work:
    return setting.work(
        "results", mapping=f"{setting.maps}/{module}.json", rows=module, version=version, size=size,
        text=text, repeat=repeat,
    )  # fmt: skip


TRIPS = {"2.0": ((3.5, 2), (6, 3), (6, 3)), "2.1": ((6.5, 4), (10, 5), (12, 6))}


def results(setting: Settings) -> Iterator[Row]:
    """Results, the same published maps through both."""
    part = "Results, the same published map through both"
    for text, (must, aim) in ((False, (4, 7)), (True, (5, 10))):
        for title, module in CELLS:
            for version in ("2.0", "2.1"):
                work = _results(setting, module, version, 2000, text=text, repeat=3)
                kind = "JSON text to JSON text, streamed" if text else "dictionaries to bundle"
                yield Row(
                    f"{title}-like rows, {version}, {kind}",
                    ({**work, "streams": text},),
                    ({**work, "repeat": 1},),
                    figure="rows_per_s",
                    unit="rows/s",
                    better="more",
                    must=must,
                    aim=aim,
                    part=part,
                )
    for version, goals in TRIPS.items():
        for (title, module), (trip_must, trip_aim) in zip(CELLS, goals, strict=True):
            work = _results(setting, module, version, 2000, text=False, repeat=3)
            yield Row(
                f"{title}-like rows, {version}: dictionaries to bundle, over a JSON round trip of the rows",
                (work,), ({**work, "repeat": 1},), figure="json_trips", unit="x",
                must=trip_must, aim=trip_aim, of="ours", part=part,
            )  # fmt: skip
    for size in (1000, 20_000):
        work = _results(setting, "elastic_ecs", "2.1", size, text=False, repeat=1)
        yield Row(
            f"Elastic-like, 2.1, dictionaries to bundle, {size:,} rows", (work,), (work,),
            figure="rows_per_s", unit="rows/s", better="more", rounds=1, part=part,
        )  # fmt: skip


def _difference(found: list[float]) -> float:
    return found[1] - found[0]


def streams(setting: Settings, *, long: bool) -> Iterator[Row]:
    """Memory of a process that turns a file into a file."""
    part = "Memory, a file of rows to objects, each size in a process of its own"
    for version in ("2.0", "2.1"):
        mapping = {"mapping": f"{setting.maps}/elastic_ecs.json", "version": version}
        ours = tuple(
            setting.work("memory", file=str(places.rows("elastic_ecs", size)), streams=True, **mapping)
            for size in (10_000, 200_000)
        )
        theirs = tuple(
            setting.work("memory", file=str(places.rows("elastic_ecs", size)), **mapping)
            for size in (10_000, 20_000)
        )
        yield Row(
            f"peak RSS growth from 10,000 to 200,000 Elastic-like rows, {version} (published: to 20,000)",
            ours, theirs, figure="rss_mib", unit="MiB", must=16, aim=2, of="ours", rounds=1,
            combine=_difference, part=part,
        )  # fmt: skip
        yield Row(
            f"peak RSS of 10,000 Elastic-like rows, {version}", ours[:1], theirs[:1],
            figure="rss_mib", unit="MiB", rounds=1, part=part,
        )  # fmt: skip
    if long:
        work = setting.work(
            "ours", what="million", file=str(places.rows("mysql", 1_000_000)), size=1_000_000,
            mapping=f"{setting.maps}/mysql.json", version="2.1",
        )  # fmt: skip
        yield Row(
            "1,000,000 flat rows to STIX 2.1, every row accounted for: peak RSS", (work,),
            figure="rss_mib", unit="MiB", must=200, of="ours", rounds=1, part=part,
        )  # fmt: skip


def matcher() -> Iterator[Row]:
    """Our matcher against the OASIS one, in one interpreter, in the reading that both have."""
    sorts = {name: [pattern] for name, pattern in SORTS.items()}
    for name, patterns in {"three patterns": list(MATCHED), **sorts}.items():
        theirs = {"case": "match", "size": 10_000, "repeat": 1, "here": True, "patterns": patterns}
        ours = {"case": "ours", "what": "matching", "size": 10_000, "repeat": 7, "patterns": patterns}
        must, aim = (None, None) if name in SORTS else (10, 25)
        yield Row(
            f"10,000 observations against {name} (published: stix2-matcher)", (ours,), (theirs,), must=must,
            aim=aim, rounds=2, part="Matching",
        )  # fmt: skip


def start_up(setting: Settings) -> Iterator[Row]:
    """What a fresh process costs."""
    part = "Start-up"
    work = setting.work("start_up")
    yield Row("import of the Python API, CPU", (work,), (work,), part=part, rounds=5)
    yield Row(
        "modules loaded by that import", (work,), (work,), figure="modules", unit="modules",
        must=150, aim=100, of="ours", rounds=1, part=part,
    )  # fmt: skip
    commands = (
        ("stix-shifter --help", ["--help"], None, None),
        ("stix-shifter translate mysql query", TRANSLATE, 4, 6),
    )  # fmt: skip
    for name, command, must, aim in commands:
        for figure, goals in (("cpu_s", (must, aim)), ("wall_s", (None, None))):
            work = setting.work("command", command=command)
            kind = "CPU" if figure == "cpu_s" else "wall clock"
            yield Row(
                f"`{name}` in a fresh process, {kind}", (work,), (work,), figure=figure, must=goals[0],
                aim=goals[1], part=part, rounds=7,
            )  # fmt: skip
