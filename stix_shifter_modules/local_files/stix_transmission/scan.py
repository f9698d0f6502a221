"""One query over the files, answered page by page from one pass over them.

A damaged file does not end it: `library.py` mends what can be mended, and the query goes on where it was.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import duckdb

from stix_shifter_modules.local_files.stix_transmission.columns import identifier, select
from stix_shifter_modules.local_files.stix_transmission.completing import complete_rows
from stix_shifter_modules.local_files.stix_transmission.guard import reads_of
from stix_shifter_modules.local_files.stix_transmission.tables import FILE
from stix_shifter_modules.local_files.stix_transmission.views import HINT, RECORD, TEXT_TABLE, searchable
from stix_shifter_utils.errors import QueryRejectedError, SourceTimeoutError, SourceUnavailableError

if TYPE_CHECKING:
    from stix_shifter_modules.local_files.stix_transmission.completing import Completing, Found
    from stix_shifter_modules.local_files.stix_transmission.library import Library

_QUERY_ERRORS: Final = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    duckdb.NotImplementedException,
)
_UNREADABLE: Final = (duckdb.IOException, duckdb.PermissionException)
_DAMAGE: Final = (duckdb.InvalidInputException, *_UNREADABLE)


class Scan:
    """A query that keeps its place, so that the next page goes on where the last one ended.

    Rows come in the order of files and of records in them. Only `interrupt` is for another thread.
    """

    def __init__(self, library: Library, query: str, complete: Completing = complete_rows) -> None:
        self._library, self._query = library, query.strip().rstrip(";")
        with library.session() as parser:
            self._reads = reads_of(parser, self._query, library.packs)
        self._complete = partial(complete, library, library.packs[self._reads.table])
        self._session: duckdb.DuckDBPyConnection | None = None
        self._given: Counter[str] = Counter()

    def page(self, offset: int, length: int) -> tuple[list[dict[str, Any]], bool]:
        """Rows `offset` to `offset + length`, and whether these are the last.

        Raises QueryRejectedError, SourceTimeoutError after `interrupt`, or SourceUnavailableError.
        """
        if offset != self._place:
            self.close()
            self._given = Counter({"": offset})
        found = self._fetch(length)
        return self._complete(found), len(found) < length

    def interrupt(self) -> None:
        """End the running query from another thread."""
        if self._session is not None:
            self._session.interrupt()

    def close(self) -> None:
        """Give back memory and files; a later page starts anew."""
        if self._session is not None:
            self._session.close()
            self._session = None

    @property
    def _place(self) -> int:
        return sum(self._given.values())

    # -- searching

    def _fetch(self, count: int) -> list[Found]:
        found: list[Found] = []
        while len(found) < count:
            try:
                batch = self._running().fetchmany(count - len(found))
            except duckdb.Error as error:
                self.close()
                self._mend(error)
                continue
            if not batch:
                break
            self._given.update(row[0] for row in batch)
            found += batch
        return found

    def _running(self) -> duckdb.DuckDBPyConnection:
        if self._session is None:
            library, table = self._library, self._reads.table
            groups = library.stock.groups(table)
            rows = searchable(library.packs[table], groups, self._reads.columns, hive=library.places.hive)
            self._session = library.session()
            self._session.execute(f"CREATE TEMP VIEW {identifier(table)} AS {rows}")
            wanted = ", ".join((FILE, RECORD, HINT, TEXT_TABLE))
            answer = f"(\n{self._query}\n) AS answer"
            self._session.execute(select(wanted, answer, f" OFFSET {self._place:d}"))
        return self._session

    def _mend(self, error: duckdb.Error) -> None:
        """Go on after an error, or raise what it means."""
        reason = str(error).strip().split("\n", 1)[0]
        if isinstance(error, duckdb.InterruptException):
            msg = "reading the files took too long; raise options.timeout or narrow the time window"
            raise SourceTimeoutError(msg) from error
        if isinstance(error, duckdb.OutOfMemoryException):
            msg = f"the query needs more memory ({reason}); raise options.memory_limit"
            raise SourceUnavailableError(msg) from error
        if isinstance(error, _QUERY_ERRORS) or not isinstance(error, _DAMAGE):
            msg = f"DuckDB refuses the query: {reason}"
            raise QueryRejectedError(msg) from error
        try:
            lost = self._library.mend(
                str(error), self._reads.table, unreadable=isinstance(error, _UNREADABLE)
            )
        except LookupError:
            msg = f"the files cannot be read: {reason}"
            raise SourceUnavailableError(msg) from error
        if lost is not None:
            del self._given[lost.path]
