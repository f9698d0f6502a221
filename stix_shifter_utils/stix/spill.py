"""Objects that wait to be written, and rows that were seen: in memory up to a limit, beyond it in a file.

The file is SQLite's own kind of temporary database: it has no name, and is gone when it is closed or the
program ends, however it ends. What waits, and why, is `merge`'s matter.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMA: Final = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4096;
    CREATE TABLE object (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB);
    CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID;
"""


class Spill:
    """What one stream keeps until its end: in memory `limit` objects and ten times as many row keys.

    `waiting` are the objects in memory, by id, in the order in which they came; `add` and `put` write to it.
    """

    def __init__(self, limit: int) -> None:
        self.waiting: dict[str, dict[str, Any]] = {}
        self._limit = limit
        self._next = 0
        self._fetched: dict[str, int] = {}
        self._unchanged: set[str] = set()
        self._seen: dict[bytes, int] = {}
        self._file: sqlite3.Connection | None = None
        self._objects_in_file = self._rows_in_file = False

    def get(self, object_id: str) -> dict[str, Any] | None:
        """The waiting object of an id: read it only."""
        found = self.waiting.get(object_id)
        if found is None and self._objects_in_file:
            return self._fetch(object_id)
        return found

    def put(self, item: dict[str, Any]) -> None:
        """Let an object wait, in place of the one that had its id."""
        object_id: str = item["id"]
        self.get(object_id)
        self._unchanged.discard(object_id)
        self.add(item)

    def add(self, item: dict[str, Any]) -> None:
        """Let an object wait whose id `get` does not know."""
        self.waiting[item["id"]] = item
        if len(self.waiting) > self._limit:
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
            yield from self.waiting.values()
            return
        self._write_objects()
        for (body,) in self._database().execute("SELECT body FROM object ORDER BY seq"):
            yield orjson.loads(body)

    def close(self) -> None:
        """Forget everything, and give up the file."""
        self.waiting.clear()
        self._fetched.clear()
        self._unchanged.clear()
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

    def _fetch(self, object_id: str) -> dict[str, Any] | None:
        query = "SELECT seq, body FROM object WHERE id = ?"
        row = self._database().execute(query, (object_id,)).fetchone()
        if row is None:
            return None
        self._fetched[object_id] = row[0]
        self._unchanged.add(object_id)
        found: dict[str, Any] = orjson.loads(row[1])
        self.waiting[object_id] = found
        return found

    def _fetch_times(self, key: bytes) -> int:
        row = self._database().execute("SELECT times FROM seen WHERE key = ?", (key,)).fetchone()
        return row[0] if row else 0

    def _write_objects(self) -> None:
        self._write("INSERT OR REPLACE INTO object VALUES (?, ?, ?)", self._changed())
        self.waiting.clear()
        self._fetched.clear()
        self._unchanged.clear()
        self._objects_in_file = True

    def _changed(self) -> Iterator[tuple[int, str, bytes]]:
        """What the file does not hold as it is, with its place: a new one after all others."""
        for object_id, item in self.waiting.items():
            place = self._fetched.get(object_id)
            if place is None:
                place = self._next
                self._next += 1
            if object_id not in self._unchanged:
                yield place, object_id, orjson.dumps(item)

    def _write_rows(self) -> None:
        self._write("INSERT OR REPLACE INTO seen VALUES (?, ?)", iter(self._seen.items()))
        self._seen.clear()
        self._rows_in_file = True

    def _write(self, statement: str, rows: Iterator[tuple[Any, ...]]) -> None:
        database = self._database()
        database.execute("BEGIN")
        database.executemany(statement, rows)
        database.execute("COMMIT")
