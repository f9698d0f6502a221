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
