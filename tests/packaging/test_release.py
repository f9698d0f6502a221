"""What `make release` checks before anything may be published: faults are found, and good wheels pass."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from packing.changelog import section_of
from packing.contents import faults
from packing.errors import BuildError

CHANGELOG = """# Changelog

Words.

## Unreleased (9.1.0)

### Added

- A thing.

## 9.0.0 (2026-01-02)

- First.
"""
MARCH = 1_772_600_000


def test_good_wheels_have_no_fault(wheels: dict[str, Any]) -> None:
    assert [fault for wheel in wheels.values() for fault in faults(wheel.path, "2.3.4")] == []


def spoilt(
    wheel: Path, folder: Path, change: Callable[[dict[str, bytes]], None], name: str = ""
) -> list[str]:
    """The faults of a copy of a wheel, after a change of its files."""
    with zipfile.ZipFile(wheel) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    change(files)
    copy = folder / (name or wheel.name)
    with zipfile.ZipFile(copy, "w") as archive:
        for entry, data in files.items():
            archive.writestr(entry, data)
    return faults(copy, "2.3.4")


INFO = "stix_shifter_modules_mysql-2.3.4.dist-info"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda files: files.update({"stix_shifter_modules/mysql/py.typed": b"x"}),
            "py.typed differs from its",
        ),
        (lambda files: files.update({"more.py": b"x"}), "its record names other files than it holds"),
        (lambda files: files.pop(f"{INFO}/licenses/LICENSE"), "carries no licence"),
        (lambda files: files.pop("stix_shifter_modules/mysql/py.typed"), "carries no typing marker"),
        (lambda files: files.update({"a/__pycache__/b.pyc": b"x"}), "holds a/__pycache__/b.pyc"),
        (
            lambda files: files.update(
                {f"{INFO}/METADATA": files[f"{INFO}/METADATA"].replace(b"2.3.4", b"2.3.5")}
            ),
            "says it is stix-shifter-modules-mysql 2.3.5",
        ),
        (
            lambda files: files.update(
                {f"{INFO}/METADATA": files[f"{INFO}/METADATA"].replace(b"Apache", b"Other")}
            ),
            "states another licence",
        ),
    ],
)
def test_each_fault_of_a_wheel_is_found(
    wheels: dict[str, Any], tmp_path: Path, change: Callable[[dict[str, bytes]], None], fault: str
) -> None:
    assert any(fault in one for one in spoilt(wheels["stix_shifter_modules_mysql"].path, tmp_path, change))


def test_a_wheel_of_another_name_is_a_fault(wheels: dict[str, Any], tmp_path: Path) -> None:
    name = "stix_shifter_modules_mysql-2.3.4-py3-none-any.whl"
    found = spoilt(wheels["stix_shifter_modules_mysql"].path, tmp_path, lambda _: None, name)
    assert found == [f"{name}: is not called stix_shifter_modules_mysql-2.3.4-py2.py3-none-any.whl"]


def test_what_is_unreleased_becomes_the_section_of_the_version() -> None:
    section = section_of(CHANGELOG, "9.1.0", MARCH)
    assert section.text == "## 9.1.0 (2026-03-04)\n\n### Added\n\n- A thing.\n"
    assert section.is_new
    expected = CHANGELOG.replace("## Unreleased (9.1.0)", "## Unreleased\n\n## 9.1.0 (2026-03-04)")
    assert section.changelog == expected


def test_the_section_stays_as_it_is_once_it_is_there() -> None:
    again = section_of(section_of(CHANGELOG, "9.1.0", MARCH).changelog, "9.1.0", MARCH + 10_000_000)
    assert (again.text, again.is_new) == ("## 9.1.0 (2026-03-04)\n\n### Added\n\n- A thing.\n", False)
    assert section_of(CHANGELOG, "9.0.0", MARCH).text == "## 9.0.0 (2026-01-02)\n\n- First.\n"


def test_a_version_of_which_nothing_is_written_cannot_be_released() -> None:
    released = section_of(CHANGELOG, "9.1.0", MARCH).changelog
    for changelog in (released, CHANGELOG):  # what is unreleased in the second is of another version
        with pytest.raises(BuildError, match=r"no section 9\.2\.0, and nothing unreleased"):
            section_of(changelog, "9.2.0", MARCH)


def test_a_release_writes_wheels_of_every_mode_their_sums_and_notes(clone: Any) -> None:
    pytest.importorskip("twine", reason="twine comes with the extra test")
    answer = subprocess.run(
        [sys.executable, "-B", "-m", "packing", "9.0.0", "--no-install"],
        check=False,
        cwd=clone.path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    folder = clone.path / "dist" / "9.0.0"
    listed = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    made = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*.*")
        if path.suffix in (".whl", ".gz")
    }
    assert listed == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in made.items()}
    assert {name.split("/")[0] for name in made} == {
        "mode-1",
        "mode-3",
        "mode-N",
        "stix_shifter-9.0.0.tar.gz",
    }
    assert (folder / "CHANGELOG.md").read_text().startswith("## 9.0.0 (")
    assert "This run is a rehearsal" in answer.stdout
    assert "twine check --strict over" in answer.stdout
    assert (clone.path / "CHANGELOG.md").read_text().count("\n## 9.0.0 (") == 1


def test_a_release_of_no_version_is_one_line_and_exit_2(clone: Any) -> None:
    command = [sys.executable, "-B", "-m", "packing", "nine"]
    answer = subprocess.run(command, check=False, cwd=clone.path, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 2
    assert answer.stdout == "release: VERSION=nine is no version; write it like 9.0.1 or 9.1.0rc1\n"
