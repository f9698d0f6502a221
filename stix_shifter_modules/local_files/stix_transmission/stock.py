"""Taking stock: each file of a connection with its shape and its mapping pack; what was left out, and why.

The stock is a value: what a query finds wrong with a file later gives a new stock (`scan.py`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_modules.local_files.stix_transmission.columns import TextType, select
from stix_shifter_modules.local_files.stix_transmission.files import store_errors
from stix_shifter_modules.local_files.stix_transmission.probe import (
    Compression,
    Format,
    Probe,
    UnreadableError,
    compression_of,
    is_parquet,
    probe_table,
    probe_text,
    unpacked,
)
from stix_shifter_modules.local_files.stix_transmission.tables import Group, file_list
from stix_shifter_utils.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from duckdb import DuckDBPyConnection

    from stix_shifter_modules.local_files.stix_transmission.columns import DuckDbType
    from stix_shifter_modules.local_files.stix_transmission.files import LogFile, Store
    from stix_shifter_modules.local_files.stix_transmission.packs import Pack
    from stix_shifter_modules.local_files.stix_transmission.probe import Shape

_FIRST_LINES: Final = 60
_NAMED: Final = 5
"""Files named in one message."""


@dataclass(frozen=True, slots=True)
class Item:
    """One readable file. `lenient`: it is known to hold malformed records. `types` as in `Group`.

    `rank` numbers the shapes in the order of their first files. Rows come in the order of rank and path,
    which stays when a file turns out to be damaged. `copy` is a readable copy of such a file.
    """

    file: LogFile
    shape: Shape
    pack: str
    types: tuple[tuple[str, DuckDbType], ...] | None = None
    lenient: bool = False
    rank: int = 0
    copy: str | None = None

    @property
    def path(self) -> str:
        """What is read: the file, or the readable copy made of it."""
        return self.copy or self.file.path


@dataclass(frozen=True, slots=True)
class Stock:
    """All readable files, in the order of their paths, and the reason for each one left out."""

    items: tuple[Item, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    def groups(self, pack: str) -> list[Group]:
        """The files of a pack, neighbours of one shape together."""
        items = sorted(
            (one for one in self.items if one.pack == pack), key=lambda one: (one.rank, one.file.path)
        )
        return [_group(list(members)) for _, members in itertools.groupby(items, _kind)]

    def without(self, item: Item, reason: str) -> Stock:
        """The stock without a file."""
        items = tuple(one for one in self.items if one is not item)
        return Stock(items, (*self.left_out, (item.file.path, reason)))

    def changed(self, old: Item, new: Item) -> Stock:
        """The stock with another item in the place of one."""
        return replace(self, items=tuple(new if one is old else one for one in self.items))

    def named_in(self, text: str) -> Item | None:
        """The file whose path a message of DuckDB holds."""
        found = [one for one in self.items if one.path in text]
        return max(found, key=lambda one: len(one.path), default=None)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a connection says about its files: `format` and `dialect` are `auto` or a name."""

    packs: Mapping[str, Pack]
    format: str = "auto"
    dialect: str = "auto"


def take_stock(files: list[LogFile], store: Store, asked: Asked, database: DuckDBPyConnection) -> Stock:
    """Look into every file. `database` may read files and is used for Parquet and zstd.

    Raises ConfigurationError when no file can be read, or none is of a known pack, telling why.
    """
    seen = store.each(lambda one: _look(one, store, asked), files)
    results = [_look_closer(one, what, asked, database) for one, what in zip(files, seen, strict=True)]
    items = tuple(one for one in results if isinstance(one, Item))
    left_out = tuple(
        (one.path, what) for one, what in zip(files, results, strict=True) if isinstance(what, str)
    )
    if not items:
        raise ConfigurationError(_nothing(left_out))
    return Stock(_ranked(items), left_out)


def _ranked(items: Iterable[Item]) -> tuple[Item, ...]:
    ranks: dict[Any, int] = {}
    return tuple(replace(item, rank=ranks.setdefault(_kind(item), len(ranks))) for item in items)


