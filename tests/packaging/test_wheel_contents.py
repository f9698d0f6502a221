"""What is inside the wheels: files, metadata, merged configurations, a record that installers can check."""

import base64
import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from packing.sources import TEMPLATES
from stix_shifter_utils.config.files import deep_merge

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "stix_shifter_modules"


def test_every_wheel_is_read_by_the_packaging_library_without_a_fault(wheels: dict[str, Any]) -> None:
    for name, wheel in wheels.items():
        parsed = Metadata.from_email(wheel.about("METADATA"), validate=True)
        said, version, _, tags = parse_wheel_filename(wheel.path.name)
        assert (parsed.name.replace("-", "_"), parsed.version) == (name, version)
        assert said == name.replace("_", "-")
        assert {str(tag) for tag in tags} == {"py2-none-any", "py3-none-any"}
        assert parsed.license_expression == "Apache-2.0"
        assert str(parsed.requires_python) == ">=3.10"
        assert parsed.description


def test_every_wheel_carries_licence_and_typing_marker(wheels: dict[str, Any]) -> None:
    licence = (ROOT / "LICENSE").read_bytes()
    for name, wheel in wheels.items():
        assert wheel.about("licenses/LICENSE") == licence
        package = name.replace("stix_shifter_modules_", "stix_shifter_modules/")
        assert f"{package}/py.typed" in wheel.names()


def test_the_record_of_every_wheel_names_each_file_with_its_digest(wheels: dict[str, Any]) -> None:
    for wheel in wheels.values():
        rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(wheel.about("RECORD").decode()))}
        assert list(rows) == wheel.names()
        for path, (digest, size) in rows.items():
            if not path.endswith("/RECORD"):
                data = wheel.read(path)
                expected = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert (digest, size) == (f"sha256={expected}", str(len(data)))


def test_no_two_wheels_hold_the_same_file(wheels: dict[str, Any]) -> None:
    """So any set of them can be installed and removed in any order; the namespace has no file of its own."""
    names = [name for wheel in wheels.values() for name in wheel.names()]
    assert len(names) == len(set(names))
    assert "stix_shifter_modules/__init__.py" not in names


def test_a_connector_wheel_holds_its_folder_and_nothing_else(
    wheels: dict[str, Any], connectors: list[str]
) -> None:
    for name in connectors:
        inside = set(wheels[f"stix_shifter_modules_{name}"].names())
        outside = {path for path in inside if not path.startswith(f"stix_shifter_modules/{name}/")}
        assert all(".dist-info/" in path for path in outside)
        for needed in ("entry_point.py", "configuration/config.json"):
            assert f"stix_shifter_modules/{name}/{needed}" in inside
        for folder in ("stix_translation", "stix_transmission"):
            shipped = {path for path in inside if path.startswith(f"stix_shifter_modules/{name}/{folder}/")}
            assert shipped == _sources(MODULES / name / folder)


def _sources(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files if not path.name.startswith(".")}


@pytest.mark.parametrize("file", ["config.json", "lang_en.json"])
def test_the_configuration_is_the_common_one_with_the_connectors_own_on_top(
    wheels: dict[str, Any], connectors: list[str], file: str
) -> None:
    common = json.loads((MODULES / file).read_text())
    for name in connectors:
        own = json.loads((MODULES / name / "configuration" / file).read_text())
        shipped = wheels[f"stix_shifter_modules_{name}"].json(
            f"stix_shifter_modules/{name}/configuration/{file}"
        )
        assert shipped == deep_merge(common, own)


def test_tests_stay_at_home_but_for_templates_and_products_that_the_sandbox_plays(
    wheels: dict[str, Any],
    connectors: list[str],
) -> None:
    for name in connectors:
        base = f"stix_shifter_modules/{name}/tests/"
        inside = {path for path in wheels[f"stix_shifter_modules_{name}"].names() if path.startswith(base)}
        if name in TEMPLATES:
            assert f"{base}test_{name}.py" in inside
        elif (MODULES / name / "tests" / "product.py").exists():
            assert f"{base}product.py" in inside
            assert not [path for path in inside if path.rpartition("/")[2].startswith(("test_", "conftest"))]
        else:
            assert inside == set()


def test_the_core_has_the_command_and_connectors_register_themselves(wheels: dict[str, Any]) -> None:
    command = "[console_scripts]\nstix-shifter = stix_shifter.scripts.stix_shifter:main\n"
    assert wheels["stix_shifter"].about("entry_points.txt").decode() == command
    registered = wheels["stix_shifter_modules_mysql"].about("entry_points.txt").decode()
    assert registered == "[stix_shifter.connectors]\nmysql = stix_shifter_modules.mysql\n"


def test_the_core_needs_the_utilities_of_its_version_and_connectors_any_from_their_minor_release_on(
    wheels: dict[str, Any],
    connectors: list[str],
) -> None:
    core = _plain(wheels["stix_shifter"])
    assert "stix-shifter-utils==2.3.4" in core
    assert not any(need.startswith("stix-shifter") for need in _plain(wheels["stix_shifter_utils"]))
    for name in connectors:
        needs = _plain(wheels[f"stix_shifter_modules_{name}"])
        own = (
            (MODULES / name / "requirements.txt").read_text()
            if (MODULES / name / "requirements.txt").exists()
            else ""
        )
        lines = [line for line in own.splitlines() if line and not line.startswith("#")]
        assert [need for need in needs if not need.startswith("stix-shifter")] == lines
        assert "stix-shifter-utils>=2.3" in needs


def _plain(wheel: Any) -> list[str]:
    needs = wheel.metadata().get_all("Requires-Dist", [])
    return [need for need in needs if Requirement(need).marker is None]


def test_an_extra_of_the_core_brings_the_connectors_wheel(wheels: dict[str, Any]) -> None:
    needs = map(Requirement, wheels["stix_shifter"].metadata().get_all("Requires-Dist"))
    brought = {str(need.name) for need in needs if need.marker and need.marker.evaluate({"extra": "mysql"})}
    assert brought == {"stix-shifter-modules-mysql"}


def test_a_release_candidate_needs_utilities_as_new_as_itself(clone: Any, open_wheel: Any) -> None:
    (path,) = clone.build("mysql", version="9.1.0rc2").values()
    assert path.name == "stix_shifter_modules_mysql-9.1.0rc2-py2.py3-none-any.whl"
    assert "stix-shifter-utils>=9.1.0rc2" in _plain(open_wheel(path))


def test_one_wheel_of_everything_needs_no_other_of_ours_and_has_an_extra_for_each_connector(
    full_clone: Any, open_wheel: Any
) -> None:
    (path,) = full_clone.build("1").values()
    wheel = open_wheel(path)
    needs = [Requirement(need) for need in wheel.metadata().get_all("Requires-Dist")]
    assert not [need for need in needs if need.name.startswith("stix-shifter")]
    assert {"mysql", "all", "published"} <= set(wheel.metadata().get_all("Provides-Extra"))
    packages = {name.split("/")[0] for name in wheel.names()}
    assert {"stix_shifter", "stix_shifter_utils", "stix_shifter_modules"} <= packages
    assert "tests" not in packages
    assert "stix_shifter_modules/config.json" in wheel.names()
