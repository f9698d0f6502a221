"""The closing table of a hunt: a line per source, and why those that did not answer did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter.cli.tables import Table, plain_table

if TYPE_CHECKING:
    from stix_shifter.hunt.ledger import Ledger, SourceEntry

COLUMNS = ("source", "state", "verdicts", "queries", "rows", "matched", "seconds", "why")
_REASON = 120
_MOST_LINES = 40


def closing_table(ledger: Ledger) -> str:
    """Plain text of at most a screen."""
    shown = sorted(ledger.sources, key=lambda one: one.worked)[:_MOST_LINES]
    table = Table(COLUMNS, tuple(source_row(one) for one in shown))
    lines = [plain_table(table)]
    if len(shown) < len(ledger.sources):
        lines.append(f"and {len(ledger.sources) - len(shown)} more sources that worked")
    lines += [f"warning: {text}" for text in ledger.warnings]
    start, stop = ledger.window.start, ledger.window.stop
    if start and stop:
        window = f"{start:%Y-%m-%dT%H:%M:%SZ} to {stop:%Y-%m-%dT%H:%M:%SZ}"
        lines.append(f"window: {window} (from {ledger.window_from})")
    failed, cut = len(ledger.failed), sum(one.state == "cut" for one in ledger.sources)
    state = f"{failed} of {len(ledger.sources)} sources failed" if failed else "all sources worked"
    state += f", {cut} cut by a limit: there may be more" if cut else ""
    slowest = max((one.took_s for one in ledger.sources if one.worked), default=0.0)
    lines.append(
        f"{_count(ledger.matched, 'observation')} of {_count(ledger.rows, 'row')} in {ledger.took_s:.1f} s"
        f" (slowest healthy source {slowest:.1f} s); {state}"
    )
    return "\n".join(lines) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def source_row(entry: SourceEntry) -> tuple[str, ...]:
    """The cells of a source."""
    reason = entry.reason
    return (
        entry.name,
        entry.state,
        verdict_counts(entry),
        str(len(entry.searches)),
        str(entry.rows),
        str(entry.matched),
        f"{entry.took_s:.1f}",
        reason if len(reason) <= _REASON else f"{reason[: _REASON - 1]}…",
    )


def verdict_counts(entry: SourceEntry) -> str:
    """`2 exact, 1 local`; of several dialects the best verdict for each comparison counts."""
    best: dict[int, int] = {}
    words = ("exact", "superset", "local", "unsearchable")
    for verdicts in entry.verdicts.values():
        for place, one in enumerate(verdicts):
            rank = words.index(one.verdict.value)
            best[place] = min(rank, best.get(place, rank))
    counts = [(sum(1 for rank in best.values() if rank == at), word) for at, word in enumerate(words)]
    return ", ".join(f"{count} {word}" for count, word in counts if count)
