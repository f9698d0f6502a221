"""One table of real events for the connectors that search SQL databases: its columns, and rows to fill it.

The rows come from sample data outside the project, found by the variable STIX_SHIFTER_TEST_DATA.
"""

from __future__ import annotations

import gzip
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Final

Row = dict[str, Any]

INTEGERS: Final = ("source_port", "dest_port", "process_id")
TIMES: Final = ("entry_time", "file_created_time", "process_created_time")
TEXTS: Final = (
    "source_ipaddr", "dest_ipaddr", "protocol", "url", "username", "displayname", "filename", "sha256hash",
    "md5hash", "file_path", "process_name", "process_arguments", "system_name", "severity",
)  # fmt: skip
UNUSED_TIMES: Final = (
    "file_modified_time", "file_accessed_time", "directory_created_time", "directory_modified_time",
    "directory_accessed_time",
)  # fmt: skip
COLUMNS: Final = (*TIMES, *UNUSED_TIMES, *INTEGERS, *TEXTS)


def missing_events() -> str | None:
    """What hinders reading the sample events, in words; None when nothing does."""
    return None if _file().is_file() else f"no sample data at {_folder()}; set STIX_SHIFTER_TEST_DATA"


def event_rows(count: int) -> list[Row]:
    """Real events, spread evenly over the sample, no two alike, each with every column (None if absent)."""
    with gzip.open(_file(), "rt", encoding="utf-8") as lines:
        different = {tuple(row.values()): row for row in map(_row, map(json.loads, lines))}
    rows = list(different.values())
    return rows[:: max(1, len(rows) // count)][:count]


def create_table(name: str, *, integer: str, text: str) -> str:
    """CREATE TABLE for these columns with the types of one database; names are ours and need no quotes."""
    types = {**dict.fromkeys(COLUMNS, integer), **dict.fromkeys(TEXTS, text)}
    return f"CREATE TABLE {name} (" + ", ".join(f"{column} {kind}" for column, kind in types.items()) + ")"


def _folder() -> Path:
    default = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    return Path(os.environ.get("STIX_SHIFTER_TEST_DATA") or default)


def _file() -> Path:
    return _folder() / "ecs" / "ecs-events.ndjson.gz"


def _row(document: dict[str, Any]) -> Row:
    moment = _milliseconds(document["@timestamp"])
    folder, _, name = str(_at(document, "process.executable") or "").rpartition("\\")
    values = {
        "entry_time": moment,
        "file_created_time": moment if _at(document, "file.path") else None,
        "process_created_time": moment if _at(document, "process.command_line") else None,
        "source_port": _at(document, "source.port"),
        "dest_port": _at(document, "destination.port"),
        "process_id": _at(document, "process.pid"),
        "source_ipaddr": _at(document, "source.ip"),
        "dest_ipaddr": _at(document, "destination.ip"),
        "protocol": _at(document, "network.transport"),
        "url": f"https://{domain}/" if (domain := _at(document, "destination.domain")) else None,
        "username": _at(document, "user.name"),
        "displayname": _at(document, "user.domain"),
        "filename": _at(document, "file.name") or name or None,
        "file_path": _at(document, "file.directory") or folder or None,
        "sha256hash": _at(document, "process.hash.sha256") or _at(document, "file.hash.sha256"),
        "md5hash": _at(document, "process.hash.md5") or _at(document, "file.hash.md5"),
        "process_name": _at(document, "process.name"),
        "process_arguments": _at(document, "process.command_line"),
        "system_name": _at(document, "host.name"),
        "severity": _at(document, "event.code"),
    }
    return {column: values.get(column) for column in COLUMNS}


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
