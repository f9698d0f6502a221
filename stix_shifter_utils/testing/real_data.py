"""The folder of real data: where it lies, and samples of its lines.

STIX_SHIFTER_TEST_DATA names it; where it is absent, `missing` says so and tests are left out.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

_ROOT: Final = Path(__file__).resolve().parents[2]


def data_folder() -> Path:
    """Where real data lies."""
    return Path(os.environ.get("STIX_SHIFTER_TEST_DATA") or _ROOT.parent / "shared" / "data")


def missing() -> str:
    """Why there is no real data here; empty where there is some."""
    folder = data_folder()
    return "" if folder.is_dir() else f"no real data at {folder}; set STIX_SHIFTER_TEST_DATA"


def lines(name: str) -> Iterator[dict[str, Any]]:
    """The objects of a file of packed JSON lines (`zeek/lsass-conn.ndjson.gz`); none where it is absent."""
    path = data_folder() / name
    if path.is_file():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def sample(name: str, count: int, *, seed: int) -> list[dict[str, Any]]:
    """So many of a file's lines, the same for the same seed; all where there are no more."""
    found = list(lines(name))
    return found if len(found) <= count else random.Random(seed).sample(found, count)  # noqa: S311  the same each time


def spread(
    found: Iterable[dict[str, Any]], kind: Callable[[dict[str, Any]], Hashable], most: int
) -> list[dict[str, Any]]:
    """At most so many objects: the first of each kind, then the second of each, and so on."""
    ranks: Counter[Hashable] = Counter()
    ranked = []
    for one in found:
        ranks[kind(one)] += 1
        ranked.append((ranks[kind(one)], one))
    return [one for _, one in sorted(ranked, key=lambda each: each[0])[:most]]