def _kind(item: Item) -> Any:
    """What items must share to be read as one table."""
    return item.pack, item.shape, item.lenient, tuple((name, str(of)) for name, of in item.types or ())


def _group(items: list[Item]) -> Group:
    first = items[0]
    return Group(
        shape=first.shape,
        paths=tuple(one.path for one in items),
        lenient=first.lenient,
        types=None if first.types is None else dict(first.types),
        largest=max(one.file.size for one in items),
    )


def _nothing(left_out: Iterable[tuple[str, str]]) -> str:
    reasons = [f"{path}: {reason}" for path, reason in left_out]
    more = f"; and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
    return f"no file can be searched: {'; '.join(reasons[:_NAMED])}{more}"


_Seen = Probe | bytes | str
"""What a first look gives: all, a beginning that DuckDB has to read, or a reason."""


def _look(file: LogFile, store: Store, asked: Asked) -> _Seen:
    try:
        head = store.head(file.path)
        if is_parquet(head) or compression_of(head) is Compression.ZSTD:
            return head
        probe = probe_text(unpacked(head), compression_of(head), asked.format)
        return _marked_if_cut(probe, store.tail(file) if len(head) < file.size else head)
    except UnreadableError as error:
        return str(error)
    except store_errors() as error:
        return f"cannot be read: {error}"


def _marked_if_cut(probe: Probe, tail: bytes) -> Probe:
    """A list of records that does not end has to be read from a copy: DuckDB takes its end for the end."""
    shape = probe.shape
    is_plain = shape.format is Format.JSON_ARRAY and shape.compression is Compression.NONE
    if not is_plain or shape.rewrite or tail.rstrip().endswith(b"]"):
        return probe
    return replace(probe, shape=replace(shape, rewrite=True))


def _look_closer(file: LogFile, seen: _Seen, asked: Asked, database: DuckDBPyConnection) -> Item | str:
    import duckdb

    types: tuple[tuple[str, DuckDbType], ...] | None = None
    try:
        if isinstance(seen, bytes) and is_parquet(seen):
            relation = database.sql(select("*", f"read_parquet({file_list([file.path])})"))
            types = tuple(zip(relation.columns, relation.types, strict=True))
            seen = probe_table(_dotted(types))
        elif isinstance(seen, bytes):
            seen = probe_text(_first_lines(file, database), Compression.ZSTD, asked.format)
    except UnreadableError as error:
        return str(error)
    except duckdb.Error as error:
        return f"cannot be read: {_first_line(error)}"
    return seen if isinstance(seen, str) else _item(file, seen, types, asked)


def _item(
    file: LogFile, probe: Probe, types: tuple[tuple[str, DuckDbType], ...] | None, asked: Asked
) -> Item | str:
    name = probe.pack(asked.packs) if asked.dialect == "auto" else asked.dialect
    if name is None:
        keys = sorted({key for keys in probe.keys for key in keys if "." not in key})[:8]
        known = ", ".join(asked.packs)
        return f"its keys ({', '.join(keys)}, …) are of none of {known}; name one as connection.dialect"
    return Item(file, probe.shape, name, types or _text_types(probe.shape))


def _text_types(shape: Shape) -> tuple[tuple[str, DuckDbType], ...] | None:
    if shape.format not in (Format.CSV, Format.ZEEK):
        return None
    return tuple(
        (name, TextType("list", (("child", TextType()),)) if name in shape.lists else TextType())
        for name in shape.names
    )


def _dotted(types: Iterable[tuple[str, DuckDbType]], prefix: str = "") -> Iterable[str]:
    for name, of in types:
        yield prefix + name
        if of.id == "struct":
            yield from _dotted(of.children, f"{prefix}{name}.")


def _first_lines(file: LogFile, database: DuckDBPyConnection) -> bytes:
    options = (
        "columns={'line': 'VARCHAR'}, delim='\\x01', quote='', escape='', header=false, auto_detect=false"
    )
    lines = f"read_csv({file_list([file.path])}, {options}, compression='zstd')"
    rows = database.execute(select("line", lines, f" LIMIT {_FIRST_LINES}")).fetchall()
    return "\n".join([*(row[0] or "" for row in rows), ""]).encode()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
