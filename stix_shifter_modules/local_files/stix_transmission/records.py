"""From what a query answers to native rows: the record as written, with the pack's columns laid over it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from stix_shifter_modules.local_files.stix_transmission.packs import Pack


class RecordError(Exception):
    """A record that no JSON reader takes, such as one nested thousands deep."""


def row_of(pack: Pack, record: str, handed_on: str) -> dict[str, Any]:
    """One native row, under the name of its pack: `{"zeek": {"uid": ..., "id": {"orig_h": ...}}}`.

    Names with dots become nested, as in the mapping. A plain value where the mapping has a level, which
    is of another kind of record (`id` of Zeek's pe.log), is left out.
    """
    row = _nested(_parsed(record))
    for name in pack.levels & row.keys():
        if not isinstance(row[name], (dict, list)):
            del row[name]
    for name, value in orjson.loads(handed_on).items():
        if value is not None:
            _put(row, name, value)
    return {pack.name: row}


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
