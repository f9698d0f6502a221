"""Importing the library is quick: nothing heavy, and few modules."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "aiohttp",
    "requests",
    "jsonschema",
    "antlr4",
    "stix2",
    "stix2patterns",
    "duckdb",
    "yaml",
    "rich",
    "asyncio",
)
COUNT = """
import json, sys
before = set(sys.modules)
import {module}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(module: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", COUNT.format(module=module)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    )
    names: list[str] = json.loads(done.stdout)
    return names


@pytest.mark.parametrize(
    "module",
    [
        "stix_shifter",
        "stix_shifter_utils",
        "stix_shifter_utils.connector",
        "stix_shifter.stix_translation.stix_translation",
        "stix_shifter.stix_transmission.stix_transmission",
    ],
)
def test_importing_loads_little_and_nothing_heavy(module: str) -> None:
    names = loaded_by(module)
    assert not {name.partition(".")[0] for name in names} & set(HEAVY)
    assert len(names) <= 100, names


def test_a_translation_in_a_fresh_process_loads_little_and_nothing_that_it_does_not_use() -> None:
    words = ["translate", "mysql", "query", "{}", "[ipv4-addr:value = '192.0.2.7']", '{"table": "events"}']
    code = (
        "import sys, argparse, datetime, json, logging, pathlib\n"
        "before = set(sys.modules)\n"
        "from stix_shifter.cli.app import main\n"
        f"assert main({words!r}) == 0\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    names = done.stderr.split()
    unused = (*HEAVY, "orjson", "sqlite3", "regex", "dataclasses", "inspect", "uuid", "tempfile", "difflib")
    assert not {name.partition(".")[0] for name in names} & set(unused)
    assert not [name for name in names if name.startswith("stix_shifter.hunt")]
    assert 50 < len(names) <= 150, names
