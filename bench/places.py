"""Folders that the measurements share, made in `build/bench`: maps, connectors, files of rows.

The published maps are asked for through the published package's API, its connector wheels are installed
packages that are copied as they are; nobody reads them here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.workloads import write_rows

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "build" / "bench"
WHEELS = ("qradar", "elastic_ecs", "mysql")
LONGEST_QUERY, MOST_VALUES = 60_000, 500

_ASK_MAPS = """
import json, sys, pathlib
from stix_shifter.stix_translation.stix_translation import StixTranslation
for module in sys.argv[2:]:
    options = {"table": "t"} if module == "mysql" else {}
    answer = StixTranslation().translate(module, "mapping", None, None, options)
    pathlib.Path(sys.argv[1], module + ".json").write_text(json.dumps(answer))
"""
_ASK_FOLDER = "import stix_shifter_modules; print(*stix_shifter_modules.__path__, sep='\\n')"
_ENTRY_POINT = '''"""A connector of the benchmarks: published maps, or limits, through our SQL family."""

from stix_shifter_utils.connector import BaseEntryPoint


class EntryPoint(BaseEntryPoint):
    def __init__(self, connection=None, configuration=None, options=None):
        super().__init__(connection, configuration, options)
        self.setup_translation_simple(dialect_default="default")
'''
_TRANSLATOR = '''"""Our SQL family, unchanged."""

from stix_shifter_utils.connector import BaseQueryTranslator
from stix_shifter_utils.query import MySqlCompiler


class QueryTranslator(BaseQueryTranslator):
    compiler = MySqlCompiler
'''


def maps(published: str) -> Path:
    """A folder with the maps of the published connectors, `<module>.json` each."""
    folder = HOME / "maps"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [published, "-c", _ASK_MAPS, str(folder), *WHEELS], check=True, capture_output=True, cwd="/"
    )
    return folder


def wheels(published: str) -> Path:
    """A folder with the published connectors alone, to be run on either core."""
    found = subprocess.run(
        [published, "-c", _ASK_FOLDER], check=True, capture_output=True, text=True, cwd="/"
    )
    folder = HOME / "wheels" / "stix_shifter_modules"
    for name in WHEELS:
        origin = next(Path(line, name) for line in found.stdout.split("\n") if Path(line, name).is_dir())
        shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(origin, folder / name)
    return folder


def own_connectors(published_maps: Path | None) -> Path:
    """A folder with connectors for the benchmarks alone.

    `bench_elastic` and `bench_qradar`: the published maps through our SQL family, so that both sides ask for
    the same fields. `bench_limits`: our own small map, for a source with limits.
    """
    folder = HOME / "own" / "stix_shifter_modules"
    mysql = ROOT / "stix_shifter_modules" / "mysql" / "stix_translation" / "json"
    limits = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in mysql.glob("*.json")}
    _connector(folder / "bench_limits", limits)
    capabilities = {"max_length": LONGEST_QUERY, "max_values": MOST_VALUES}
    _write(folder / "bench_limits" / "configuration" / "capabilities.json", json.dumps(capabilities))
    for name, module, dialect in (
        ("bench_elastic", "elastic_ecs", ""),
        ("bench_qradar", "qradar", "events_"),
    ):
        if published_maps is not None:
            found = json.loads((published_maps / f"{module}.json").read_text(encoding="utf-8"))
            wanted = {"from_stix_map": f"{dialect}from_stix_map", "to_stix_map": "to_stix_map"}
            _connector(folder / name, {stem: found[key] for stem, key in wanted.items()})
    return folder


def _connector(folder: Path, files: dict[str, object]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _write(folder / "entry_point.py", _ENTRY_POINT)
    _write(folder / "__init__.py", "")
    _write(folder / "stix_translation" / "__init__.py", "")
    _write(folder / "stix_translation" / "query_translator.py", _TRANSLATOR)
    for stem, content in files.items():
        _write(folder / "stix_translation" / "json" / f"{stem}.json", json.dumps(content))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def rows(kind: str, count: int) -> Path:
    """A file of rows of a kind, one JSON object per line."""
    folder = HOME / "rows"
    folder.mkdir(parents=True, exist_ok=True)
    return write_rows(folder / f"{kind}-{count}.ndjson", kind, count)


def interpreter(given: str) -> str:
    """The path of an interpreter for processes that run in another folder.

    A link stays a link: the interpreter of a virtual environment is known by the place of its link.
    """
    return os.path.abspath(given) if Path(given).is_file() else given  # noqa: PTH100  resolve() follows links


def script(python: str) -> str:
    """The command line program of an environment."""
    return str(Path(python).parent / ("stix-shifter.exe" if sys.platform == "win32" else "stix-shifter"))
