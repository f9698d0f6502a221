"""The demo: one STIX pattern, asked of log files of three kinds and of a partner's bundle, without a server.

`python demo/run.py [folder]` makes the events (`make_events.py`), shows what each source will be asked and
what it cannot answer, searches, and leaves one valid STIX 2.1 bundle in the folder (default `demo-out`).
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # started as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo.make_events import make
from demo.story import PATTERN
from demo.timeline import timeline
from stix_shifter.cli.tables import Page, Table
from stix_shifter.execution import Limits, Searches
from stix_shifter.results_stream import stream_results
from stix_shifter.stix_translation.explain import explain
from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_utils.pattern import Matcher, observed_from_objects, parse_pattern, print_comparison
from stix_shifter_utils.stix import Merger, bundle_of, own_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stix_shifter_utils.query import QueryPlan

Object = dict[str, Any]
OPTIONS = {"stix_2.1": True, "reserved_names": "rename"}
QUERY_WIDTH, QUERY_LINES = 106, 4


@dataclass(frozen=True, slots=True)
class Source:
    """Something to search: its name here, the connector with its dialect, and where it is."""

    name: str
    module: str
    connection: Object

    @property
    def identity(self) -> Object:
        """Who reports what this source saw."""
        return {
            "type": "identity",
            "id": own_id("identity", "demo", self.name.encode(), ""),
            "name": self.name,
            "identity_class": "system",
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What a source answered: STIX objects, how many rows they come from, and how long it took."""

    source: Source
    objects: list[Object]
    rows: int
    seconds: float
    failures: Sequence[str]


def sources(events: Path) -> list[Source]:
    """The four sources of the demo, none of which needs a server."""
    return [
        Source("Zeek", "local_files:zeek", {"path": str(events / "zeek" / "*.log")}),
        Source("Sysmon", "local_files:windows", {"path": str(events / "sysmon" / "*.ndjson")}),
        Source("CloudTrail", "local_files:cloudtrail", {"path": str(events / "cloudtrail" / "*.ndjson")}),
        Source("partner", "stix_bundle", {"url": str(events / "partner" / "bundle.json")}),
    ]


def plan_of(source: Source) -> QueryPlan:
    """What the source will be asked, and what of the pattern it cannot answer."""
    return next(iter(explain(source.module, PATTERN, OPTIONS).dialects.values()))


def search(source: Source, plan: QueryPlan) -> Found:
    """Ask the source, and translate its rows as they come."""
    begin = time.monotonic()
    queries = [query.body for query in plan.queries]
    with (
        StixTransmission(source.module, source.connection, {}) as transmission,
        Searches(transmission, queries, Limits(rows=10_000)) as searches,
    ):
        rows = (row for page in searches.pages() for row in page)
        objects = [
            dict(item) for item in stream_results(source.module, source.identity, rows, OPTIONS).objects
        ]
    failures = [str(failure) for failure in searches.failures]
    return Found(source, objects, searches.rows, time.monotonic() - begin, failures)


def one_bundle(results: Iterable[Found]) -> Object:
    """Everything that was found, as one STIX 2.1 bundle: an address that two sources saw is one object."""
    merger = Merger("demo")
    objects = [item for found in results for item in merger.add(found.objects)]
    objects += merger.finish()
    objects.sort(key=_place)
    return bundle_of(objects, "2.1")


def _place(item: Object) -> tuple[int, str, str]:
    """Who reports, then what was observed, in the order of time, then what it consists of."""
    order = {"identity": 0, "observed-data": 1}
    return order.get(item["type"], 2), item.get("first_observed", ""), item["id"]


def matching(bundle: Object) -> tuple[str, ...]:
    """The observations that match the pattern when it is judged here, by the local matcher."""
    return Matcher(parse_pattern(PATTERN)).match(observed_from_objects(bundle["objects"])).observed


# -- what is shown


def show_events(page: Page, counts: dict[str, int], events: Path) -> None:
    """How many events there are to search."""
    page.heading("1  A working day at Juniper Freight, and a parcel note that is none")
    page.line()
    page.line(
        f"{sum(counts.values())} events in {events}: "
        + ", ".join(f"{n} {name}" for name, n in counts.items())
    )
    page.line()


def show_plan(page: Page, plans: list[tuple[Source, QueryPlan]]) -> None:
    """The pattern; per source a verdict for each of its comparisons; the native queries."""
    page.heading("2  One question, as a STIX pattern")
    page.line()
    page.code(PATTERN)
    page.line()
    page.heading("3  What each source can say to it")
    page.line()
    comparisons = [print_comparison(verdict.comparison) for verdict in plans[0][1].verdicts]
    verdicts = [[verdict.verdict.value for verdict in plan.verdicts] for _, plan in plans]
    rows = tuple(zip(map(_elided, comparisons), *verdicts, strict=True))
    page.table(Table(("comparison", *(source.name for source, _ in plans)), rows))
    page.line()
    page.line(
        "exact: the source answers just this.  superset: it answers more, so the rows are checked here."
    )
    page.line("unsearchable: it cannot know.  No part of the question is dropped without a word.")
    for source, plan in plans:
        for query in plan.queries:
            page.line()
            page.line(f"{source.name} is asked ({source.module}):")
            page.code(_folded(query.body))
    page.line()


