"""The closed loop over real logs: the rows that come back and are checked are those that the matcher picks.

100 generated patterns for each pack. With STIX_SHIFTER_LONG_TESTS set there are more of them, over more rows,
and every comparison of them is tried alone and held to its verdict.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.local_files.entry_point import EntryPoint
from stix_shifter_modules.local_files.stix_transmission.api_client import APIClient
from stix_shifter_modules.local_files.stix_transmission.completing import complete_rows
from stix_shifter_modules.local_files.stix_transmission.packs import FOLDER
from stix_shifter_modules.local_files.stix_transmission.scan import Scan
from stix_shifter_utils.pattern import Comparator, Pattern, print_pattern
from stix_shifter_utils.results import ResultsOptions, compile_mapping, get_module_transformers
from stix_shifter_utils.testing.loop import ClosedLoop
from stix_shifter_utils.testing.patterns import generate_patterns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_modules.local_files.stix_transmission.completing import Found, Row
    from stix_shifter_modules.local_files.stix_transmission.library import Library
    from stix_shifter_modules.local_files.stix_transmission.packs import Pack
    from stix_shifter_utils.query import NativeQuery, QueryPlan

DATA = Path(os.environ.get("STIX_SHIFTER_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
LONG = bool(os.environ.get("STIX_SHIFTER_LONG_TESTS"))
FOLDERS = {
    "zeek": "zeek",
    "windows": "windows-mordor",
    "cloudtrail": "cloudtrail",
    "ecs": "ecs",
    "ocsf": "ocsf",
}
ROWS = 3000 if LONG else 700
PATTERNS = 400 if LONG else 100
NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)
OPTIONS: dict[str, Any] = {"result_limit": None, "stix_2.1": True}

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(),
    reason=f"no real data at {DATA}; set STIX_SHIFTER_TEST_DATA to the folder that holds it",
)


def sample(pack: str, folder: Path, rows: int) -> None:
    """About so many different records of a pack, some of each of its files, in a folder."""
    sources = sorted((DATA / FOLDERS[pack]).glob("*.ndjson.gz"))
    chosen = random.Random(20)
    for source in sources:
        with gzip.open(source, "rb") as file:
            lines = list(dict.fromkeys(file))
        share = max(rows // len(sources), 12)
        part = lines if len(lines) <= share else chosen.sample(lines, share)
        # Records that say their log type may lie in one file; others are known by their file's name.
        name = "all.ndjson" if b'"_path"' in part[0] else source.name.removesuffix(".gz")
        with (folder / name).open("ab") as target:
            target.writelines(part)


@dataclass
class Bench:
    """One pack's sample, and searches in it. Rows are completed once: that is the same for every query."""

    pack: str
    client: APIClient

    def __post_init__(self) -> None:
        self._known: dict[tuple[str, str], Row] = {}
        self._translator = EntryPoint({}, {}, OPTIONS).get_query_translator(self.pack)

    def plan(self, pattern: Pattern) -> QueryPlan:
        return self._translator.plan(print_pattern(pattern), policy="widen", now=NOW)

    def run(self, query: NativeQuery) -> list[Row]:
        return self.search(str(query.body))

    def search(self, text: str) -> list[Row]:
        library = self.client._library  # noqa: SLF001  what a client has of its own is what is tested
        return Scan(library, text, self._complete).page(0, 10**9)[0]

    def _complete(self, library: Library, pack: Pack, found: Sequence[Found]) -> list[Row]:
        new = [row for row in found if (row[1], row[2]) not in self._known]
        for row, made in zip(new, complete_rows(library, pack, new), strict=True):
            self._known[row[1], row[2]] = made
        return [self._known[row[1], row[2]] for row in found]


def mapping_of(pack: str) -> Any:
    to_stix = json.loads((FOLDER / f"{pack}_to_stix_map.json").read_bytes())
    options = ResultsOptions.of({"stix_2.1": True})
    return compile_mapping(to_stix, transformers=get_module_transformers("local_files"), options=options)


@pytest.mark.parametrize("pack", FOLDERS)
def test_rows_returned_and_checked_are_those_the_matcher_picks(pack: str, tmp_path: Path) -> None:
    sample(pack, tmp_path, ROWS)
    client = APIClient({"path": str(tmp_path)}, {})
    bench = Bench(pack, client)
    loop = ClosedLoop(bench.search(f"SELECT * FROM {pack}"), mapping_of(pack), options=OPTIONS)
    patterns = generate_patterns(loop.facts(), seed=9, count=PATTERNS)
    report = loop.run(patterns, bench.plan, bench.run, audit=LONG)
    client.close()
    sys.stdout.write(f"{report}\n")
    assert report.failures == [], str(report)
    assert report.patterns == PATTERNS
    assert report.share >= 0.4, str(report)
    if LONG:
        tried = {(one, negated) for one in Comparator for negated in (False, True)}
        assert min(report.comparators[each] for each in tried) >= 10, str(report)
