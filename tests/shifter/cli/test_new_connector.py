import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.quality import check_folder

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
    assert "there already" in said.err
    assert list((tmp_path / "acme").iterdir()) == []


def test_an_unknown_template_names_the_known_ones(run: Run, tmp_path: Path) -> None:
    said = run("new-connector", "acme", "--from", "no_such_thing", "--to", str(tmp_path))
    assert said.code == 2
    assert "try async_template or synchronous_template" in said.err


def test_a_copy_where_python_does_not_look_says_how_to_find_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    remedy = f"export PYTHONPATH={tmp_path}"
    assert remedy in run("new-connector", "acme_unseen", "--from", "synchronous_template").err
    for words in (("modules", "acme_unseen"), ("sandbox", "acme_unseen", "--for", "0.01")):
        said = run(*words)
        assert said.code == 1
        assert said.err.count(remedy) == 1
    translated = run("translate", "acme_unseen", "query", "{}", "[url:value = 'a']")
    assert translated.json["connector"] == "acme_unseen"
    assert remedy in translated.err
    monkeypatch.syspath_prepend(str(tmp_path))
    assert remedy not in run("translate", "acme_unseen", "query", "{}", "[mutex:name = 'a']").err
    assert remedy not in run("modules", "no_such_connector").err


@pytest.mark.usefixtures("tiny")
def test_a_second_copy_that_is_not_used_is_no_remedy(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("new-connector", "tiny", "--from", "synchronous_template")
    said = run("transmit", "tiny", '{"unknown": 1}', "{}", "ping")
    assert said.code == 1
    assert "PYTHONPATH" not in said.err


def test_an_error_of_the_sandbox_names_the_connector(run: Run) -> None:
    assert run("sandbox", "no_such_connector").json["connector"] == "no_such_connector"
