"""The loop closes on SPL: what `search` and `where` find, and the check keeps, is what the matcher picks.

Each comparison is tried alone too, and held to its verdict. The rows hold odd values of every kind.
"""

from __future__ import annotations

from typing import Any

from stix_shifter_utils.query import CompilerOptions, SplCompiler
from stix_shifter_utils.testing import odd_rows
from stix_shifter_utils.testing.languages.spl_rows import run_spl


def named(name: str) -> str:
    return "_time" if name == "ts" else name


TO_STIX = {named(name): value for name, value in odd_rows.TO_STIX.items()}
KINDS = {named(name): "text_nocase" if kind == "text" else kind for name, kind in odd_rows.KINDS.items()}


def rows() -> list[dict[str, Any]]:
    """The rows of the loop, as Splunk holds them: no booleans, and no field without a value."""
    made = []
    for given in odd_rows.make_rows(150, seed=12):
        row = {named(name): value for name, value in given.items() if value is not None}
        made.append({name: int(value) if isinstance(value, bool) else value for name, value in row.items()})
    return made


def test_the_loop_closes_and_every_verdict_holds() -> None:
    searching, results = odd_rows.mappings(TO_STIX, {"fields": KINDS})
    compiler = SplCompiler(searching, CompilerOptions(time_range_min=None, result_limit=None))
    held = rows()

    def found(query: Any) -> list[dict[str, Any]]:
        return run_spl(str(query.body).partition(" | fields ")[0], held)

    odd_rows.assert_language_closes(compiler, results, held, found, seed=12)
