"""The table for people, on a terminal and in `docs/performance.md` between its marks."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench import places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.compare import Agreement
    from bench.runner import Outcome
    from bench.table import Row

PAGE = places.ROOT / "docs" / "performance.md"
START, END = "<!-- measured -->", "<!-- /measured -->"
HEADS = ("what", "ours", "published", "ratio", "must / aim", "goal met?")
WORDS = {"aim": "yes, the aim", "must": "yes", "no": "**no**", "": ""}


def shown(figure: float | None, unit: str) -> str:
    """A figure as people read it."""
    if figure is None:
        return "-"
    if unit == "ms":
        return f"{figure * 1000:,.{2 if figure < 0.01 else 1 if figure < 1 else 0}f} ms"  # noqa: PLR2004
    if unit in ("x", "s"):
        return f"{figure:,.2f}{'x' if unit == 'x' else ' s'}"
    return f"{figure:,.0f} {unit}"


def goals(row: Row) -> str:
    """What is asked, as must and aim."""
    found = [goal for goal in (row.must, row.aim) if goal is not None]
    if row.of == "ratio":
        return " / ".join(f"{goal:g}x" for goal in found)
    texts = [shown(goal, row.unit) for goal in dict.fromkeys(found)]
    return f"≤ {' / '.join(texts)}" if texts else ""


def cells(outcome: Outcome) -> tuple[str, ...]:
    """One row as text."""
    row, ratio = outcome.row, outcome.ratio
    return (
        row.name,
        shown(outcome.ours, row.unit),
        shown(outcome.theirs, row.unit),
        f"{ratio:.1f}x" if ratio else "-",
        goals(row),
        WORDS[outcome.verdict] + (f" ({outcome.failed})" if outcome.failed else ""),
    )


def print_table(outcomes: Sequence[Outcome], answers: Sequence[Agreement]) -> None:
    """Both tables, on standard output."""
    table = Table(*HEADS)
    for place, outcome in enumerate(outcomes):
        if outcome.row.part != (outcomes[place - 1].row.part if place else ""):
            table.add_section()
            table.add_row(f"[bold]{outcome.row.part}[/bold]")
        table.add_row(*cells(outcome))
    Console().print(table)
    same = Table("answers compared", "same", "different as documented", "of")
    for one in answers:
        same.add_row(
            one.name + (f"\n{one.example}" if one.example else ""),
            str(one.same),
            str(one.documented),
            str(one.of),
        )
    if answers:
        Console().print(same)


def write_page(
    outcomes: Sequence[Outcome], answers: Sequence[Agreement], published: str, page: Path = PAGE
) -> None:
    """Put tables, machine and date between the marks of the page."""
    head, _, rest = page.read_text(encoding="utf-8").partition(START)
    _, _, tail = rest.partition(END)
    body = "\n".join(_page(outcomes, answers, published))
    page.write_text(f"{head}{START}\n{body}\n{END}{tail}", encoding="utf-8")


def _page(outcomes: Sequence[Outcome], answers: Sequence[Agreement], published: str) -> Iterator[str]:
    now = datetime.now(timezone.utc)
    yield (
        f"Measured on {now:%Y-%m-%d} with {os.cpu_count()} cores of {processor()}, Python "
        f"{platform.python_version()}, {platform.system()}; published package {published}. Times are CPU "
        "time unless a row says otherwise, and medians; both sides ran in turn, in processes of their own."
    )
    part = None
    for outcome in outcomes:
        if outcome.row.part != part:
            part = outcome.row.part
            yield from ("", f"### {part}", "", f"| {' | '.join(HEADS)} |", "|---|" + "---:|" * 3 + "---|---|")
        yield f"| {' | '.join(cells(outcome))} |"
    if answers:
        yield from (
            "",
            "### Answers compared",
            "",
            "| what | same | different as documented | of |",
            "|---|---:|---:|---:|",
        )
        yield from (f"| {one.name} | {one.same:,} | {one.documented:,} | {one.of:,} |" for one in answers)


def processor() -> str:
    """The name of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
