"""The loop closes on AQL: what a SELECT finds, and the check keeps, is what the matcher picks.

Each comparison is tried alone too, and held to its verdict. The rows hold odd values of every kind.
"""

from __future__ import annotations

from typing import Any

from stix_shifter_utils.query import AqlCompiler, CompilerOptions
from stix_shifter_utils.testing import odd_rows
from stix_shifter_utils.testing.languages.aql import run_aql

TIME = [
    {"key": "first_observed", "transformer": "EpochToTimestamp"},
    {"key": "last_observed", "transformer": "EpochToTimestamp"},
]
TO_STIX = {**{name: value for name, value in odd_rows.TO_STIX.items() if name != "ts"}, "starttime": TIME}
KINDS = {**{name: kind for name, kind in odd_rows.KINDS.items() if name != "ts"}, "starttime": "epoch_ms"}


def rows() -> list[dict[str, Any]]:
    """The rows of the loop, as Ariel holds them: no booleans, whole milliseconds."""
    made = []
    for row in odd_rows.make_rows(150, seed=13):
        plain = {name: int(value) if isinstance(value, bool) else value for name, value in row.items()}
        made.append({**plain, "starttime": int(plain.pop("ts") * 1000)})
    return made


def test_the_loop_closes_and_every_verdict_holds() -> None:
    fields = {"table": "events", "time": "starttime", "fields": KINDS}
    searching, results = odd_rows.mappings(TO_STIX, fields)
    compiler = AqlCompiler(searching, CompilerOptions(time_range_min=None, result_limit=None))
    held = rows()

    def found(query: Any) -> list[dict[str, Any]]:
        return run_aql(str(query.body), {"events": held})

    odd_rows.assert_language_closes(compiler, results, held, found, seed=13)
