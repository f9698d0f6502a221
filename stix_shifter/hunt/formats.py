"""What a hunt found, written: a bundle, one object per line, CSV, Parquet, or a table for people."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from stix_shifter.hunt.columns import kind_of, read_time
from stix_shifter.hunt.table import columns
from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.stix import write_bundle, write_ndjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from stix_shifter.hunt.columns import Kind
    from stix_shifter.hunt.format_names import Format
    from stix_shifter.hunt.report import HuntReport
    from stix_shifter_utils.stix import Version

_TYPES: Final[dict[Kind, str]] = {
    "time": "TIMESTAMPTZ",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "text": "VARCHAR",
    "mixed": "VARCHAR",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that spreadsheet programs would run."""


def write_report(report: HuntReport, form: Format, out: BinaryIO, *, version: Version = "2.1") -> None:
    """Write what was found, STIX objects in that version. ConfigurationError where `parquet` lacks duckdb."""
    writers: dict[Format, Callable[[HuntReport, BinaryIO], None]] = {
        "bundle": lambda report, out: _bundle(report, out, version),
        "ndjson": lambda report, out: _ndjson(report, out, version),
        "csv": _csv,
        "parquet": _parquet,
        "table": _table,
    }
    writers[form](report, out)


def _bundle(report: HuntReport, out: BinaryIO, version: Version) -> None:
    write_bundle(report.objects(version), out, version=version)


def _ndjson(report: HuntReport, out: BinaryIO, version: Version) -> None:
    write_ndjson(report.objects(version), out)


def _csv(report: HuntReport, out: BinaryIO) -> None:
    names = columns(report.rows())
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in report.rows())
    finally:
        text.detach()


def _cell(value: Any) -> Any:
    """A value for CSV; a text that a spreadsheet would run as a formula begins with an apostrophe."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text


def _parquet(report: HuntReport, out: BinaryIO) -> None:
    """By DuckDB; times as instants, lists as JSON text."""
    try:
        import duckdb
    except ModuleNotFoundError as error:
        message = "parquet needs the Python package duckdb: pip install 'stix-shifter[parquet]'"
        raise ConfigurationError(message) from error
    import tempfile
    from pathlib import Path

    rows = list(report.rows())
    names = columns(rows)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        source, goal = Path(folder, "rows.ndjson"), Path(folder, "rows.parquet")
        kinds = {name: kind_of(name, (row.get(name) for row in rows)) for name in names}
        with source.open("w", encoding="utf-8") as lines:
            lines.writelines(
                json.dumps({name: _plain(row.get(name), kinds[name]) for name in names}) + "\n"
                for row in rows
            )
        reading = f"read_json($source, format = 'newline_delimited', columns = {_struct(kinds)})"
        copy = f"COPY (SELECT * FROM {reading}) TO '{_quoted(str(goal))}' (FORMAT parquet)"  # noqa: S608  quoted
        database.execute(copy, {"source": str(source)})
        out.write(goal.read_bytes())


def _plain(value: Any, kind: Kind) -> Any:
    """A value of a column; one of `mixed` values is text."""
    if value is None:
        return None
    if kind == "mixed":
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    moment = read_time(value) if kind == "time" else None
    return value if moment is None else moment.isoformat()


def _struct(kinds: dict[str, Kind]) -> str:
    inner = ", ".join(f"'{_quoted(name)}': '{_TYPES[kind]}'" for name, kind in kinds.items())
    return f"{{{inner}}}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


_SHOWN = 8
_WIDEST = 40


def _table(report: HuntReport, out: BinaryIO) -> None:
    """The paths that most observations have, as plain columns; control characters are made visible."""
    rows = list(report.rows())
    counts = {name: sum(1 for row in rows if name in row) for name in columns(rows)}
    fixed = ("source", "first_observed")
    paths = sorted((name for name in counts if ":" in name), key=lambda name: -counts[name])[:_SHOWN]
    names = [*fixed, *paths]
    cells = [names, *([_shown(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(names))]
    for line in cells:
        padded = "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        out.write(padded.rstrip().encode("utf-8", "replace") + b"\n")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
