"""DuckDB closed off: a database in memory that reads the given files through its views, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stix_shifter_modules.local_files.stix_transmission.columns import MACROS, text
from stix_shifter_modules.local_files.stix_transmission.tables import file_list

if TYPE_CHECKING:
    from collections.abc import Iterable

    from duckdb import DuckDBPyConnection

    from stix_shifter_modules.local_files.stix_transmission.files import Store

_FIXED: Final = (
    "SET autoinstall_known_extensions=false",
    "SET autoload_known_extensions=false",
    "SET allow_community_extensions=false",
    "SET python_enable_replacements=false",
    "SET temp_directory=''",
    "SET TimeZone='UTC'",
    "SET preserve_insertion_order=true",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may use: `memory` as DuckDB writes it (`2GB`), `threads` 0 for one per processor."""

    memory: str = "2GB"
    threads: int = 0


def open_database(store: Store, limits: Limits) -> DuckDBPyConnection:
    """A database that may read all files; for our own SQL only."""
    import duckdb

    database = duckdb.connect(":memory:")
    for system in store.systems():
        database.register_filesystem(system)
    for statement in _FIXED:
        database.execute(statement)
    database.execute(f"SET memory_limit={text(limits.memory)}")
    if limits.threads:
        database.execute(f"SET threads={limits.threads:d}")
    return database


def closed_off(
    store: Store, limits: Limits, paths: Iterable[str], macros: Iterable[str]
) -> DuckDBPyConnection:
    """A database that may read the given files only, and whose settings nobody can change."""
    database = open_database(store, limits)
    database.execute(f"SET allowed_paths={file_list(paths)}")
    database.execute("SET enable_external_access=false")
    for macro in (*MACROS, *macros):
        database.execute(f"CREATE MACRO {macro}")
    database.execute("SET lock_configuration=true")
    return database
