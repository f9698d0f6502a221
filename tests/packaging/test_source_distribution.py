"""A source distribution builds the wheels that the checkout builds; the standard build hooks work offline."""

import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

HOOK = "from packing import backend; print(backend.{hook}({folder!r}))"


@pytest.mark.parametrize("mode", ["1", "3", "N", "mysql"])
def test_a_source_distribution_remembers_what_it_is_and_builds_the_same_wheels(
    clone: Any, tmp_path: Path, mode: str
) -> None:
    wheels = clone.build(mode)
    made = clone.setup("sdist", "--dist-dir", str(tmp_path / "sdist"), MODE=mode, VERSION="2.3.4")
    assert made.returncode == 0, made.stderr
    (archive,) = (tmp_path / "sdist").iterdir()
    name = "stix_shifter_modules_mysql" if mode == "mysql" else "stix_shifter"
    assert archive.name == f"{name}-2.3.4.tar.gz"
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    again = type(clone)(tmp_path / f"{name}-2.3.4")
    assert again.setup("bdist_wheel").returncode == 0  # no variable says what it is
    rebuilt = {path.name: path.read_bytes() for path in (again.path / "dist").iterdir()}
    assert rebuilt == {name: path.read_bytes() for name, path in wheels.items()}


def test_source_distributions_of_one_commit_have_the_same_bytes(clone: Any, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        clone.setup("sdist", "--dist-dir", str(tmp_path / folder), MODE="mysql", VERSION="2.3.4")
    (one,), (other,) = (tmp_path / "a").iterdir(), (tmp_path / "b").iterdir()
    assert one.read_bytes() == other.read_bytes()


def test_the_sources_of_one_connector_cannot_build_another(clone: Any, tmp_path: Path) -> None:
    clone.setup("sdist", "--dist-dir", str(tmp_path), MODE="mysql", VERSION="2.3.4")
    with tarfile.open(tmp_path / "stix_shifter_modules_mysql-2.3.4.tar.gz") as opened:
        opened.extractall(tmp_path, filter="data")
    inside = type(clone)(tmp_path / "stix_shifter_modules_mysql-2.3.4")
    for mode, problem in {
        "N": "stix_shifter is not in this source",
        "postgresql": "MODE=postgresql is not",
    }.items():
        answer = inside.setup("bdist_wheel", MODE=mode)
        assert answer.returncode == 2
        assert problem in answer.stderr


def test_the_build_hooks_leave_the_checkout_clean_and_the_same_bytes(clone: Any, tmp_path: Path) -> None:
    expected = clone.build("N")
    (tmp_path / "hook").mkdir()
    assert (
        hook(clone, "build_wheel", tmp_path / "hook", MODE="N") == "stix_shifter-2.3.4-py2.py3-none-any.whl"
    )
    made = {path.name: path.read_bytes() for path in (tmp_path / "hook").iterdir()}
    assert made == {name: path.read_bytes() for name, path in expected.items()}
    assert hook(clone, "build_sdist", tmp_path / "hook", MODE="N") == "stix_shifter-2.3.4.tar.gz"
    assert clone.status() == "!! dist/\n"


def test_an_editable_wheel_points_to_the_checkout_whatever_the_mode(
    clone: Any, tmp_path: Path, open_wheel: Any
) -> None:
    name = hook(clone, "build_editable", tmp_path, MODE="mysql")
    assert name == "stix_shifter-2.3.4-0.editable-py3-none-any.whl"
    wheel = open_wheel(tmp_path / name)
    assert wheel.read("__editable__.stix_shifter.pth").decode() == f"{clone.path}\n"
    assert "test" in wheel.metadata().get_all("Provides-Extra")
    assert clone.status() == ""


def hook(clone: Any, name: str, folder: Path, **variables: str) -> str:
    """Call a hook as pip and `build` do: in the checkout, with the backend's folder on the path."""
    from os import environ

    code = HOOK.format(hook=name, folder=str(folder))
    answer = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
        check=False,
        cwd=clone.path,
        env={**environ, "VERSION": "2.3.4", **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_a_hook_that_cannot_build_ends_with_one_line(clone: Any, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"^setup.py: MODE=nosuch is not known") as failure:
        hook(clone, "build_wheel", tmp_path, MODE="nosuch")
    assert "Traceback" not in str(failure.value)
