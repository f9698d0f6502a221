"""FROM parts: files of one shape as a table of records, before a mapping pack is applied.

A JSON group gives one column `json`; CSV, Zeek and Parquet files give their own columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stix_shifter_modules.local_files.stix_transmission.columns import TextType, identifier, select, text
from stix_shifter_modules.local_files.stix_transmission.probe import Compression, Format

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from duckdb import DuckDBPyConnection

    from stix_shifter_modules.local_files.stix_transmission.columns import DuckDbType
    from stix_shifter_modules.local_files.stix_transmission.probe import Shape

JSON_FORMATS: Final = {
    Format.NDJSON: "newline_delimited",
    Format.JSON: "unstructured",
    Format.JSON_ARRAY: "array",
}
FILE: Final = "_file"
"""The column that holds the path of a record's file."""

_PARTITION: Final = re.compile(r"([^/=]+)=[^/]*/")
_SMALLEST_BUFFER: Final = 1024 * 1024
_LARGEST_LINE: Final = 16 * 1024 * 1024
_LARGEST_OBJECT: Final = 1024 * 1024 * 1024
_UNPACKED_RATIO: Final = 40
"""How much larger JSON may be than its gzip."""


@dataclass(frozen=True, slots=True)
class Group:
    """Files of one pack and shape.

    `lenient`: malformed records are skipped instead of ending the query. `types` are the columns of a table
    file, in order; `largest` is the size in bytes of the largest file.
    """

    shape: Shape
    paths: tuple[str, ...]
    lenient: bool = False
    types: Mapping[str, DuckDbType] | None = None
    largest: int = 0


def table(group: Group, *, hive: bool) -> str:
    """The group's records as a FROM part. `hive`: `year=2024` in a path is a column of its records."""
    if group.shape.format in JSON_FORMATS:
        return _json(group, hive=hive)
    if group.shape.format is Format.PARQUET:
        return f"read_parquet({file_list(group.paths)}, {', '.join(_table_options(hive))})"
    return _delimited(group, hive=hive)


def columns_of(group: Group, *, hive: bool) -> dict[str, DuckDbType]:
    """The columns of a group of table files, with those that paths tell."""
    in_path = _PARTITION.findall(group.paths[0]) if hive else []
    return {**(group.types or {}), **{name: TextType() for name in in_path}}


def skipped_records(database: DuckDBPyConnection, group: Group) -> int:
    """The number of records that a lenient group skips, counted by reading it once."""
    if group.shape.format in JSON_FORMATS:
        query = select("count(*)", _objects(group), f" WHERE {_is_no_object('json')}")
    else:
        rejecting = _delimited(group, hive=False, options="store_rejects=true, rejects_limit=0")
        database.execute(select(f"count({FILE})", rejecting)).fetchall()
        query = select("count(DISTINCT line)", "reject_errors")
    row = database.execute(query).fetchone()
    return int(row[0]) if row else 0


def file_list(paths: Iterable[str]) -> str:
    """File names as DuckDB takes a list of them."""
    return "[" + ", ".join(text(path) for path in paths) + "]"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _is_no_object(value: str) -> str:
    return f"{value} IS NULL OR NOT starts_with({value}, '{{')"


def _table_options(hive: bool) -> list[str]:
    return [f"hive_partitioning={_flag(hive)}", "hive_types_autocast=false", f"filename={text(FILE)}"]


# -- JSON


def _json(group: Group, *, hive: bool) -> str:
    unwrap = group.shape.unwrap
    record = "json"
    if unwrap:
        place = f"$.{unwrap}"
        record = f"unnest(json -> {text(f'{place}[*]')})" if unwrap == "Records" else f"json -> {text(place)}"
    objects = select(f"{record} AS json, {FILE}", _objects(group))
    # A record that is no object ends a strict query, as a malformed one does; a lenient query skips it.
    otherwise = "false" if group.lenient else "error('a record is no JSON object')"
    whole = f"json_merge_patch(parts_of_path({FILE}), json)" if hive else "json"
    test = f"CASE WHEN {_is_no_object('json')} THEN {otherwise} ELSE true END"
    return f"({select(f'{whole} AS json, {FILE}', f'({objects})', f' WHERE {test}')})"


def _objects(group: Group) -> str:
    shape = group.shape
    options = [
        f"format={text(JSON_FORMATS[shape.format])}",
        f"compression={text(shape.compression.value)}",
        f"maximum_object_size={_object_size(group)}",
        f"ignore_errors={_flag(group.lenient and shape.format is Format.NDJSON)}",
        f"filename={text(FILE)}",
    ]
    return f"read_json_objects({file_list(group.paths)}, {', '.join(options)})"


def _object_size(group: Group) -> int:
    """The largest object that is read: DuckDB sets aside twice as much for each thread and group of files.

    A file that is one object needs room for all of it; a line of NDJSON, some megabytes at most.
    """
    ratio = 1 if group.shape.compression is Compression.NONE else _UNPACKED_RATIO
    is_one = group.shape.format is not Format.NDJSON or group.shape.unwrap
    largest = _LARGEST_OBJECT if is_one else _LARGEST_LINE
    return min(max(group.largest * ratio, _SMALLEST_BUFFER), largest)


# -- CSV and Zeek


def _delimited(group: Group, *, hive: bool, options: str = "ignore_errors=true") -> str:
    shape = group.shape
    is_zeek = shape.format is Format.ZEEK
    columns = ", ".join(f"{text(name)}: 'VARCHAR'" for name in shape.names)
    settings = [
        f"columns={{{columns}}}",
        "auto_detect=false",
        f"compression={text(shape.compression.value)}",
        *_table_options(hive),
        *(_ZEEK if is_zeek else _CSV),
    ]
    if not is_zeek:
        settings.append(f"delim={text(shape.delimiter)}")
    if group.lenient:
        settings.append(options)
    rows = f"read_csv({file_list(group.paths)}, {', '.join(settings)})"
    return f"({select(f'* REPLACE ({_zeek_columns(shape)})', rows)})" if is_zeek else rows


_CSV: Final = ("header=true", "quote='\"'", "escape='\"'")
_ZEEK: Final = (
    "header=false",
    "delim='\\t'",
    "quote=''",
    "escape=''",
    "comment='#'",
    "nullstr='-'",
    "null_padding=true",
)


def _zeek_columns(shape: Shape) -> str:
    """Sets and vectors as lists, `(empty)` as nothing."""
    selected = []
    for name in shape.names:
        value = f"nullif({identifier(name)}, '(empty)')"
        if name in shape.lists:
            value = f"string_split({value}, {text(shape.delimiter)})"
        selected.append(f"{value} AS {identifier(name)}")
    return ", ".join(selected)
