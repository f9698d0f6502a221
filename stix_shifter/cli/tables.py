"""Text for people: headings, tables, native queries; with rich on a terminal, in plain columns elsewhere."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from stix_shifter.cli.console import wants_colour

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STYLES = {"exact": "green", "superset": "yellow", "local": "cyan", "unsearchable": "bold red"}
NARROWEST = 12
PLAIN_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of text. `key` is the column whose words are coloured, if any."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    key: int | None = None


class Page:
    """Text for people, collected and shown at once."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, Any]] = []

    def heading(self, text: str) -> None:
        self._parts.append(("heading", text))

    def line(self, text: str = "") -> None:
        self._parts.append(("line", text))

    def code(self, body: Any) -> None:
        """A native query: text as it is, data as JSON."""
        text = body if isinstance(body, str) else json.dumps(body, indent=2, default=str)
        self._parts.append(("code", text))

    def table(self, table: Table) -> None:
        self._parts.append(("table", table))

    def show(self) -> None:
        """Write it to standard output."""
        sys.stdout.write(self.plain() if not wants_colour(sys.stdout) else self.coloured())

    def plain(self) -> str:
        """The page without colours, the same everywhere."""
        makers: dict[str, Callable[[Any], str]] = {
            "heading": _plain_heading,
            "line": str,
            "code": _plain_code,
            "table": plain_table,
        }
        return "".join(makers[kind](what).rstrip() + "\n" for kind, what in self._parts)

    def coloured(self) -> str:
        """The page for a terminal."""
        from rich.console import Console as RichConsole
        from rich.padding import Padding
        from rich.text import Text

        width = shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns
        console = RichConsole(width=width, force_terminal=True, highlight=False)
        with console.capture() as captured:
            for kind, what in self._parts:
                if kind == "table":
                    console.print(_rich_table(what))
                elif kind == "code":
                    console.print(Padding(Text(what, style="bright_blue"), (0, 0, 0, 4)))
                else:
                    console.print(Text(what, style="bold" if kind == "heading" else ""))
        return captured.get()


def _plain_heading(text: str) -> str:
    return f"{text}\n{'=' * len(text)}"


def _plain_code(text: str) -> str:
    return textwrap.indent(text, "    ")


def plain_table(table: Table) -> str:
    """Columns separated by two blanks; long cells are wrapped."""
    rows = [tuple(column.upper() for column in table.columns), *table.rows]
    widths = fitting_widths([max(len(row[at]) for row in rows) for at in range(len(table.columns))])
    return "\n".join(line for row in rows for line in _plain_row(row, widths))


def _plain_row(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [
        textwrap.wrap(cell, width, break_on_hyphens=False) for cell, width in zip(row, widths, strict=True)
    ]
    lines = zip_longest(*cells, fillvalue="")
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def fitting_widths(wanted: Sequence[int], limit: int = PLAIN_WIDTH) -> list[int]:
    """The widths of columns that together fit: those that are too wide share what the others leave."""
    widths, room = list(wanted), limit - 2 * (len(wanted) - 1)
    while sum(widths) > room:
        widest = max(widths)
        below = max((width for width in widths if width < widest), default=0)
        many = widths.count(widest)
        fair = max(below, (room - sum(width for width in widths if width < widest)) // many, NARROWEST)
        widths = [min(width, fair) for width in widths]
        if fair in (widest, NARROWEST):
            break
    return widths


def _rich_table(table: Table) -> Any:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    made = RichTable(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for column in table.columns:
        made.add_column(column, overflow="fold")
    for row in table.rows:
        style = STYLES.get(row[table.key], "") if table.key is not None else ""
        made.add_row(*(Text(cell, style=style if at == table.key else "") for at, cell in enumerate(row)))
    return made
