"""The benchmark suite measures, judges and writes; how fast anything is, is not tested here."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import places, workloads
from bench.report import cells, goals, shown, write_page
from bench.runner import Outcome, measure, run
from bench.table import Row, Settings, rows
from stix_shifter_utils.pattern import comparisons, parse_pattern

ROOT = Path(__file__).resolve().parents[2]
MYSQL_MAP = ROOT / "stix_shifter_modules" / "mysql" / "stix_translation" / "json" / "to_stix_map.json"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "HOME", tmp_path)
    return tmp_path


def test_a_query_is_measured_in_a_process_of_its_own() -> None:
    work = {"case": "query", "module": "mysql", "options": {"table": "t"}, "shape": "mixed", "size": 8}
    answer = run(sys.executable, {**work, "repeat": 1, "batch": 2})
    assert answer["failed"] == ""
    assert answer["cpu_s"] > 0
    assert answer["queries"] == 1


def test_results_are_measured_from_dictionaries_and_as_a_stream_of_text(home: Path) -> None:
    mapping = home / "mysql.json"
    mapping.write_text(json.dumps({"to_stix_map": json.loads(MYSQL_MAP.read_text(encoding="utf-8"))}))
    work = {"case": "results", "mapping": str(mapping), "rows": "mysql", "version": "2.1", "size": 20}
    plain = run(sys.executable, {**work, "repeat": 1, "text": False})
    streamed = run(sys.executable, {**work, "repeat": 1, "text": True, "streams": True})
    assert plain["json_trips"] > 0
    assert min(plain["rows_per_s"], streamed["rows_per_s"], plain["rss_mib"]) > 0
    file = places.rows("mysql", 30)
    million = {
        "case": "ours",
        "what": "million",
        "file": str(file),
        "mapping": str(mapping),
        "version": "2.1",
    }
    assert run(sys.executable, {**million, "size": 30})["failed"] == ""
    assert "rows are missing" in run(sys.executable, {**million, "size": 31})["failed"]


def test_queries_within_limits_hold_every_indicator(home: Path) -> None:
    work = {"case": "ours", "what": "limited", "module": "bench_limits", "size": 12_000}
    work |= {"connectors": str(places.own_connectors(None)), "most": places.LONGEST_QUERY}
    answer = run(sys.executable, work)
    assert answer["failed"] == ""
    assert answer["queries"] > 3
    assert answer["longest"] <= places.LONGEST_QUERY
    assert run(sys.executable, {**work, "most": 1000})["failed"]


def test_an_interpreter_may_be_named_from_the_folder_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "environment" / "python"
    link.parent.mkdir()
    link.symlink_to(sys.executable)
    monkeypatch.chdir(tmp_path)
    assert places.interpreter("environment/python") == str(link)
    assert places.interpreter("python3") == "python3"


def test_a_failure_is_told_and_counts_as_a_goal_that_is_not_met() -> None:
    row = Row(
        "x", ({"case": "query", "module": "no_such", "shape": "nested", "size": 1, "repeat": 1},), must=2
    )
    outcome = measure(row, sys.executable, None)
    assert "unsupported data source" in outcome.failed
    assert outcome.verdict == "no"


@pytest.mark.parametrize(
    ("row", "ours", "theirs", "verdict"),
    [
        (Row("less", (), must=2, aim=4), 1.0, 4.0, "aim"),
        (Row("less", (), must=2, aim=4), 1.0, 3.0, "must"),
        (Row("less", (), must=2, aim=4), 1.0, 1.9, "no"),
        (Row("more", (), better="more", must=2, aim=4), 8.0, 2.0, "aim"),
        (Row("more", (), better="more", must=2, aim=4), 2.0, 2.0, "no"),
        (Row("own", (), of="ours", must=5, aim=3), 4.0, 1.0, "must"),
        (Row("own", (), of="ours", must=5), 6.0, 100.0, "no"),
        (Row("nothing asked", ()), 6.0, 100.0, ""),
        (Row("nothing known", (), must=2), 6.0, None, ""),
    ],
)
def test_goals_are_judged_by_ratio_or_by_our_figure(row: Row, ours: float, theirs: Any, verdict: str) -> None:
    assert Outcome(row, ours, theirs).verdict == verdict


def test_figures_are_shown_with_their_units() -> None:
    assert shown(0.000_25, "ms") == "0.25 ms"
    assert shown(0.05, "ms") == "50.0 ms"
    assert shown(2.5, "ms") == "2,500 ms"
    assert shown(12_345.6, "rows/s") == "12,346 rows/s"
    assert shown(None, "ms") == "-"
    assert goals(Row("a", (), must=8, aim=15)) == "8x / 15x"
    assert goals(Row("a", (), must=16, aim=16, of="ours", unit="MiB")) == "≤ 16 MiB"


def test_the_page_is_written_between_its_marks_again_and_again(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- measured -->\nold\n<!-- /measured -->\nafter\n", encoding="utf-8")
    outcome = Outcome(Row("a row", (), must=2, part="A part"), 1.0, 3.0)
    for _ in range(2):
        write_page([outcome], [], "8.1.3", page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- measured -->\nMeasured on ")
    assert text.endswith("<!-- /measured -->\nafter\n")
    assert "old" not in text
    assert text.count(f"| {' | '.join(cells(outcome))} |") == 1


def test_every_row_has_a_name_of_its_own_and_works_that_can_be_sent(home: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(places, "rows", lambda kind, count: home / f"{kind}-{count}")
    setting = Settings(sys.executable, "python", home, home, home)
    every = list(rows(setting, long=True))
    assert len({row.name for row in every}) == len(every) > 40
    assert all(json.dumps([row.ours, row.theirs]) for row in every)
    assert len(list(rows(Settings(sys.executable, None, None, None, home), long=True))) > 10


@pytest.mark.parametrize("shape", ["one_observation", "many_observations", "mixed", "in_set", "nested"])
def test_patterns_are_legal_and_follow_from_their_seed(shape: str) -> None:
    make = getattr(workloads, shape)
    assert make(20, 1) == make(20, 1) != make(20, 2)
    stated = list(comparisons(parse_pattern(make(20, 1))))
    assert len(stated) == {"in_set": 1, "nested": 21}.get(shape, 20)


def test_rows_in_a_file_are_those_that_are_made_at_once(home: Path) -> None:
    lines = places.rows("elastic_ecs", 50).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == workloads.elastic_rows(50)
