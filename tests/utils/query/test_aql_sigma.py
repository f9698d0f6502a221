"""AQL that others write: what pySigma's backend makes of real Sigma rules is read, and finds their events.

The backend needs an older pySigma than others, so it lies in a folder of its own, which `.ci/engines` fills.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.testing.languages.aql import AqlError, read_aql, run_aql
from stix_shifter_utils.testing.real_data import data_folder
from stix_shifter_utils.testing.sigma import RULES, SigmaTrial, missing

BACKEND = Path(__file__).resolve().parents[3] / "build" / "engines" / "pysigma-aql"
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not BACKEND.is_dir(), reason=f"pySigma's backend for AQL is not at {BACKEND}"),
    pytest.mark.skipif(bool(missing()), reason=missing()),
]
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


def run(query: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return run_aql(query, {"events": rows})


@functools.cache
def trial() -> SigmaTrial:
    """The queries of every rule that the backend can write."""
    environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
    written = subprocess.run(
        [sys.executable, "-c", WRITER, str(data_folder() / RULES)],
        env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    queries = dict(json.loads(line) for line in written.stdout.splitlines())
    windows = {"devicetype": 12}  # which the backend asks for
    return SigmaTrial(queries, read_aql, run, AqlError, constant=windows)


def test_the_reader_takes_what_pysigma_writes() -> None:
    assert sum(map(len, trial().queries.values())) > 1600
    assert trial().read_share() >= 0.95


def test_the_evaluator_selects_the_events_that_rules_were_recorded_with() -> None:
    share, rules = trial().selected_share()
    assert rules >= 195
    assert share >= 0.95


def test_rules_do_not_select_the_events_of_others_at_will() -> None:
    assert trial().strangers_share() < 0.05
