import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stix_shifter.cli.new_connector import copy_template, rename
from stix_shifter_utils.quality import check_folder

ROOT = Path(__file__).resolve().parents[3]
QUICK = "not broken_answer and not stalls and not loop"  # the slow ones run in the template's own tests
Run = Callable[..., Any]


@pytest.mark.usefixtures("tiny")
def test_a_connector_is_copied_under_a_new_name_with_nothing_of_the_old_one(run: Run, tmp_path: Path) -> None:
    said = run("new-connector", "acme", "--from", "tiny", "--to", str(tmp_path))
    folder = tmp_path / "acme"
    assert said.code == 0
    assert said.json["folder"] == str(folder)
    written = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert written == sorted(said.json["files"])
    assert "entry_point.py" in written
    assert not [name for name in written if "__pycache__" in name]
    config = json.loads((folder / "configuration" / "config.json").read_text())
    assert config["connection"]["type"] == {"displayName": "Acme", "group": "acme"}


def test_every_spelling_of_the_name_is_replaced() -> None:
    assert (
        rename("new-connector acme --from old_one", "old_one", "acme") == "new-connector acme --from old_one"
    )
    text = "async_template AsyncTemplate TestAsyncTemplate async-template 'Async template' Async Template"
    assert rename(text, "async_template", "acme_watch") == (
        "acme_watch AcmeWatch TestAcmeWatch acme-watch 'Acme watch' Acme Watch"
    )


@pytest.mark.parametrize(
    "template", ["async_template", "synchronous_template", "async_dummy", "synchronous_dummy"]
)
def test_a_copied_template_is_green_at_once(run: Run, tmp_path: Path, template: str) -> None:
    said = run(
        "new-connector", "acme_watch", "--from", template, "--to", str(tmp_path / "stix_shifter_modules")
    )
    folder = Path(said.json["folder"])
    origin = f"--from {template.replace('dummy', 'template')}"
    texts = [path.read_text().replace(origin, "") for path in folder.rglob("*") if path.is_file()]
    assert not [text for text in texts if "emplate" in text]
    assert check_folder(folder) == []


@pytest.mark.parametrize("template", ["async_template", "synchronous_template"])
def test_the_tests_of_a_copied_template_pass(run: Run, tmp_path: Path, template: str) -> None:
    run("new-connector", "acme_watch", "--from", template, "--to", str(tmp_path / "stix_shifter_modules"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "-k", QUICK, "stix_shifter_modules"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_file_names_are_renamed_and_binary_files_kept(tmp_path: Path) -> None:
    template = tmp_path / "old_name"
    (template / "tests").mkdir(parents=True)
    (template / "tests" / "test_old_name.py").write_text("old_name = 1\n")
    (template / "logo.png").write_bytes(b"\x89PNG\xff old_name")
    (template / "SKIP.ME").write_text("")
    assert copy_template(template, tmp_path / "new_name") == ["logo.png", "tests/test_new_name.py"]
    assert (tmp_path / "new_name" / "tests" / "test_new_name.py").read_text() == "new_name = 1\n"
    assert (tmp_path / "new_name" / "logo.png").read_bytes() == b"\x89PNG\xff old_name"


@pytest.mark.parametrize("name", ["Acme", "acme-watch", "1acme", "acme__watch", "_acme", "../acme", ""])
def test_a_name_that_python_or_the_file_system_would_mind_is_refused(
    run: Run, name: str, tmp_path: Path
) -> None:
    said = run("new-connector", name, "--to", str(tmp_path))
    assert (said.code, list(tmp_path.iterdir())) == (2, [])
    assert "argument name" in said.err


def test_a_folder_that_is_there_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    said = run("new-connector", "acme", "--to", str(tmp_path))
    assert said.code == 2
    assert "already there" in said.err
    assert list((tmp_path / "acme").iterdir()) == []


def test_an_unknown_template_names_the_known_ones(run: Run, tmp_path: Path) -> None:
    said = run("new-connector", "acme", "--from", "no_such_thing", "--to", str(tmp_path))
    assert said.code == 2
    assert "try async_template or synchronous_template" in said.err
