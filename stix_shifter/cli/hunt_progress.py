"""Watching a hunt: a live table where a person looks, one line per source in a log."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from stix_shifter.hunt.events import HuntStarted, SourceFinished, SourceProgress

if TYPE_CHECKING:
    from typing_extensions import Self

    from stix_shifter.cli.console import Console
    from stix_shifter.hunt.events import HuntEvent
    from stix_shifter.hunt.ledger import SourceEntry

_STYLES = {"answered": "green", "cut": "yellow", "partial": "red", "failed": "bold red", "not asked": "cyan"}


class Lines:
    """For logs: the question, and each source when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def see(self, event: HuntEvent) -> None:
        """Say what is worth a line."""
        if isinstance(event, HuntStarted):
            self._console.note(f"hunt {event.hunt_id}: asking {len(event.sources)} sources")
        elif isinstance(event, SourceFinished):
            reason = f": {event.entry.reason}" if event.entry.reason else ""
            self._console.note(f"{event.source}: {event.entry.state}, {event.entry.rows} rows{reason}")


class LiveTable:
    """For a terminal: a line per source that changes as it works; gone when the hunt is over."""

    def __init__(self, console: Console) -> None:
        from rich.console import Console as RichConsole
        from rich.live import Live

        self._console = console
        self._entries: dict[str, tuple[SourceEntry | None, str]] = {}
        self._began = time.monotonic()
        rich = RichConsole(stderr=True, highlight=False)
        self._live = Live(console=rich, transient=True, refresh_per_second=8, get_renderable=self._table)

    def __enter__(self) -> Self:
        logging.disable(logging.WARNING)  # lines in between would break the table; the ledger tells it all
        self._live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._live.__exit__(*error)
        logging.disable(logging.NOTSET)

    def see(self, event: HuntEvent) -> None:
        """Remember what is shown at the next refresh."""
        if isinstance(event, HuntStarted):
            self._entries = dict.fromkeys(event.sources, (None, "waiting"))
        elif isinstance(event, SourceProgress):
            self._entries[event.source] = (event.entry, event.what)
        elif isinstance(event, SourceFinished):
            self._entries[event.source] = (event.entry, event.entry.state)

    def _table(self) -> Any:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        made = Table(
            box=box.SIMPLE_HEAD, title=f"{time.monotonic() - self._began:.0f} s", title_justify="left"
        )
        for column in ("source", "state", "searches", "rows", "candidates"):
            made.add_column(column)
        for name, (entry, what) in self._entries.items():
            done = sum(1 for one in entry.searches if one.state in {"done", "cut", "failed"}) if entry else 0
            made.add_row(
                Text(name),
                Text(what, style=_STYLES.get(what, "")),
                f"{done}/{len(entry.searches)}" if entry else "",
                str(entry.rows) if entry else "",
                str(entry.candidates) if entry else "",
            )
        return made
