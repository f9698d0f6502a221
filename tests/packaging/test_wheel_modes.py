"""What each MODE leaves in dist/, that it leaves nothing else, and that the bytes are always the same."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SUFFIX = "2.3.4-py2.py3-none-any.whl"
EACH = {
    "mysql": {f"stix_shifter_modules_mysql-{SUFFIX}"},
    "1": {f"stix_shifter-{SUFFIX}"},
    "3": {f"stix_shifter{part}-{SUFFIX}" for part in ("", "_utils", "_modules")},
    "N": {f"stix_shifter-{SUFFIX}", f"stix_shifter_utils-{SUFFIX}"},  # and one for each connector
}


@pytest.mark.parametrize("mode", EACH)
def test_a_mode_leaves_exactly_its_wheels_and_a_clean_checkout(
    full_clone: Any, connectors: list[str], mode: str
) -> None:
    single = {f"stix_shifter_modules_{name}-{SUFFIX}" for name in connectors if mode == "N"}
    assert set(full_clone.build(mode)) == EACH[mode] | single
    assert full_clone.status() == "!! dist/\n"


def test_without_variables_everything_is_built_as_1_0_0(clone: Any) -> None:
    made = clone.setup("bdist_wheel")
    assert made.returncode == 0, made.stderr
    assert [path.name for path in (clone.path / "dist").iterdir()] == [
        "stix_shifter-1.0.0-py2.py3-none-any.whl"
    ]


def test_a_build_says_what_it_made(clone: Any) -> None:
    said = clone.setup("bdist_wheel", MODE="3", VERSION="2.3.4").stdout.splitlines()
    assert len(said) == 3
    assert said[1].startswith("made dist/stix_shifter_utils-2.3.4-py2.py3-none-any.whl (")
    assert "sha256 " in said[1]


def test_two_clones_give_the_same_bytes_whatever_their_times_modes_and_tools(
    make_clone: Callable[[str], Any],
) -> None:
    first, second = make_clone("one"), make_clone("an/other")
    for path in second.path.rglob("*.json"):
        path.chmod(0o755)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    (second.path / "stix_shifter_utils" / "__pycache__").mkdir()
    (second.path / "stix_shifter_utils" / "__pycache__" / "left.cpython-311.pyc").write_bytes(b"x")
    one = first.build("N")
    other = {path.name: path for path in _built_without_packages(second)}
    assert one.keys() == other.keys()
    assert [name for name in one if one[name].read_bytes() != other[name].read_bytes()] == []


def _built_without_packages(clone: Any) -> list[Path]:
    """Built by Python alone (`-I -S`): nothing that is installed can have taken part."""
    made = clone.setup("bdist_wheel", python=("-S",), MODE="N", VERSION="2.3.4")
    assert (made.returncode, made.stderr) == (0, "")
    return list((clone.path / "dist").iterdir())


def test_every_entry_bears_the_time_of_the_commit_and_plain_modes(clone: Any) -> None:
    (path,) = clone.build("mysql").values()
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(2026, 3, 4, 5, 6, 6)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}


def test_source_date_epoch_decides_where_it_is_set(clone: Any) -> None:
    clone.setup("bdist_wheel", MODE="mysql", VERSION="2.3.4", SOURCE_DATE_EPOCH="1700000000")
    with zipfile.ZipFile(next((clone.path / "dist").iterdir())) as archive:
        assert archive.infolist()[0].date_time == (2023, 11, 14, 22, 13, 20)


def test_no_connector_is_imported(clone: Any) -> None:
    """A connector whose every file would end the process is packed like any other."""
    folder = clone.path / "stix_shifter_modules" / "mysql"
    for path in folder.rglob("*.py"):
        path.write_text("raise SystemExit('imported')\n")
    assert f"stix_shifter_modules_mysql-{SUFFIX}" in clone.build("N")


def test_a_connector_with_a_file_skip_me_is_not_shipped(clone: Any) -> None:
    (clone.path / "stix_shifter_modules" / "mysql" / "SKIP.ME").touch()
    assert f"stix_shifter_modules_mysql-{SUFFIX}" not in clone.build("N")


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"MODE": "nosuch"}, "MODE=nosuch is not known; known: 1, 3, N, or one of "),
        ({"MODE": "../mysql"}, "MODE=../mysql is not known"),
        ({"MODE": "mysql", "VERSION": "two"}, "VERSION=two is no version"),
        ({"MODE": "mysql", "VERSION": "1.0/../../x"}, "VERSION=1.0/../../x is no version"),
        ({"MODE": "mysql", "SOURCE_DATE_EPOCH": "now"}, "SOURCE_DATE_EPOCH=now is no number of seconds"),
    ],
)
def test_what_cannot_be_built_is_one_line_and_exit_2(
    clone: Any, variables: dict[str, str], problem: str
) -> None:
    refused(clone, problem, **variables)


@pytest.mark.parametrize(
    "missing", ["entry_point.py", "configuration/config.json", "stix_translation", "stix_transmission"]
)
@pytest.mark.parametrize("mode", ["mysql"])
def test_a_connector_without_a_required_file_is_one_line_and_exit_2(
    clone: Any, missing: str, mode: str
) -> None:
    path = clone.path / "stix_shifter_modules" / "mysql" / missing
    path.rename(path.with_name("elsewhere.txt") if path.is_file() else clone.path / "elsewhere")
    refused(clone, f"stix_shifter_modules/mysql cannot be shipped: {missing} missing", MODE=mode)


def test_a_configuration_that_is_no_json_is_one_line_and_no_mode_writes_half_of_its_wheels(
    clone: Any,
) -> None:
    (clone.path / "stix_shifter_modules" / "mysql" / "configuration" / "config.json").write_text("{,}")
    refused(clone, "stix_shifter_modules/mysql/configuration/config.json cannot be read as JSON", MODE="N")


def refused(clone: Any, problem: str, **variables: str) -> None:
    answer = clone.setup("bdist_wheel", **variables)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert len(answer.stderr.splitlines()) == 1
    assert answer.stderr.startswith(f"setup.py: {problem}")
    assert not (clone.path / "dist").exists()


def test_the_commands_of_other_build_tools_are_refused_with_the_known_ones(clone: Any) -> None:
    answer = clone.setup("install")
    assert answer.returncode == 2
    assert "bdist_wheel" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_dist_folder_elsewhere_is_taken(clone: Any, tmp_path: Path) -> None:
    made = clone.setup("bdist_wheel", "--dist-dir", str(tmp_path / "out"), MODE="mysql", VERSION="2.3.4")
    assert made.returncode == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"stix_shifter_modules_mysql-{SUFFIX}"]
    assert clone.status() == ""