def show_found(page: Page, results: list[Found], bundle: Object) -> None:
    """The table of what was found."""
    page.heading("4  What they answered, in the order of time")
    page.line()
    names = {found.source.identity["id"]: found.source.name for found in results}
    rows = tuple(
        (line.when, line.source, line.count, line.text) for line in timeline(bundle["objects"], names)
    )
    page.table(Table(("time (UTC)", "source", "", "what"), rows))
    page.line()
    for found in results:
        page.line(f"{found.source.name}: {found.rows} rows in {found.seconds:.2f} s" + "".join(
            f"; FAILED: {failure}" for failure in found.failures))  # fmt: skip
    page.line()


def show_bundle(page: Page, bundle: Object, path: Path, verdict: str) -> None:
    """What was written, and what to try next."""
    observed = sum(item["type"] == "observed-data" for item in bundle["objects"])
    page.heading("5  One bundle")
    page.line()
    page.line(
        f"{path}: {len(bundle['objects'])} STIX 2.1 objects, {observed} of them observed-data; {verdict}."
    )
    page.line(
        f"{len(matching(bundle))} of the {observed} observations match when the pattern is judged here."
    )
    page.line()
    page.line("Next, on the same files (stix-shifter is in .venv/bin):")
    folder = path.parent
    page.code(
        f"stix-shifter explain local_files:zeek @{folder}/pattern.txt\n"
        f"stix-shifter match @{folder}/pattern.txt @{path}\n"
        f"stix-shifter execute local_files local_files:cloudtrail @{folder}/identity.json \\\n"
        f"    '{{\"path\": \"{folder}/events/cloudtrail/*\"}}' '{{}}' @{folder}/pattern.txt -r 100 --stix-2.1"
    )


def _elided(text: str) -> str:
    """A comparison whose long hash is cut: the pattern above has it whole."""
    head, quote, value = text.rpartition(" '")
    return f"{head}{quote}{value[:12]}…'" if len(value) > QUERY_WIDTH // 2 else text


def _folded(body: Any) -> str:
    """The beginning of a native query."""
    text = " ".join(body.split()) if isinstance(body, str) else json.dumps(body)
    lines = textwrap.wrap(text, QUERY_WIDTH, break_long_words=False, break_on_hyphens=False)
    if len(lines) > QUERY_LINES + 1:
        lines = [*lines[:QUERY_LINES], f"… {len(' '.join(lines[QUERY_LINES:]))} more characters"]
    return "\n".join(lines)


def validity(path: Path) -> str:
    """What stix2-validator says of the bundle."""
    try:
        import stix2validator
    except ModuleNotFoundError:
        return "not checked: stix2-validator is not installed"
    result = stix2validator.validate_file(str(path), stix2validator.ValidationOptions(version="2.1"))
    return "valid, says stix2-validator" if result.is_valid else "NOT valid, says stix2-validator"


def run(folder: Path) -> int:
    """The whole demo; 0 when every source answered and the bundle is not invalid."""
    events = folder / "events"
    counts = make(events)
    plans = [(source, plan_of(source)) for source in sources(events)]
    opening = Page()
    show_events(opening, counts, events)
    show_plan(opening, plans)
    opening.show()
    results = [search(source, plan) for source, plan in plans]
    bundle = one_bundle(results)
    path = folder / "bundle.json"
    path.write_text(json.dumps(bundle, indent=2) + "\n", encoding="utf-8")
    (folder / "pattern.txt").write_text(PATTERN + "\n", encoding="utf-8")
    (folder / "identity.json").write_text(json.dumps(results[0].source.identity) + "\n", encoding="utf-8")
    verdict = validity(path)
    closing = Page()
    show_found(closing, results, bundle)
    show_bundle(closing, bundle, path, verdict)
    closing.show()
    return 1 if "NOT" in verdict or any(found.failures for found in results) else 0


def main() -> int:
    """Run the demo in a folder."""
    parser = argparse.ArgumentParser(
        description="One STIX pattern, asked of three kinds of log files and a bundle."
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("demo-out"))
    logging.getLogger("stix_shifter_utils").setLevel(logging.ERROR)  # the table above says what was left out
    return run(parser.parse_args().folder)


if __name__ == "__main__":
    sys.exit(main())
