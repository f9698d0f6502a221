"""The example of docs/hunt.md runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "hunt.md"


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script of the page with the command in its PATH."""
    program = folder / "bin" / "stix-shifter"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "main.py"}" "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "XDG_STATE_HOME": str(folder / "state"),
    }
    return subprocess.run(
        ["sh", "-e", "-c", script], cwd=folder, env=environment,
        capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip


def scripts() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are written for a Unix shell")
def test_the_example_of_the_page_runs_and_finds_the_pair(tmp_path: Path) -> None:
    done = run(scripts()[0], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "192.0.2.7" in done.stdout
    assert "evil.example" in done.stdout
    assert "2 observations of 2 rows" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are written for a Unix shell")
def test_the_hunt_over_ten_products_runs_as_the_page_says(tmp_path: Path) -> None:
    pytest.importorskip("cryptography", reason="the products speak TLS")
    pytest.importorskip("duckdb", reason="log files need duckdb")
    done = run(scripts()[1], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "all sources worked" in done.stderr
    states = [line.split()[1:2] for line in done.stderr.splitlines()]
    assert states.count(["answered"]) == 10
    assert (tmp_path / "ten-products" / "hunt.html").stat().st_size > 100_000
