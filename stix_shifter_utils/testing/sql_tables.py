"""Tables for a fake product: SQL that is really evaluated, by SQLite, over rows in memory; reading only."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.testing.exchange import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
UNPROCESSABLE = 422


class SqlTables:
    """Named tables of rows with equal keys. Values keep their types: columns have none."""

    def __init__(self, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._tables = {name: list(rows) for name, rows in tables.items()}

    def select(self, query: str) -> list[dict[str, Any]]:
        """The rows of a SELECT. Raises Refusal(422) for anything else, with SQLite's reason."""
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            for name, rows in self._tables.items():
                self._fill(connection, name, rows)
            connection.commit()
            connection.set_authorizer(_reading_only)
            connection.row_factory = sqlite3.Row
            try:
                cursor = connection.execute(query)
                found = [dict(row) for row in cursor]
            except (sqlite3.Error, sqlite3.Warning, ValueError, TypeError) as error:
                raise Refusal(UNPROCESSABLE, str(error)) from error
            if cursor.description is None:
                raise Refusal(UNPROCESSABLE, "not a SELECT")
            return found

    @staticmethod
    def _fill(connection: sqlite3.Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        columns = list(rows[0])
        names = ", ".join(f'"{column}"' for column in columns)
        connection.execute(f'CREATE TABLE "{name}" ({names})')
        marks = ", ".join("?" for _ in columns)
        values = [tuple(row[column] for column in columns) for row in rows]
        connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', values)  # noqa: S608 -- the test's own names


def _reading_only(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
