"""SPL that others write: what pySigma's backend makes of real Sigma rules is read, and finds their events."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from stix_shifter_utils.testing.languages.spl import SplError, read_spl
from stix_shifter_utils.testing.languages.spl_rows import run_spl
from stix_shifter_utils.testing.real_data import lines
from stix_shifter_utils.testing.sigma import RULES, SigmaTrial, missing

pytest.importorskip("sigma.backends.splunk", reason="pySigma's Splunk backend is not installed")
pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@functools.cache
def trial() -> SigmaTrial:
    """The queries of every rule that the backend can write."""
    from sigma.backends.splunk.splunk import SplunkBackend
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError

    found: dict[str, list[str]] = {}
    for rule in lines(RULES):
        try:
            found[rule["id"]] = SplunkBackend().convert(SigmaCollection.from_yaml(rule["yaml"]))
        except SigmaError:
            continue
    return SigmaTrial(found, read_spl, run_spl, SplError, constant={})


def test_the_reader_takes_what_pysigma_writes() -> None:
    assert sum(map(len, trial().queries.values())) > 1600
    assert trial().read_share() >= 0.95


def test_the_evaluator_selects_the_events_that_rules_were_recorded_with() -> None:
    share, rules = trial().selected_share()
    assert rules >= 195
    assert share >= 0.95


def test_rules_do_not_select_the_events_of_others_at_will() -> None:
    """Among queries without a pipe: behind one, columns of ours may be gone."""
    plain = {rule: [one for one in found if "|" not in one] for rule, found in trial().queries.items()}
    assert replace(trial(), queries=plain).strangers_share() < 0.05
