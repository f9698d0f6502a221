"""Connectors of different origins in one process: wheels of two versions, a checkout, a name that is gone."""

import sys
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.config import installed_modules
from stix_shifter_utils.connector.origin import connector_origin

ROOT = Path(__file__).resolve().parents[2]
PATTERN = "[ipv4-addr:value = '198.51.100.7']"


@pytest.fixture
def site(wheels: dict[str, Any], tmp_path: Path) -> Path:
    """A site directory in which the connector mysql 2.3.4 is installed."""
    return wheels["stix_shifter_modules_mysql"].unpack(tmp_path / "site")


def test_modules_tells_a_wheel_from_a_checkout(shifter: Any, site: Path) -> None:
    names = ("mysql", "postgresql")
    known = {name: shifter([site, ROOT], "modules", name, "--where")[name] for name in names}
    assert known["mysql"]["folder"] == str(site / "stix_shifter_modules" / "mysql")
    assert (known["mysql"]["distribution"], known["mysql"]["version"]) == (
        "stix-shifter-modules-mysql",
        "2.3.4",
    )
    assert known["postgresql"]["folder"] == str(ROOT / "stix_shifter_modules" / "postgresql")
    assert (known["postgresql"]["distribution"], known["postgresql"]["version"]) == (None, None)
    assert known["mysql"]["dialects"] == {"default": {"language": "stix", "default": True}}


def test_a_connector_answers_the_same_from_its_wheel_as_from_the_checkout(shifter: Any, site: Path) -> None:
    query = ("translate", "mysql", "query", "{}", PATTERN, '{"table": "events"}')
    assert shifter([site, ROOT], *query)["queries"]
    assert shifter([site, ROOT], "configs", "mysql") == shifter([ROOT], "configs", "mysql")
    assert shifter([site, ROOT], "mapping", "mysql") == shifter([ROOT], "mapping", "mysql")


def test_wheels_of_different_versions_work_together_without_any_checkout(
    shifter: Any, wheels: dict[str, Any], clone: Any, open_wheel: Any, tmp_path: Path
) -> None:
    site, second = tmp_path / "site", tmp_path / "second"
    for name in ("stix_shifter", "stix_shifter_utils", "stix_shifter_modules_mysql"):
        wheels[name].unpack(site)
    (newer,) = clone.build("postgresql", version="2.10.0").values()
    open_wheel(newer).unpack(site)
    wheels["stix_shifter_modules_stix_bundle"].unpack(second)
    for name, version in {"mysql": "2.3.4", "postgresql": "2.10.0", "stix_bundle": "2.3.4"}.items():
        assert shifter([site, second], "modules", name, "--where")[name]["version"] == version
    query = ("query", "{}", PATTERN, '{"table": "events"}')
    for name in ("mysql", "postgresql"):
        assert shifter([site, second], "translate", name, *query)["queries"]


def test_a_connector_that_is_registered_but_gone_is_not_listed(
    site: Path, wheels: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    about = "stix_shifter_modules_gone-1.0.0.dist-info"
    (site / about).mkdir()
    (site / about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: stix-shifter-modules-gone\nVersion: 1.0.0\n"
    )
    (site / about / "entry_points.txt").write_text(
        "[stix_shifter.connectors]\ngone = stix_shifter_modules.gone\n"
    )
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    assert "gone" not in installed_modules()


def test_a_connector_of_another_package_names_the_distribution_that_registered_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "acme_pack_of_ours"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "entry_point.py").touch()
    about = tmp_path / "acme_pack-3.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-pack\nVersion: 3.1\n")
    (about / "entry_points.txt").write_text("[stix_shifter.connectors]\nacme_pack = acme_pack_of_ours\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    origin = connector_origin("acme_pack")
    assert (origin.distribution, origin.version, origin.folder) == ("acme-pack", "3.1", package)
    assert str(origin) == f"acme_pack: 3.1 of acme-pack, in {package}"


def test_the_sandbox_of_a_wheel_needs_no_tool_of_testers(
    shifter: Any, wheels: dict[str, Any], tmp_path: Path
) -> None:
    site, without = tmp_path / "site", tmp_path / "without"
    for name in ("stix_shifter", "stix_shifter_utils", "stix_shifter_modules_async_template"):
        wheels[name].unpack(site)
    without.mkdir()
    for tool in ("pytest", "hypothesis", "stix2matcher"):
        (without / f"{tool}.py").write_text("raise ModuleNotFoundError('not installed')\n")
    said = shifter([without, site], "sandbox", "async_template", "--for", "0.1")
    assert (said["success"], said["connector"]) == (True, "async_template")
