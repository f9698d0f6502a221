"""The first thing a newcomer runs: it has to work, to find what it says, and to leave a valid bundle."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb", reason="the demo searches files with DuckDB (extra local_files)")
stix2validator = pytest.importorskip("stix2validator", reason="the bundle is judged by stix2-validator")

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo, run once: the folder it wrote, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, str(ROOT / "demo" / "run.py"), str(folder)],
        capture_output=True, text=True, cwd=folder, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder, done.stdout


@pytest.fixture(scope="module")
def bundle(demo: tuple[Path, str]) -> Any:
    return json.loads((demo[0] / "bundle.json").read_text())


def test_the_bundle_is_valid(demo: tuple[Path, str]) -> None:
    result = stix2validator.validate_file(
        str(demo[0] / "bundle.json"), stix2validator.ValidationOptions(version="2.1")
    )
    assert result.is_valid, result.object_results


def test_each_of_the_four_sources_has_seen_something(bundle: Any) -> None:
    names = {item["id"]: item["name"] for item in bundle["objects"] if item["type"] == "identity"}
    seen = Counter(
        names[item["created_by_ref"]] for item in bundle["objects"] if item["type"] == "observed-data"
    )
    assert seen == {"Zeek": 53, "Sysmon": 38, "CloudTrail": 17, "partner": 2}


def test_an_address_that_all_sources_saw_is_one_object(bundle: Any) -> None:
    values = [item["value"] for item in bundle["objects"] if item["type"] == "ipv4-addr"]
    assert len(values) == len(set(values))
    assert "198.51.100.23" in values


def test_no_reference_dangles(bundle: Any) -> None:
    known = {item["id"] for item in bundle["objects"]}
    refs = [ref for item in bundle["objects"] for ref in item.get("object_refs", ())]
    assert refs
    assert set(refs) <= known


def test_every_observation_matches_when_judged_again(demo: tuple[Path, str]) -> None:
    assert "110 of the 110 observations match when the pattern is judged here." in demo[1]


def test_the_tour_shows_pattern_verdicts_queries_and_a_timeline(demo: tuple[Path, str]) -> None:
    for words in (
        "domain-name:value LIKE '%.parcel-updates.example'",
        "unsearchable",
        'SELECT * FROM "zeek" WHERE',
        "cmd.exe /c type C:\\Users\\m.okafor\\.aws\\credentials",
        "calls CreateAccessKey, denied",
        "sends 49 MB",
        "valid, says stix2-validator",
    ):
        assert words in demo[1]


def test_it_may_be_run_again_and_says_the_same(demo: tuple[Path, str], bundle: Any) -> None:
    folder, _ = demo
    subprocess.run(
        [sys.executable, str(ROOT / "demo" / "run.py"), str(folder)], check=True, capture_output=True
    )
    assert json.loads((folder / "bundle.json").read_text()) == bundle


def test_the_commands_it_names_work(demo: tuple[Path, str]) -> None:
    folder, said = demo
    block = said.partition("Next, on the same files")[2].partition("\n")[2]
    commands = block.replace("\\\n", " ").strip().splitlines()
    assert len(commands) == 3
    for command in commands:
        words = command.strip().replace("stix-shifter", f"{sys.executable} {ROOT / 'main.py'}", 1)
        done = subprocess.run(
            ["sh", "-c", words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_the_same_seed_makes_the_same_events(demo: tuple[Path, str], tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "demo" / "make_events.py"), str(tmp_path)],
        check=True,
        capture_output=True,
    )
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    events = demo[0] / "events"
    assert made == {
        path.relative_to(events): path.read_bytes() for path in events.rglob("*") if path.is_file()
    }
    assert len(made) == 8


def test_the_first_page_shows_what_the_demo_says(demo: tuple[Path, str]) -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = page.split("<!-- demo -->")[1].split("<!-- /demo -->")[0].split("```")[1::2]
    lines = [line.strip() for part in shown for line in part.splitlines() if line.strip()]
    assert len(lines) > 30
    said = {line.strip().replace(str(demo[0]), "demo-out") for line in demo[1].splitlines()}
    assert [line for line in lines if line not in said] == []
