"""AQL that others write: the reader takes what pySigma's backend for it makes of real Sigma rules.

The backend needs an older pySigma than others, so it lies in a folder of its own, which `.ci/engines` fills.
And the evaluator selects the real events that the rules' authors recorded for them. So neither is a mirror of
our own compiler.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.testing.languages.aql import AqlError, read_aql, run_aql

DATA = (
    Path(os.environ.get("STIX_SHIFTER_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
    / "sigma"
)
BACKEND = Path(__file__).resolve().parents[3] / "build" / "engines" / "pysigma-aql"
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not BACKEND.is_dir(), reason=f"pySigma's backend for AQL is not at {BACKEND}"),
    pytest.mark.skipif(
        not DATA.is_dir(),
        reason=f"no Sigma rules at {DATA}; set STIX_SHIFTER_TEST_DATA to the folder that holds them",
    ),
]


def lines(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


WRITER = """
import gzip, json, sys
from sigma.backends.QRadarAQL import QRadarAQLBackend
from sigma.collection import SigmaCollection
backend = QRadarAQLBackend()
for line in gzip.open(sys.argv[1], "rt", encoding="utf-8"):
    rule = json.loads(line)
    try:
        print(json.dumps([rule["id"], backend.convert(SigmaCollection.from_yaml(rule["yaml"]))]))
    except Exception:
        pass  # what the backend cannot write is not what is tested
"""


@functools.cache
def queries() -> dict[str, list[str]]:
    """The queries of every rule that the backend can write."""
    environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
    written = subprocess.run(
        [sys.executable, "-c", WRITER, str(DATA / "rules.ndjson.gz")],
        env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return dict(json.loads(line) for line in written.stdout.splitlines())


def flat(event: dict[str, Any]) -> dict[str, Any]:
    """An event of Windows as Splunk's add-on gives it: System and EventData side by side."""
    row = {**event["System"], **(event.get("EventData") or event.get("UserData") or {})}
    row["devicetype"] = 12  # Microsoft Windows, which the backend asks for
    row["Provider_Name"] = event["System"]["Provider"]["#attributes"].get("Name")
    return {name: value for name, value in row.items() if value is not None and not isinstance(value, dict)}


def test_the_reader_takes_what_pysigma_writes() -> None:
    refused: Counter[str] = Counter()
    read = 0
    for query in (one for several in queries().values() for one in several):
        try:
            read_aql(query)
            read += 1
        except AqlError as error:
            refused[str(error).partition(": ")[2]] += 1
    print(f"{read} of {read + refused.total()} queries are read; refused: {refused}")  # noqa: T201  the figures
    assert read + refused.total() > 1600
    assert read / (read + refused.total()) >= 0.95


def test_the_evaluator_selects_the_events_that_rules_were_recorded_with() -> None:
    hits: dict[str, list[bool]] = defaultdict(list)
    for line in lines("regression-events.ndjson.gz"):
        for query in queries().get(line["rule_id"], []):
            try:
                hits[line["rule_id"]].append(bool(run_aql(query, {"events": [flat(line["Event"])]})))
            except AqlError:
                hits[line["rule_id"]].append(False)
    selected = sum(map(any, hits.values()))
    missed = [rule for rule in hits if not any(hits[rule])]
    print(f"{selected} of {len(hits)} rules select an event of theirs; not: {missed}")  # noqa: T201  the figures
    assert len(hits) >= 195
    assert selected / len(hits) >= 0.95


def test_rules_do_not_select_the_events_of_others_at_will() -> None:
    """A rule selects few events that are not its own: the evaluator is not simply kind to everything."""
    events = lines("regression-events.ndjson.gz")
    rows = [{**flat(line["Event"]), "rule": line["rule_id"]} for line in events]
    chosen = [(rule, query) for rule, found in queries().items() for query in found][::25]
    others = asked = 0
    for rule, query in chosen:
        try:
            found = run_aql(query, {"events": rows})
        except AqlError:
            continue
        asked += len(rows)
        others += sum(row["rule"] != rule for row in found)
    print(f"{others} of {asked} events of other rules are selected")  # noqa: T201  the figures
    assert others / asked < 0.05
