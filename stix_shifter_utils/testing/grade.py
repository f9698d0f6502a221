"""`python -m stix_shifter_utils.testing.grade [NAME …]`: run connectors' tests and say which grade they earn.

A grade is earned when every test of its level, and of the levels below, passes; a test that is left out is
not passed, but for those that the connector's kind of product has no use for. Prints one JSON object: name
-> grade and counts.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_utils.config import installed_modules, module_folder
from stix_shifter_utils.errors import UnsupportedDataSourceError
from stix_shifter_utils.testing.levels import Level, level_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NOT_FOR_THIS_KIND = (
    "keeps no searches", "not asked over TLS", "faults have tests of their own", "asks for no credentials",
)  # fmt: skip
"""Words of the suite's own skips that say nothing against a connector."""


@dataclass
class Grade:
    """What a connector's test run showed: counts per level, and the names of all tests that failed."""

    outcomes: dict[Level, Counter[str]] = field(default_factory=lambda: {each: Counter() for each in Level})
    others: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    @property
    def earned(self) -> Level | None:
        """The highest level without a gap below; None when bronze does not hold or any test fails."""
        earned = None
        for level in Level:
            counts = self.outcomes[level]
            if self.failed or not counts["passed"] or counts["left out"]:
                break
            earned = level
        return earned

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "grade": self.earned.value if self.earned else None,
            **{level.value: dict(self.outcomes[level]) for level in Level},
            "own tests": dict(self.others),
            "failed": self.failed,
        }


class _Watcher:
    """A pytest plugin that sorts outcomes by level."""

    def __init__(self) -> None:
        self.grade = Grade()
        self._levels: dict[str, Level | None] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._levels = {item.nodeid: level_of(getattr(item, "function", None)) for item in items}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.grade.failed.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.passed and report.when != "call":
            return
        if report.failed:
            self.grade.failed.append(report.nodeid)
        level = self._levels.get(report.nodeid)
        counts = self.grade.outcomes[level] if level else self.grade.others
        outcome = "not for this kind" if _excused(report) else _WORDS[report.outcome]
        counts[outcome] += 1


_WORDS = {"passed": "passed", "failed": "failed", "skipped": "left out"}


def _excused(report: pytest.TestReport) -> bool:
    return report.skipped and any(words in str(report.longrepr) for words in NOT_FOR_THIS_KIND)


def grade(folder: Path) -> Grade:
    """Run the tests in a connector's folder, quietly, and grade what they show."""
    watcher = _Watcher()
    tests = next((folder / name for name in ("tests", "test") if (folder / name).is_dir()), None)
    if tests is not None:
        with contextlib.redirect_stdout(io.StringIO()):
            pytest.main([str(tests), "-p", "no:cacheprovider"], plugins=[watcher])
    return watcher.grade


def main(argv: Sequence[str] | None = None) -> int:
    """Grade the named connectors, or all; 0 when each earns at least bronze, 2 for an unknown name."""
    parser = argparse.ArgumentParser(prog="python -m stix_shifter_utils.testing.grade", description=__doc__)
    parser.add_argument("connector", nargs="*", help="name of an installed connector; all when left out")
    names = parser.parse_args(argv).connector or installed_modules()
    try:
        folders = {name: module_folder(name) for name in names}
    except UnsupportedDataSourceError as error:
        sys.stderr.write(f"grade: {error} installed: {', '.join(installed_modules())}\n")
        return 2
    grades = {name: grade(folder) for name, folder in folders.items()}
    sys.stdout.write(json.dumps({name: each.as_json() for name, each in grades.items()}, indent=2) + "\n")
    for name, each in grades.items():
        if each.failed:
            sys.stderr.write(f"grade: {name}: what failed says why: python -m pytest {folders[name]}\n")
    return 0 if all(each.earned for each in grades.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
