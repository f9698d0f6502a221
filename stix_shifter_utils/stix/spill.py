"""Objects that wait to be written, and rows that were seen: in memory up to a limit, beyond it in a file.

An object waits as a dictionary or, for one who wants text in the end, as the JSON text that it will be.

The file is SQLite's own kind of temporary database: it has no name, and is gone when it is closed or the
program ends, however it ends. What waits, and why, is `merge`'s matter.
"""

from __future__ import annotations

import sqlite3
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson

from stix_shifter_utils.stix.bundle import Written

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BITS: Final = 1 << 25
_BITS_PER_KEY: Final = 1024
"""Bits of a filter for each key that memory holds: a file has many times more."""
_AT_ONCE: Final = 256
"""Objects that are handed on as one text."""
_SCHEMA: Final = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2048;
    CREATE TABLE object (seq INTEGER PRIMARY KEY, body BLOB);
    CREATE TABLE place (name INTEGER, seq INTEGER, PRIMARY KEY (name, seq)) WITHOUT ROWID;
    CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID;
"""


class _Filter:
    """What a file surely does not hold: a Bloom filter, which spares most of the questions to the file.

    Three bits are set per key; with eight times as many bits as keys one answer in thirty is a needless yes,
    later more.
    """

    __slots__ = ("_bits", "_mask")

    def __init__(self, limit: int) -> None:
        bits = min(_MOST_BITS, 1 << (max(limit, 1) * _BITS_PER_KEY - 1).bit_length())
        self._mask = bits - 1
        self._bits = bytearray(bits // 8)

    def add(self, key: int) -> None:
        bits, mask = self._bits, self._mask
        for shift in (0, 18, 36):
            at = key >> shift & mask
            bits[at >> 3] |= 1 << (at & 7)

    def may_hold(self, key: int) -> bool:
        bits, mask = self._bits, self._mask
        for shift in (0, 18, 36):
            at = key >> shift & mask
            if not bits[at >> 3] >> (at & 7) & 1:
                return False
        return True


class Spill:
    """What one stream keeps until its end: in memory `limit` objects and as many row keys.

    `waiting` are the objects in memory, by id, in the order in which they came; `add` and `put` write to it.
    """

    def __init__(self, limit: int) -> None:
        self.waiting: dict[str, dict[str, Any] | bytes] = {}
        self._limit = limit
        self._next = 0
        self._fetched: dict[str, int] = {}
        self._unchanged: set[str] = set()
        self._seen: dict[bytes, int] = {}
        self._file: sqlite3.Connection | None = None
        self._objects_in_file: _Filter | None = None
        self._rows_in_file: _Filter | None = None

    def get(self, object_id: str) -> dict[str, Any] | None:
        """The waiting object of an id: read it only."""
        found = self._find(object_id)
        if isinstance(found, bytes):
            read: dict[str, Any] = orjson.loads(found)
            self.waiting[object_id] = read
            return read
        return found

    def is_kept(self, object_id: str, body: bytes) -> bool | None:
        """Whether the waiting object of an id is the one of this JSON text; `None` when none waits."""
        found = self._find(object_id)
        if found is None or found == body:
            return None if found is None else True
        return bool((orjson.loads(found) if isinstance(found, bytes) else found) == orjson.loads(body))

    def _find(self, object_id: str) -> dict[str, Any] | bytes | None:
        found = self.waiting.get(object_id)
        if found is None and self._objects_in_file is not None:
            name = hash(object_id)
            return self._fetch(object_id, name) if self._objects_in_file.may_hold(name) else None
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

    def add_written(self, object_id: str, body: bytes) -> None:
        """The same for an object's JSON text."""
        self.waiting[object_id] = body
        if len(self.waiting) > self._limit:
            self._write_objects()

    def times_seen(self, key: bytes) -> int:
        """How often this row key was asked for before."""
        times = self._seen.get(key)
        if times is None:
            known = self._rows_in_file
            times = self._fetch_times(key) if known is not None and known.may_hold(hash(key)) else 0
            if len(self._seen) >= self._limit:
                self._write_rows()
        self._seen[key] = times + 1
        return times

    def drain(self) -> Iterator[dict[str, Any]]:
        """All waiting objects, in the order in which their ids were first put."""
        for each in self._all():
            yield orjson.loads(each) if isinstance(each, bytes) else each

    def drain_written(self) -> Iterator[Written]:
        """The same as JSON text, many objects at a time."""
        bodies = (each if isinstance(each, bytes) else orjson.dumps(each) for each in self._all())
        while some := list(islice(bodies, _AT_ONCE)):
            some.append(b"")
            yield Written(b"\n".join(some), len(some) - 1)

    def _all(self) -> Iterator[dict[str, Any] | bytes]:
        if self._objects_in_file is None:
            yield from self.waiting.values()
            return
        self._write_objects()
        for (body,) in self._database().execute("SELECT body FROM object ORDER BY seq"):
            yield body

    def close(self) -> None:
        """Forget everything, and give up the file."""
        self.waiting.clear()
        self._fetched.clear()
        self._unchanged.clear()
        self._seen.clear()
        if self._file is not None:
            self._file.close()
            self._file = None
        self._objects_in_file = self._rows_in_file = None

    def _database(self) -> sqlite3.Connection:
        if self._file is None:
            # "" is a private file; one consumer uses the stream, but not always from the thread that made it
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._file.executescript(_SCHEMA)
        return self._file

    def _fetch(self, object_id: str, name: int) -> bytes | None:
        query = "SELECT seq, body FROM place JOIN object USING (seq) WHERE name = ?"
        for place, body in self._database().execute(query, (name,)).fetchall():
            found: bytes = body
            if orjson.loads(found)["id"] == object_id:  # names are hashes, of which two may be equal
                self._fetched[object_id] = place
                self._unchanged.add(object_id)
                self.waiting[object_id] = found
                return found
        return None

    def _fetch_times(self, key: bytes) -> int:
        row = self._database().execute("SELECT times FROM seen WHERE key = ?", (key,)).fetchone()
        return row[0] if row else 0

    def _write_objects(self) -> None:
        """Write what the file does not hold as it is: bodies in their order, names in theirs."""
        if self._objects_in_file is None:
            self._objects_in_file = _Filter(self._limit)
        names: list[tuple[int, int]] = []
        self._write("INSERT OR REPLACE INTO object VALUES (?, ?)", self._changed(names))
        self._write("INSERT INTO place VALUES (?, ?)", iter(sorted(names)))
        for name, _ in names:
            self._objects_in_file.add(name)
        self.waiting.clear()
        self._fetched.clear()
        self._unchanged.clear()

    def _changed(self, names: list[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
        """What changed, with its place; a new object, which `names` gets, comes after all others."""
        for object_id, item in self.waiting.items():
            place = self._fetched.get(object_id)
            if place is None:
                place = self._next
                self._next += 1
                names.append((hash(object_id), place))
            if object_id not in self._unchanged:
                yield place, item if isinstance(item, bytes) else orjson.dumps(item)

    def _write_rows(self) -> None:
        if self._rows_in_file is None:
            self._rows_in_file = _Filter(self._limit)
        for key in self._seen:
            self._rows_in_file.add(hash(key))
        self._write("INSERT OR REPLACE INTO seen VALUES (?, ?)", iter(sorted(self._seen.items())))
        self._seen.clear()

    def _write(self, statement: str, rows: Iterator[tuple[Any, ...]]) -> None:
        database = self._database()
        database.execute("BEGIN")
        database.executemany(statement, rows)
        database.execute("COMMIT")
