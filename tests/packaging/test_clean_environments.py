"""Wheels installed by pip into an environment of their own and used there, with a real MariaDB.

The package index is asked once, for what the core and the connector need; without it all is skipped.
"""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.testing.event_table import COLUMNS, create_table
from stix_shifter_utils.testing.servers import DatabaseServer, mariadb, missing_mariadb

pytestmark = pytest.mark.engine
ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = "stix-shifter-modules-elastic-ecs==8.1.3"
PATTERN = "[ipv4-addr:value = '198.51.100.7']"
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
IDENTITY = {
    "type": "identity", "id": "identity--1b3e6f1e-90ab-4c3c-8d57-0c6f8a6d4f10", "name": "t",
    "identity_class": "system",
}  # fmt: skip


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and an empty folder in which commands run."""

    home: Path
    work: Path

    def run(self, program: str, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        left_out = ("PYTHONPATH", "VIRTUAL_ENV", "MODE", "VERSION")
        inherited = {key: value for key, value in os.environ.items() if key not in left_out}
        return subprocess.run(
            [str(self.home / "bin" / program), *map(str, words)],
            check=False,
            cwd=self.work,
            env={**inherited, **variables},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def pip(self, *words: str | Path) -> str:
        """Run pip; it must work."""
        answer = self.run("python", "-m", "pip", *words)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def shifter(self, *words: str | Path, **variables: str) -> Any:
        """Run stix-shifter; it must work, and its document is the answer."""
        answer = self.run("stix-shifter", *words, **variables)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)


@pytest.fixture(scope="module")
def clean(wheels: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Core, utilities and the connector mysql, with what they say they need and nothing else."""
    place = tmp_path_factory.mktemp("clean")
    (place / "work").mkdir()
    venv.create(place / "env", with_pip=True)
    made = Environment(place / "env", place / "work")
    wanted = ("stix_shifter", "stix_shifter_utils", "stix_shifter_modules_mysql")
    answer = made.run("python", "-m", "pip", "install", "--quiet", *(wheels[name].path for name in wanted))
    if answer.returncode != 0:
        pytest.skip(f"needs the package index: {answer.stderr.strip().splitlines()[-1]}")
    made.pip("check")
    return made


@pytest.fixture(scope="module")
def server() -> Iterator[DatabaseServer]:
    """A MariaDB with one event of 2024-01-01."""
    if missing := missing_mariadb():
        pytest.skip(missing)
    import pymysql

    with mariadb() as running:
        connection = pymysql.connect(**running.login())
        with connection.cursor() as cursor:
            cursor.execute(create_table("events", integer="BIGINT", text="TEXT"))
            event = {"entry_time": 1_704_100_000_000, "source_ipaddr": "198.51.100.7", "dest_port": 443}
            marks = ", ".join(["%s"] * len(COLUMNS))
            cursor.execute(f"INSERT INTO events VALUES ({marks})", [event.get(name) for name in COLUMNS])
        connection.commit()
        connection.close()
        yield running


def test_translate_ping_and_execute_work_from_wheels_alone(
    clean: Environment, server: DatabaseServer
) -> None:
    place = {"host": server.host, "port": server.port, "database": server.database}
    connection = json.dumps({**place, "options": {"table": "events"}})
    secret = {"auth": {"username": server.user, "password": "${env:DB_PASSWORD}"}}
    reach = (connection, json.dumps(secret))
    said = clean.shifter("translate", "mysql", "query", "{}", PATTERN, '{"table": "events"}')
    assert "198.51.100.7" in said["queries"][0]
    assert clean.shifter("transmit", "mysql", *reach, "ping", DB_PASSWORD=server.password) == {
        "success": True
    }
    words = ("execute", "mysql", "mysql", json.dumps(IDENTITY), *reach, f"{PATTERN} {WINDOW}")
    bundle = clean.shifter(*words, DB_PASSWORD=server.password)
    assert [one["type"] for one in bundle["objects"]] == ["identity", "observed-data"]
    values = [one.get("value") for one in bundle["objects"][1]["objects"].values()]
    assert "198.51.100.7" in values


def test_the_environment_holds_no_part_of_the_checkout(clean: Environment) -> None:
    code = "import stix_shifter as s, stix_shifter_modules as m; print(s.__file__, *m.__path__)"
    said = clean.run("python", "-c", code).stdout
    assert str(clean.home) in said
    assert str(ROOT) not in said
    assert clean.run("stix-shifter", "--version").stdout.startswith("stix-shifter 2.3.4 ")


