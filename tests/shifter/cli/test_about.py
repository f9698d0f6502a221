"""`modules`, `configs`, `mapping`, `--version` and the help."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stix_shifter.cli.app import main
from stix_shifter.cli.reference import page

ROOT = Path(__file__).resolve().parents[3]
Run = Callable[..., Any]


@pytest.mark.usefixtures("tiny")
def test_modules_tells_the_dialects_of_one_connector(run: Run) -> None:
    said = run("modules", "tiny")
    assert (said.code, said.json) == (0, {"tiny": {"default": {"language": "stix", "default": True}}})


@pytest.mark.usefixtures("tiny")
def test_modules_lists_all_connectors_sorted_by_name(run: Run) -> None:
    names = list(run("modules").json)
    assert names == sorted(names)
    assert "tiny" in names


@pytest.mark.parametrize("command", ["modules", "configs"])
def test_a_hidden_connector_is_an_empty_answer(
    run: Run, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "stix_shifter_modules" / "hidden_one"
    folder.mkdir(parents=True)
    (folder / "entry_point.py").touch()
    (folder / "SKIP.ME").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    said = run(command, "hidden_one")
    assert (said.code, said.json, said.err) == (0, {}, "")
    assert "hidden_one" not in run(command).json


@pytest.mark.usefixtures("tiny")
def test_configs_tells_the_parameters_with_the_common_ones(run: Run) -> None:
    said = run("configs", "tiny")
    assert said.code == 0
    assert said.json["tiny"]["connection"]["host"] == {"type": "text"}
    assert "result_limit" in said.json["tiny"]["connection"]["options"]


@pytest.mark.usefixtures("tiny")
def test_mapping_needs_no_options_and_takes_some(run: Run) -> None:
    said = run("mapping", "tiny")
    assert (said.code, list(said.json)) == (0, ["to_stix_map"])
    assert run("mapping", "tiny", "{}").json == said.json


@pytest.mark.parametrize("command", ["modules", "configs", "mapping"])
def test_an_unknown_connector_is_exit_1_and_named(run: Run, command: str) -> None:
    said = run(command, "no_such_thing")
    assert said.code == 1
    assert "no_such_thing" in said.err


@pytest.mark.parametrize("command", ["modules", "configs"])
def test_an_unknown_connector_is_answered_with_those_that_are_there(run: Run, command: str) -> None:
    said = run(command, "no_such_thing")
    assert said.err.startswith("stix-shifter: Module no_such_thing not found; installed: ")


def test_no_command_shows_the_help_on_standard_error(run: Run) -> None:
    said = run()
    assert (said.code, said.out) == (2, "")
    assert "commands:" in said.err


def test_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert re.fullmatch(r"stix-shifter \S+ \(Python \S+\)\n", capsys.readouterr().out)


def test_the_reference_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == page()


HEAVY = ["antlr4", "stix2", "aiohttp", "requests", "jsonschema", "duckdb", "yaml", "rich", "asyncio"]


@pytest.mark.parametrize("words", [["--help"], ["execute", "--help"], ["translate", "m", "results", "{}"]])
def test_starting_up_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom stix_shifter.cli.app import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
