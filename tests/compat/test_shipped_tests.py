"""Tests that a wheel carries are counted, and fewer passed than on the published core is a failure."""

import sys
from pathlib import Path

import pytest

from compat.environments import Environments
from compat.shipped import Shipped, shipped_tests

CASE = "import unittest\nclass Case(unittest.TestCase):\n"
PASSES = "    def test_one(self): self.assertTrue(True)\n    def test_two(self): pass\n"
FAILS = "    def test_one(self): self.fail()\n    def test_two(self): pass\n"


def environment(place: Path, body: str) -> Path:
    """A Python program whose connector `acme` carries tests."""
    folder = place / "lib" / "python3" / "site-packages" / "stix_shifter_modules" / "acme" / "tests"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "test_acme.py").write_text(CASE + body, encoding="utf-8")
    (place / "bin").mkdir()
    python = place / "bin" / "python"
    python.symlink_to(sys.executable)
    return python


@pytest.mark.skipif(sys.platform == "win32", reason="makes symbolic links")
@pytest.mark.parametrize(("mine", "passed"), [(PASSES, 2), (FAILS, 1)])
def test_tests_of_a_wheel_run_in_both_environments(tmp_path: Path, mine: str, passed: int) -> None:
    pythons = environment(tmp_path / "published", PASSES), environment(tmp_path / "ours", mine)
    (found,) = shipped_tests(Environments(*pythons, ("acme", "none"), ()), ("acme", "none"))
    assert found == Shipped("acme", (2, 2), (passed, 2))
    assert found.is_worse is (passed < 2)
