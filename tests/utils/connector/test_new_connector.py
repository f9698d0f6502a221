"""Copying a template: every file, every spelling of the name, and a copy that works at once."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from stix_shifter_utils.config import module_folder
from stix_shifter_utils.connector.new import create_connector
from stix_shifter_utils.errors import ConfigurationError, UnsupportedDataSourceError

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATES = ("async_template", "synchronous_template")
SOME = "quality or case or ping_answers or deleting"


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_copy_has_every_file_and_no_trace_of_its_template(template: str, tmp_path: Path) -> None:
    written = create_connector("acme_watch2", template, tmp_path)
    source = module_folder(template)
    files = [
        p.relative_to(source).as_posix()
        for p in source.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    ]
    copied = {path.relative_to(tmp_path / "acme_watch2").as_posix() for path in written}
    assert copied == {name.replace(f"test_{template}", "test_acme_watch2") for name in files}
    words = template.split("_")
    for path in written:
        text = path.read_text(encoding="utf-8")
        for trace in (
            template,
            "-".join(words),
            "".join(w.capitalize() for w in words),
            " ".join(words).title(),
        ):
            assert trace not in text.replace("from async_template", "").replace(
                "from synchronous_template", ""
            ), path


def test_a_file_that_is_no_text_is_copied_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = tmp_path / "old_name"
    (template / "tests").mkdir(parents=True)
    (template / "tests" / "test_old_name.py").write_text("old_name = 1  # copied by --from old_name\n")
    (template / "logo.png").write_bytes(b"\x89PNG\xff old_name")
    monkeypatch.setattr("stix_shifter_utils.connector.new.module_folder", lambda name: template)
    create_connector("new_name", "old_name", tmp_path)
    copied = (tmp_path / "new_name" / "tests" / "test_new_name.py").read_text()
    assert copied == "new_name = 1  # copied by --from old_name\n"
    assert (tmp_path / "new_name" / "logo.png").read_bytes() == b"\x89PNG\xff old_name"


@pytest.mark.parametrize("template", ["async_dummy", "synchronous_dummy"])
def test_the_tests_of_a_copy_pass_at_once(template: str, tmp_path: Path) -> None:
    folder = tmp_path / "stix_shifter_modules"
    create_connector("acme_watch", template, folder)
    root = module_folder("async_template").parents[1]
    program = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider", "-k", SOME]
    program += ["--import-mode=importlib", "-W", "error", str(folder / "acme_watch" / "tests")]
    environment = {"PYTHONPATH": f"{root}:{tmp_path}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize(
    "name", ["", "Acme", "acme-watch", "1acme", "acme__watch", "acme_", "../acme", "acme.watch"]
)
def test_a_name_that_cannot_be_one_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no name for a connector"):
        create_connector(name, "async_template", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_and_unknown_templates_are_named(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    with pytest.raises(ConfigurationError, match="there already"):
        create_connector("acme", "async_template", tmp_path)
    with pytest.raises(UnsupportedDataSourceError, match="no_such_template"):
        create_connector("acme2", "no_such_template", tmp_path)
