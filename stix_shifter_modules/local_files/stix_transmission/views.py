"""The SQL over the files of a mapping pack: a view to search in, and a query that completes the rows found.

Searching computes only the columns that a query names; completing computes the others, for the rows found.
SQL is written here; running it is done in `scan.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from stix_shifter_modules.local_files.stix_transmission.columns import (
    JsonRecord,
    TableRecord,
    identifier,
    select,
    sql_type,
    text,
)
from stix_shifter_modules.local_files.stix_transmission.packs import ANY_ITEM, Column, path_of
from stix_shifter_modules.local_files.stix_transmission.probe import Format
from stix_shifter_modules.local_files.stix_transmission.tables import FILE, JSON_FORMATS, columns_of, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stix_shifter_modules.local_files.stix_transmission.packs import Pack
    from stix_shifter_modules.local_files.stix_transmission.tables import Group

RECORD: Final = "_record"
"""The column of a view that holds the whole record as JSON text."""

HINT: Final = "_hint"
"""A word that may tell the type of a log: `conn` for `conn.2024-01-31.log.gz` and `site-conn.ndjson`."""

TEXT_TABLE: Final = "_text_table"
"""Whether all values of the record are text, as in CSV."""

FOUND: Final = "found"
"""The table of found rows that `completion` reads: `RECORD`, `FILE`, `HINT`, `TEXT_TABLE`."""

_QUOTED: Final = re.compile(r'"([^"]+)"')
_ROW: Final = "_row"


def searchable(pack: Pack, groups: Sequence[Group], names: Iterable[str], *, hive: bool = False) -> str:
    """SQL for the rows of a pack with the named columns; a name that is no column of it is read as text."""
    wanted = {name.lower() for name in names}
    needed = _needed(pack, wanted)
    columns = [one for one in pack.columns if one.name in needed]
    known = {name.lower() for name in (*pack.kinds, *pack.computed)}
    columns += [Column(name, "text", (path_of(name),)) for name in sorted(names) if name.lower() not in known]
    chosen = Chosen(tuple(columns), frozenset(wanted))
    sources = [_source(pack, chosen, one, hive=hive) for one in groups] or [_no_rows(columns)]
    return _computed(pack, "\nUNION ALL\n".join(sources), needed)


def completion(pack: Pack, *, is_text: bool) -> str:
    """SQL that gives one JSON text for each row of `FOUND`, in order: the columns to lay over its record.

    For records that are all text these are all columns of the pack, else those that are handed on.
    """
    names = _flat(pack) if is_text else pack.handed_on
    needed = _needed(pack, names)
    record = JsonRecord(RECORD, fitted=True, gathered={})
    columns = _columns(record, [one for one in pack.columns if one.name in needed])
    rows = select(f"{HINT}{columns}", f"({select(f'*, {record.gathering()}', FOUND)})")
    return select(_json(pack, names), f"({_computed(pack, rows, needed)})")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The columns of a search; those that the query itself names (in lower case) are looked at closely."""

    columns: tuple[Column, ...]
    named: frozenset[str]


def _needed(pack: Pack, names: Iterable[str]) -> set[str]:
    """Columns, and all that they are computed from; names are matched as SQL does, without case."""
    wanted = {name.lower() for name in names}
    pending = [name for name in (*pack.kinds, *pack.computed) if name.lower() in wanted]
    found: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += _QUOTED.findall(pack.computed.get(name, ""))
    return found


def _flat(pack: Pack) -> list[str]:
    """All columns that a flat table can hold: those inside lists of objects are left as they are."""
    flat = {one.name for one in pack.columns if all(ANY_ITEM not in place[:-1] for place in one.paths)}
    return [name for name in pack.kinds if name in flat or name in pack.computed]


def _json(pack: Pack, names: Iterable[str]) -> str:
    members = []
    for name in names:
        is_moment = pack.kinds[name] == "timestamp"
        value = f"moment_text({identifier(name)})" if is_moment else identifier(name)
        members.append(f"{text(name)}, {value}")
    return f"json_object({', '.join(members)})"


def _computed(pack: Pack, rows: str, needed: set[str]) -> str:
    """One sub-select per level, so that a column is computed once however many others need it."""
    for level in _levels({name: sql for name, sql in pack.computed.items() if name in needed}):
        values = ", ".join(f"{pack.computed[name]} AS {identifier(name)}" for name in level)
        rows = select(f"*, {values}", f"(\n{rows})")
    return rows


def _levels(computed: Mapping[str, str]) -> list[list[str]]:
    """Computed columns by what they are computed from: each level needs only the levels before it."""
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            others = (
                other for other in _QUOTED.findall(computed[name]) if other in computed and other != name
            )
            depths[name] = 1 + max(map(depth, others), default=-1)
        return depths[name]

    levels: dict[int, list[str]] = {}
    for name in computed:
        levels.setdefault(depth(name), []).append(name)
    return [levels[number] for number in sorted(levels)]


def _columns(record: JsonRecord | TableRecord, columns: Iterable[Column]) -> str:
    return "".join(f", {record.column(one)} AS {identifier(one.name)}" for one in columns)


def _source(pack: Pack, chosen: Chosen, group: Group, *, hive: bool) -> str:
    rows = table(group, hive=hive)
    hint = text(group.shape.hint) if group.shape.hint else f"log_of_path({FILE})"
    is_text = "true" if group.shape.format in (Format.CSV, Format.ZEEK) else "false"
    fixed = f"{FILE}, {hint} AS {HINT}, {is_text} AS {TEXT_TABLE}"
    if group.shape.format not in JSON_FORMATS:
        table_record = TableRecord(columns_of(group, hive=hive), _ROW)
        values = _columns(table_record, chosen.columns)
        return select(f"{table_record.raw()} AS {RECORD}, {fixed}{values}", f"{rows} AS {_ROW}")
    close = JsonRecord("json", dotted=group.shape.dotted, gathered={})
    record = replace(close, fitted=True)  # which shares what is gathered
    values = "".join(
        _columns(close if one.name.lower() in chosen.named else record, [one]) for one in chosen.columns
    )
    lifted = select(f"{pack.record.replace('{record}', 'json')} AS json, {FILE}", rows)
    gathered = select(f"json, {FILE}, {record.gathering()}", f"({lifted})")
    return select(f"json AS {RECORD}, {fixed}{values}", f"({gathered})")


def _no_rows(columns: Sequence[Column]) -> str:
    nulls = "".join(f", CAST(NULL AS {sql_type(one.kind)}) AS {identifier(one.name)}" for one in columns)
    fixed = (
        f"CAST(NULL AS JSON) AS {RECORD}, CAST(NULL AS VARCHAR) AS {FILE}, CAST(NULL AS VARCHAR) AS {HINT}"
    )
    return f"SELECT {fixed}, false AS {TEXT_TABLE}{nulls} WHERE false"
