"""The examples of `--help` run as they stand, in a folder that holds the files they name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stix_shifter.cli.app import EXAMPLES
from stix_shifter.cli.commands import COMMANDS

pytest.importorskip("duckdb", reason="some examples search files")
ROOT = Path(__file__).resolve().parents[3]
IDENTITY = {"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "sensor"}
FLOW = {"ts": 1715674444.5, "uid": "C1", "id.orig_h": "192.0.2.7", "id.orig_p": 5000,
        "id.resp_h": "192.0.2.8", "id.resp_p": 443, "proto": "tcp", "_path": "conn"}  # fmt: skip
NEEDS_A_SERVER = ("transmit mysql", "execute mysql")


def commands() -> list[str]:
    """Every command of every example, its lines joined, without comments."""
    texts = [EXAMPLES, *(listed.load().examples for listed in COMMANDS)]
    lines = "\n".join(texts).replace("\\\n", " ").splitlines()
    found = [line.split("   #")[0].strip() for line in lines]
    return [line for line in found if line and not line.startswith("#") and not serves(line)]


def serves(line: str) -> bool:
    """A host serves until it is ended; its examples run in tests/shifter/host."""
    return line.startswith("stix-shifter host")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the examples name, and a program `stix-shifter`."""
    path = tmp_path_factory.mktemp("examples")
    address = {"type": "ipv4-addr", "spec_version": "2.1", "value": "192.0.2.7",
               "id": "ipv4-addr--a61dfed6-ab8c-56e8-9b1c-3b3b1b5a4a6e"}  # fmt: skip
    moment = "2024-05-14T08:00:00.000Z"
    observed = {"type": "observed-data", "spec_version": "2.1", "created": moment, "modified": moment,
                "id": "observed-data--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "first_observed": moment,
                "last_observed": moment, "number_observed": 1, "object_refs": [address["id"]]}  # fmt: skip
    bundle = {
        "type": "bundle",
        "id": "bundle--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
        "objects": [address, observed],
    }
    contents = {
        "identity.json": IDENTITY,
        "bundle.json": bundle,
        "connection.json": {"url": "bundle.json"},
        "mysql.json": {"host": "127.0.0.1", "port": 1, "database": "d", "options": {"table": "events"}},
        "postgresql.json": {
            "host": "db.example.com",
            "port": 5432,
            "database": "soc",
            "options": {"table": "events"},
        },
        "acme.yaml": {"rename": {"source_ipaddr": "client_address"}},
        "monday.json": bundle,
        "tuesday.json": bundle,
        "rows.json": [FLOW],
        "rows.ndjson": FLOW,
        "logs/conn.ndjson": FLOW,
    }
    for name, content in contents.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(json.dumps(content) + "\n")
    pattern = "[ipv4-addr:value = '192.0.2.7'] START t'2024-05-14T00:00:00Z' STOP t'2024-05-15T00:00:00Z'"
    source = "{connector: stix_bundle, connection: {url: bundle.json}}"
    (path / "sources.yaml").write_text(f"profiles:\n  edr: {source}\n  proxy: {source}\n")
    (path / "pattern.txt").write_text(pattern + "\n")
    program = path / "bin" / "stix-shifter"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "main.py"}" "$@"\n')
    program.chmod(0o755)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are written for a Unix shell")
@pytest.mark.parametrize("command", commands())
def test_an_example_runs(command: str, folder: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "DB_PASSWORD": "correct horse",
        "XDG_STATE_HOME": str(folder / "state"),
    }
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if any(words in command for words in NEEDS_A_SERVER):
        assert (done.returncode, json.loads(done.stdout)["code"]) == (1, "service_unavailable"), done.stderr
    else:
        assert done.returncode == 0, done.stderr
        assert done.stdout
    assert "Traceback" not in done.stderr
    assert "correct horse" not in done.stdout + done.stderr


def test_an_example_finds_what_it_looks_for(folder: Path) -> None:
    places = ("execute stix_bundle", "execute local_files")
    searching = [command for command in commands() if any(place in command for place in places)]
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    assert len(searching) == 2
    for command in searching:
        done = subprocess.run(
            ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        assert "observed-data--" in done.stdout
