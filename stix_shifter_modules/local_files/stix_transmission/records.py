"""From what a query answers to native rows: the record as written, with the pack's columns laid over it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from stix_shifter_modules.local_files.stix_transmission.packs import Pack


class RecordError(Exception):
    """A record that no JSON reader takes, such as one nested thousands deep."""


def fitted_record(pack: Pack, text: str) -> dict[str, Any]:
    """A record in the shape that the pack's mapping expects. Raises RecordError.

    Names with dots become nested. Where the pack has a plain value, the only item of a list stands for the
    list, and an object or a longer list is left out.
    """
    record = _nested(_parsed(text))
    _fit(record, "", pack)
    return record


def complete(pack: Pack, record: dict[str, Any], handed_on: str) -> dict[str, Any]:
    """Lay the pack's columns (a JSON object by dotted names) over a record, in place.

    A plain value where the pack has further names (`id` in Zeek's pe.log) is of no use any more: it goes.
    """
    _drop_plain(record, "", pack)
    for name, value in orjson.loads(handed_on).items():
        if value is not None:
            _put(record, name, value)
    return record


def _fit(level: dict[str, Any], prefix: str, pack: Pack) -> None:
    for name, value in level.items():
        if isinstance(value, (dict, list)):
            path = prefix + name
            kind = pack.kinds.get(path, "json")
            if not kind.endswith("[]") and kind != "json":
                level[name] = _plain(value)
            elif isinstance(value, dict) and path in pack.levels:
                _fit(value, f"{path}.", pack)


def _drop_plain(level: dict[str, Any], prefix: str, pack: Pack) -> None:
    for name in [name for name in level if prefix + name in pack.levels]:
        value = level[name]
        if isinstance(value, dict):
            _drop_plain(value, f"{prefix}{name}.", pack)
        elif not isinstance(value, list):
            del level[name]


def _plain(value: Any) -> Any:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return None if isinstance(value, (dict, list)) else value


def _parsed(text: str) -> dict[str, Any]:
    try:
        record: dict[str, Any] = orjson.loads(text)
    except ValueError:
        record = _parsed_leniently(text)
    return record


def _parsed_leniently(text: str) -> dict[str, Any]:
    """As DuckDB reads it: NaN and infinities, which are no JSON, become null."""
    try:
        record: dict[str, Any] = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise RecordError(str(error)) from error
    return record


def _nested(record: dict[str, Any]) -> dict[str, Any]:
    if not any("." in name for name in record):
        return record
    row: dict[str, Any] = {}
    for name, value in record.items():
        _put(row, name, value)
    return row


def _put(row: dict[str, Any], name: str, value: Any) -> None:
    """Set a value at a dotted place; an object there is kept and added to."""
    *parents, last = name.split(".")
    for parent in parents:
        inner = row.get(parent)
        if not isinstance(inner, dict):
            inner = row[parent] = {}
        row = inner
    known = row.get(last)
    if isinstance(known, dict) and isinstance(value, dict):
        for key, item in value.items():
            _put(known, key, item)
    else:
        row[last] = value