def test_connectors_of_other_versions_a_checkout_and_published_ones_join_in(
    clean: Environment, clone: Any, wheels: dict[str, Any], tmp_path: Path
) -> None:
    (newer,) = clone.build("postgresql", version="2.10.0").values()
    template = wheels["stix_shifter_modules_async_template"].path
    clean.pip("install", "--quiet", "--no-deps", newer, template)
    known = clean.shifter("modules", "--where")
    assert {name: about["version"] for name, about in known.items()} == {
        "async_template": "2.3.4", "mysql": "2.3.4", "postgresql": "2.10.0",
    }  # fmt: skip
    mine = tmp_path / "mine"
    clean.shifter("new-connector", "acme_watch", "--to", mine / "stix_shifter_modules")
    beside = clean.shifter("modules", "--where", PYTHONPATH=str(mine))
    assert (beside["acme_watch"]["version"], beside["mysql"]["version"]) == (None, "2.3.4")
    assert beside["acme_watch"]["folder"] == str(mine / "stix_shifter_modules" / "acme_watch")
    query = ("query", "{}", f"{PATTERN} {WINDOW}")
    assert clean.shifter("translate", "acme_watch", *query, PYTHONPATH=str(mine))["queries"]
    assert clean.shifter("translate", "postgresql", *query, '{"table": "events"}')["queries"]


def test_a_published_connector_works_beside_ours(clean: Environment) -> None:
    """Whatever it was built for: it runs on this core, and is told from ours by its version."""
    answer = clean.run("python", "-m", "pip", "install", "--quiet", "--no-deps", PUBLISHED)
    if answer.returncode != 0:
        pytest.skip(f"needs the package index: {answer.stderr.strip().splitlines()[-1]}")
    known = clean.shifter("modules", "elastic_ecs", "--where")["elastic_ecs"]
    assert (known["distribution"], known["version"]) == ("stix-shifter-modules-elastic-ecs", "8.1.3")
    assert clean.shifter("translate", "elastic_ecs", "query", "{}", f"{PATTERN} {WINDOW}")["queries"]
    assert clean.shifter("translate", "mysql", "query", "{}", PATTERN, '{"table": "events"}')["queries"]


@pytest.mark.parametrize("mode", ["3", "1"])
def test_the_other_modes_bring_every_connector_and_leave_no_file_behind(
    clean: Environment, full_clone: Any, mode: str, connectors: list[str]
) -> None:
    """After all others: what is installed is replaced by the wheels of one mode, then removed."""
    _remove(clean)
    made = full_clone.build(mode)
    clean.pip("install", "--quiet", "--no-deps", *made.values())
    folder = next((clean.home / "lib").glob("python*/site-packages/stix_shifter_modules"))
    assert sorted(path.parent.name for path in folder.glob("*/entry_point.py")) == connectors
    known = clean.shifter("modules", "mysql", "--where")["mysql"]
    assert known["distribution"] == ("stix-shifter-modules" if mode == "3" else "stix-shifter")
    assert clean.shifter("translate", "mysql", "query", "{}", PATTERN, '{"table": "events"}')["queries"]
    _remove(clean)
    assert [path for path in (clean.home / "lib").rglob("stix_shifter*/**/*") if path.is_file()] == []


def _remove(clean: Environment) -> None:
    """Uninstall whatever of ours, and of the published ones, is there."""
    listed = json.loads(clean.pip("list", "--format=json"))
    ours = [one["name"] for one in listed if one["name"].replace("_", "-").startswith("stix-shifter")]
    if ours:
        clean.pip("uninstall", "--quiet", "--yes", *ours)


@pytest.fixture
def built_by_build() -> Callable[[Path, Path], subprocess.CompletedProcess[str]]:
    """`python -m build` in a folder, with MODE=3 VERSION=2.3.4."""

    def run(checkout: Path, out: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "build", "--outdir", str(out)],
            check=False,
            cwd=checkout,
            env={**os.environ, "MODE": "3", "VERSION": "2.3.4"},
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


def test_python_m_build_makes_the_same_wheels_from_its_source_distribution(
    full_clone: Any, tmp_path: Path, built_by_build: Callable[..., Any]
) -> None:
    """It builds the source distribution first, and the wheels from what that holds."""
    answer = built_by_build(full_clone.path, tmp_path / "out")
    assert answer.returncode == 0, answer.stderr
    assert full_clone.status() == ""
    expected = {name: path.read_bytes() for name, path in full_clone.build("3").items()}
    made = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.whl")}
    assert made == expected
    assert (tmp_path / "out" / "stix_shifter-2.3.4.tar.gz").is_file()
