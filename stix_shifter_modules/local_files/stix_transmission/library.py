"""The files behind one connection: found once, looked into once, mended when a query finds one damaged.

Knows which file is read how. Queries are run in `scan.py`.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import weakref
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_modules.local_files.stix_transmission.engine import Limits, closed_off, open_database
from stix_shifter_modules.local_files.stix_transmission.files import Store, store_errors
from stix_shifter_modules.local_files.stix_transmission.packs import load_packs
from stix_shifter_modules.local_files.stix_transmission.probe import Compression, Format
from stix_shifter_modules.local_files.stix_transmission.rewrite import copy_as_utf8, copy_objects
from stix_shifter_modules.local_files.stix_transmission.stock import Asked, Stock, take_stock
from stix_shifter_modules.local_files.stix_transmission.tables import Group, skipped_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from stix_shifter_modules.local_files.stix_transmission.stock import Item

logger = logging.getLogger(__name__)
_WHOLE_TEXTS: Final = frozenset({Format.JSON, Format.JSON_ARRAY})


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files are and how they are to be read, as the connection says."""

    paths: tuple[str, ...]
    storage: Mapping[str, Any]
    format: str = "auto"
    dialect: str = "auto"
    hive: bool = False
    limits: Limits = field(default_factory=Limits)


class Library:
    """All files of a connection. `warnings` tells what was left out or mended, in words for people."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.packs = load_packs()
        self.store = Store(places.storage)
        self.warnings: list[str] = []
        self._scratch: Path | None = None
        self._stock: Stock | None = None
        self._database: DuckDBPyConnection | None = None

    def close(self) -> None:
        """Close the database."""
        self._close_database()

    def session(self) -> DuckDBPyConnection:
        """A connection to a closed-off database, that may read the files as they are known now."""
        if self._database is None:
            paths = [item.path for item in self.stock.items]
            macros = [macro for pack in self.packs.values() for macro in pack.macros]
            self._database = closed_off(self.store, self.places.limits, paths, macros)
        return self._database.cursor()

    def _close_database(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    @property
    def stock(self) -> Stock:
        """The files, looked for at the first use. Raises ConfigurationError or a TransmissionError."""
        if self._stock is None:
            self._stock = self._take()
        return self._stock

    def _take(self) -> Stock:
        files = self.store.find(self.places.paths)
        asked = Asked(self.packs, self.places.format, self.places.dialect)
        with open_database(self.store, self.places.limits) as database:
            stock = take_stock(files, self.store, asked, database)
        for path, reason in stock.left_out:
            self._warn(f"left out {path}: {reason}")
        self._stock = stock
        for item in stock.items:
            if item.shape.rewrite:
                self._stock = self._rescued(self._stock, item, "it is cut, or no plain UTF-8")
        return self._stock

    def _set(self, stock: Stock) -> None:
        self._stock = stock
        self._close_database()

    def _warn(self, message: str) -> None:
        self.warnings.append(message)
        logger.warning("%s", message)

    # -- mending

    def mend(self, message: str, pack: str, *, unreadable: bool) -> Item | None:
        """Make the files readable again after DuckDB has given up with a message.

        `unreadable`: the bytes cannot be got at, rather than a record be understood. Answers the file that
        had to be left out, if any. Raises LookupError when the message tells of nothing that could be mended.
        """
        item = self.stock.named_in(message)
        if item is None:
            self._skip_everywhere(message, pack)
            return None
        if not self._exists(item):
            return self._leave_out(item, "it has vanished")
        if unreadable or item.lenient or item.shape.format in _WHOLE_TEXTS:
            return self._rescue_or_leave_out(item, message)
        self._set(self.stock.changed(item, replace(item, lenient=True)))
        self._warn(f"{item.file.path}: {self._skipped(item)} malformed records skipped")
        return None

    def _skip_everywhere(self, message: str, pack: str) -> None:
        strict = [item for item in self.stock.items if item.pack == pack and not item.lenient]
        if not strict or "no JSON object" not in message:
            raise LookupError(message)
        for item in strict:
            self._set(self.stock.changed(item, replace(item, lenient=True)))
        self._warn("records that are no JSON objects skipped")

    def _exists(self, item: Item) -> bool:
        try:
            return bool(self.store.head(item.file.path)) or item.file.size == 0
        except store_errors():
            return False

    def _leave_out(self, item: Item, reason: str) -> Item:
        self._set(self.stock.without(item, reason))
        self._warn(f"left out {item.file.path}: {reason}")
        return item

    def _rescue_or_leave_out(self, item: Item, message: str) -> Item | None:
        reason = message.split("\n", 1)[0]
        if item.copy or item.shape.format is Format.PARQUET or item.shape.compression is Compression.ZSTD:
            return self._leave_out(item, reason)
        try:
            self._set(self._rescued(self.stock, item, reason))
        except store_errors() as error:
            return self._leave_out(item, str(error))
        return None

    def _rescued(self, stock: Stock, item: Item, reason: str) -> Stock:
        target = self._folder() / f"{len(self.warnings):06d}"
        is_text = item.shape.format in _WHOLE_TEXTS
        with self.store.open(item.file.path) as source:
            is_whole = (copy_objects if is_text else copy_as_utf8)(source, target)
        shape = replace(
            item.shape,
            format=Format.NDJSON if is_text else item.shape.format,
            compression=Compression.NONE,
            unwrap=None if is_text and item.shape.unwrap == "Records" else item.shape.unwrap,
            rewrite=False,
        )
        mended = replace(item, shape=shape, copy=str(target), lenient=True)
        extent = "read to its end" if is_whole else "read up to the damage"
        self._warn(f"{item.file.path}: {reason}; {extent} from a copy")
        return stock.changed(item, mended)

    def _folder(self) -> Path:
        """A folder for copies, which goes when this object does."""
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="stix-shifter-"))
            weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
        return self._scratch

    def _skipped(self, item: Item) -> int:
        group = Group(item.shape, (item.path,), lenient=True, largest=item.file.size)
        with open_database(self.store, self.places.limits) as database:
            return skipped_records(database, group)
