"""SPL that others write: the reader takes what pySigma's Splunk backend makes of real Sigma rules.

And the evaluator selects the real events that the rules' authors recorded for them. So neither is a mirror of
our own compiler.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.testing.languages.spl import SplError, read_spl
from stix_shifter_utils.testing.languages.spl_rows import run_spl

pytest.importorskip("sigma.backends.splunk", reason="pySigma's Splunk backend is not installed")

DATA = (
    Path(os.environ.get("STIX_SHIFTER_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
    / "sigma"
)
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(),
    reason=f"no Sigma rules at {DATA}; set STIX_SHIFTER_TEST_DATA to the folder that holds them",
)


def lines(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@functools.cache
def queries() -> dict[str, list[str]]:
    """The queries of every rule that the backend can write."""
    from sigma.backends.splunk.splunk import SplunkBackend
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError

    found: dict[str, list[str]] = {}
    for rule in lines("rules.ndjson.gz"):
        try:
            found[rule["id"]] = SplunkBackend().convert(SigmaCollection.from_yaml(rule["yaml"]))
        except SigmaError:
            continue
    return found


def flat(event: dict[str, Any]) -> dict[str, Any]:
    """An event of Windows as Splunk's add-on gives it: System and EventData side by side."""
    row = {**event["System"], **(event.get("EventData") or event.get("UserData") or {})}
    row["Provider_Name"] = event["System"]["Provider"]["#attributes"].get("Name")
    return {name: value for name, value in row.items() if value is not None and not isinstance(value, dict)}


def test_the_reader_takes_what_pysigma_writes() -> None:
    refused: Counter[str] = Counter()
    read = 0
    for query in (one for several in queries().values() for one in several):
        try:
            read_spl(query)
            read += 1
        except SplError as error:
            refused[str(error).partition(": ")[2]] += 1
    print(f"{read} of {read + refused.total()} queries are read; refused: {refused}")  # noqa: T201  the figures
    assert read + refused.total() > 1600
    assert read / (read + refused.total()) >= 0.95


def test_the_evaluator_selects_the_events_that_rules_were_recorded_with() -> None:
    hits: dict[str, list[bool]] = defaultdict(list)
    for line in lines("regression-events.ndjson.gz"):
        for query in queries().get(line["rule_id"], []):
            try:
                hits[line["rule_id"]].append(bool(run_spl(query, [flat(line["Event"])])))
            except SplError:
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
    chosen = [(rule, query) for rule, found in queries().items() for query in found if "|" not in query][::25]
    others = asked = 0
    for rule, query in chosen:
        try:
            found = run_spl(query, rows)
        except SplError:
            continue
        asked += len(rows)
        others += sum(row["rule"] != rule for row in found)
    print(f"{others} of {asked} events of other rules are selected")  # noqa: T201  the figures
    assert others / asked < 0.05
