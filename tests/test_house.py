"""The house that connectors live in: small, no copies of each other, no product in the core."""

from __future__ import annotations

import ast
import re
import statistics
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "stix_shifter_modules"
RUN = 6
MODELS = ("elastic_ecs", "splunk", "qradar", "msatp", "azure_log_analytics", "azure_sentinel", "aws_athena")
"""The connectors that others are copied from."""
LANGUAGES = frozenset({"mysql", "postgresql"})
"""Connectors whose product gave its name to a language; a family may be called so."""
OWN = frozenset({"async_template", "synchronous_template", "local_files", "stix_bundle", "proxy"})
"""Connectors that are not about a product."""
BRANDS = re.compile(
    "splunk|qradar|sentinel|defender|msatp|log analytics|kibana|crowdstrike|"
    "carbon ?black|cybereason|darktrace|guardium|sumologic|reaqta|sysdig|datadog|proofpoint|infoblox|"
    "vectra|okta|onelogin|trendmicro|palo ?alto",
    re.IGNORECASE,
)
Place = tuple[str, str, int]
"""Connector, file, line."""


def code_of(connector: Path) -> list[Path]:
    """The Python files of a connector without its tests."""
    files = sorted(connector.rglob("*.py"))
    return [path for path in files if "tests" not in path.relative_to(connector).parts]


def connectors(modules: Path) -> list[Path]:
    return sorted(path.parent for path in modules.glob("*/entry_point.py"))


def said_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers: not those that are blank or only import."""
    imports = (node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom)))
    passed = {number for node in imports for number in range(node.lineno, (node.end_lineno or 0) + 1)}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and number not in passed:
            yield number, line.strip()


def equal_runs(modules: Path) -> dict[str, list[Place]]:
    """Runs of lines that stand in more than one connector; blank lines and imports do not count."""
    places: dict[str, list[Place]] = defaultdict(list)
    for connector in connectors(modules):
        for path in code_of(connector):
            if path.name == "entry_point.py":
                continue
            lines = list(said_lines(path.read_text(encoding="utf-8")))
            for at in range(len(lines) - RUN + 1):
                run = "\n".join(line for _, line in lines[at : at + RUN])
                places[run].append((connector.name, path.name, lines[at][0]))
    return {run: found for run, found in places.items() if len({place[0] for place in found}) > 1}


def test_no_two_connectors_share_six_lines_in_a_row() -> None:
    """What two need moves to a family, a flow or a base; an entry point is the guide's few statements."""
    assert equal_runs(MODULES) == {}


def test_lines_that_were_copied_are_found(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "entry_point.py").write_text("same = 1\n" * 9)
        (folder / "api_client.py").write_text("\n\n".join(f"line_{number}" for number in range(RUN)))
    assert [len(found) for found in equal_runs(tmp_path).values()] == [2]


def sizes() -> dict[str, int]:
    """Lines of Python by connector, without tests."""
    return {
        path.name: sum(len(file.read_text(encoding="utf-8").splitlines()) for file in code_of(path))
        for path in connectors(MODULES)
    }


def test_connectors_that_others_are_copied_from_are_small() -> None:
    found = {name: count for name, count in sizes().items() if name in MODELS}
    assert len(found) == len(MODELS)
    assert max(found.values()) <= 300, found
    assert statistics.median(found.values()) <= 150, found


def products() -> re.Pattern[str]:
    names = {path.name for path in connectors(MODULES)} - LANGUAGES - OWN
    return re.compile(f"{BRANDS.pattern}|{'|'.join(sorted(names))}", re.IGNORECASE)


@pytest.mark.parametrize("part", sorted(path.name for path in (ROOT / "stix_shifter_utils").iterdir()))
def test_no_product_has_its_name_in_the_core(part: str) -> None:
    place, wanted = ROOT / "stix_shifter_utils" / part, products()
    files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    named = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        if path.suffix in {".py", ".json"}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if wanted.search(line)
    ]
    assert named == []
