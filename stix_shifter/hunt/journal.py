"""Native pages kept in a file (SQLite): to go on with a hunt after a crash, or to hunt again without sources.

It holds the question and rows, without secrets: rows are masked before, and sources are kept by name only.
Only its owner may read the file. What is done with a page is the hunt's matter (`source_run.py`).
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from stix_shifter.hunt.pages import Kept
from stix_shifter_utils.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

_VERSION = 1
_SCHEMA = """
    CREATE TABLE hunt (version INTEGER, question TEXT);
    CREATE TABLE page (
        number INTEGER PRIMARY KEY, attempt INTEGER, source TEXT, search TEXT, query TEXT, rows BLOB
    );
    CREATE TABLE done (source TEXT, search TEXT, query TEXT, why TEXT, PRIMARY KEY (source, search));
    CREATE INDEX page_of ON page (source, search, number);
"""


def journal_folder() -> Path:
    """Where the journals of unfinished hunts are, unless the caller says otherwise."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "stix-shifter" / "hunts"


class Journal:
    """A page store in a file; may be used from many threads. Close it, or use it in a `with` block.

    Each opening is one more attempt at the searches that are not done: rows that two attempts brought are
    the same rows. `offline` says that sources must not be asked.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, offline: bool = False) -> None:
        self.path, self._connection, self._offline = path, connection, offline
        self._lock = threading.Lock()
        question, attempt = self._one("SELECT question, (SELECT max(attempt) FROM page) FROM hunt")
        self.question: dict[str, Any] = json.loads(question)
        self._attempt = (attempt or 0) + 1

    @classmethod
    def create(cls, path: Path, question: Mapping[str, Any]) -> Journal:
        """A new file; `question` is any JSON. Raises ConfigurationError where one is there or cannot be."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            connection = _connected(path)
            connection.executescript(_SCHEMA)
            connection.execute("INSERT INTO hunt VALUES (?, ?)", (_VERSION, json.dumps(dict(question))))
        except FileExistsError as error:
            message = f"{path} is there already; choose another folder"
            raise ConfigurationError(message) from error
        except (OSError, sqlite3.Error) as error:
            message = f"cannot keep a journal in {path}: {error}"
            raise ConfigurationError(message) from error
        return cls(path, connection)

    @classmethod
    def open(cls, path: Path, *, offline: bool = False) -> Journal:
        """A file that is there. Raises ConfigurationError for none, and for one that is no journal."""
        if not path.is_file():
            message = f"there is no journal {path}"
            raise ConfigurationError(message)
        try:
            connection = _connected(path)
            (version,) = connection.execute("SELECT version FROM hunt").fetchone()
            if version == _VERSION:
                return cls(path, connection, offline=offline)
        except (sqlite3.Error, TypeError, ValueError) as error:
            message = f"{path} is no journal of a hunt: {error}"
            raise ConfigurationError(message) from error
        message = f"{path} was written by another release"
        raise ConfigurationError(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def offline(self) -> bool:
        return self._offline

    def kept(self, source: str, query: str) -> Kept | None:
        with self._lock:
            pages = self._connection.execute(
                "SELECT attempt, rows FROM page WHERE source = ? AND search = ? ORDER BY number",
                (source, query),
            ).fetchall()
            done = self._connection.execute(
                "SELECT why FROM done WHERE source = ? AND search = ?", (source, query)
            ).fetchone()
        if not pages and done is None:
            return None
        attempts: dict[int, list[Any]] = {}
        for attempt, rows in pages:
            attempts.setdefault(attempt, []).extend(orjson.loads(zlib.decompress(rows)))
        return Kept(tuple(attempts.values()), done is not None, done[0] if done else "")

    def keep(self, source: str, query: str, body: Any, rows: Sequence[Any]) -> None:
        data = orjson.dumps(rows, default=str, option=orjson.OPT_NON_STR_KEYS)
        values = (self._attempt, source, query, _text(body), zlib.compress(data, 1))
        with self._lock:
            self._connection.execute(
                "INSERT INTO page (attempt, source, search, query, rows) VALUES (?, ?, ?, ?, ?)", values
            )

    def finish(self, source: str, query: str, body: Any, why: str) -> None:
        with self._lock:
            self._connection.execute(
                "INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?)", (source, query, _text(body), why)
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def remove(self) -> None:
        """Close and delete the file."""
        self.close()
        for name in (self.path, *(self.path.with_name(f"{self.path.name}{end}") for end in ("-wal", "-shm"))):
            name.unlink(missing_ok=True)

    def _one(self, statement: str) -> tuple[Any, ...]:
        found: tuple[Any, ...] = self._connection.execute(statement).fetchone()
        return found


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body, default=str)
