"""Objects that wait to be written, and rows that were seen: in memory up to a limit, beyond it in a file.

The file is SQLite's own kind of temporary database: it has no name, and is gone when it is closed or the
program ends, however it ends. What waits, and why, is `merge`'s matter.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMA: Final = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4096;
    CREATE TABLE object (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB);
    CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID;
"""


@dataclass(slots=True)
class _Waiting:
    """One object in memory; `changed` when the file does not hold it as it is."""

    seq: int
    item: dict[str, Any]
    changed: bool = True


class Spill:
    """What one stream keeps until its end: in memory `limit` objects and ten times as many row keys."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._next = 0
        self._waiting: dict[str, _Waiting] = {}
        self._seen: dict[bytes, int] = {}
        self._file: sqlite3.Connection | None = None
        self._objects_in_file = self._rows_in_file = False

    def get(self, object_id: str) -> dict[str, Any] | None:
        """The waiting object of an id: read it only."""
        found = self._waiting.get(object_id)
        if found is None and self._objects_in_file:
            found = self._fetch(object_id)
        return None if found is None else found.item

    def put(self, item: dict[str, Any]) -> None:
        """Let an object wait, in place of the one that had its id."""
        object_id: str = item["id"]
        found = self._waiting.get(object_id)
        if found is None and self._objects_in_file:
            found = self._fetch(object_id)
        if found is None:
            self.add(item)
        else:
            found.item, found.changed = item, True

    def add(self, item: dict[str, Any]) -> None:
        """Let an object wait whose id `get` does not know."""
        self._waiting[item["id"]] = _Waiting(self._next, item)
        self._next += 1
        if len(self._waiting) > self._limit:
            self._write_objects()

    def times_seen(self, key: bytes) -> int:
        """How often this row key was asked for before."""
        times = self._seen.get(key)
        if times is None:
            times = self._fetch_times(key) if self._rows_in_file else 0
            if len(self._seen) >= 10 * self._limit:
                self._write_rows()
        self._seen[key] = times + 1
        return times

    def drain(self) -> Iterator[dict[str, Any]]:
        """All waiting objects, in the order in which their ids were first put."""
        if not self._objects_in_file:
            yield from (waiting.item for waiting in self._waiting.values())
            return
        self._write_objects()
        for (body,) in self._database().execute("SELECT body FROM object ORDER BY seq"):
            yield orjson.loads(body)

    def close(self) -> None:
        """Forget everything, and give up the file."""
        self._waiting.clear()
        self._seen.clear()
        if self._file is not None:
            self._file.close()
            self._file = None
        self._objects_in_file = self._rows_in_file = False

    def _database(self) -> sqlite3.Connection:
        if self._file is None:
            # "" is a private file; one consumer uses the stream, but not always from the thread that made it
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._file.executescript(_SCHEMA)
        return self._file

    def _fetch(self, object_id: str) -> _Waiting | None:
        query = "SELECT seq, body FROM object WHERE id = ?"
        row = self._database().execute(query, (object_id,)).fetchone()
        if row is None:
            return None
        found = self._waiting[object_id] = _Waiting(row[0], orjson.loads(row[1]), changed=False)
        return found

    def _fetch_times(self, key: bytes) -> int:
        row = self._database().execute("SELECT times FROM seen WHERE key = ?", (key,)).fetchone()
        return row[0] if row else 0

    def _write_objects(self) -> None:
        rows = (
            (waiting.seq, object_id, orjson.dumps(waiting.item))
            for object_id, waiting in self._waiting.items()
            if waiting.changed
        )
        self._write("INSERT OR REPLACE INTO object VALUES (?, ?, ?)", rows)
        self._waiting.clear()
        self._objects_in_file = True

    def _write_rows(self) -> None:
        self._write("INSERT OR REPLACE INTO seen VALUES (?, ?)", iter(self._seen.items()))
        self._seen.clear()
        self._rows_in_file = True

    def _write(self, statement: str, rows: Iterator[tuple[Any, ...]]) -> None:
        database = self._database()
        database.execute("BEGIN")
        database.executemany(statement, rows)
        database.execute("COMMIT")
