"""What a file holds, told by its beginning: format, compression, columns, and which mapping pack reads it.

Reads nothing itself (`files.py` does), and writes no SQL (`relations.py` does).
"""

from __future__ import annotations

import csv
import enum
import json
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_modules.local_files.stix_transmission.rewrite import WRAPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stix_shifter_modules.local_files.stix_transmission.packs import Pack

_SAMPLES: Final = 50
"""Records looked at to tell the pack and the shape."""

_MAX_DEPTH: Final = 3
_DECODED_BYTES: Final = 1024 * 1024
_DELIMITERS: Final = ",\t;|"
_BEATS_EXPORT: Final = "_source"


class Format(enum.Enum):
    """How the records of a file are written; the value is its name in `connection.format`."""

    NDJSON = "ndjson"
    JSON = "json"
    JSON_ARRAY = "json_array"
    CSV = "csv"
    ZEEK = "zeek"
    PARQUET = "parquet"


class Compression(enum.Enum):
    """As DuckDB names it."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


class UnreadableError(Exception):
    """A file whose format cannot be told; the message says what was seen and what to do."""


@dataclass(frozen=True, slots=True)
class Shape:
    """All that has to be known to read a file; files of one shape are read as one.

    `names` are the columns of CSV and Zeek files, `lists` those of them that hold several values. `unwrap` is
    the key below which the records are. `dotted`: keys such as `"source.ip"` occur. `hint` is the log type
    that the header of a Zeek file tells. `rewrite`: it is read from a rewritten copy.
    """

    format: Format
    compression: Compression = Compression.NONE
    names: tuple[str, ...] = ()
    lists: frozenset[str] = frozenset()
    delimiter: str = ","
    unwrap: str | None = None
    dotted: bool = False
    hint: str | None = None
    rewrite: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """The shape of a file, and the keys of some of its records (one set for each)."""

    shape: Shape
    keys: tuple[frozenset[str], ...]

    def pack(self, packs: Mapping[str, Pack]) -> str | None:
        """The pack that recognises most of the records; the first in order among equals."""
        votes: Counter[str] = Counter()
        for keys in self.keys:
            votes.update([next((name for name, pack in packs.items() if pack.recognises(keys)), "")])
        del votes[""]
        return max(votes, key=lambda name: votes[name]) if votes else None


def compression_of(head: bytes) -> Compression:
    """By the first bytes, whatever the name of the file."""
    if head.startswith(b"\x1f\x8b"):
        return Compression.GZIP
    return Compression.ZSTD if head.startswith(b"\x28\xb5\x2f\xfd") else Compression.NONE


def unpacked(head: bytes) -> bytes:
    """The beginning of what a gzip file holds; what is no gzip stays. Raises UnreadableError."""
    if compression_of(head) is not Compression.GZIP:
        return head
    try:
        return zlib.decompressobj(31).decompress(head, _DECODED_BYTES)
    except zlib.error as error:
        msg = f"damaged gzip data ({error})"
        raise UnreadableError(msg) from error


def is_parquet(head: bytes) -> bool:
    """By the first bytes."""
    return head.startswith(b"PAR1")


def probe_text(head: bytes, compression: Compression, forced: str = "auto") -> Probe:
    """Tell text formats by their beginning (unpacked). Raises UnreadableError."""
    text, rewrite = _decoded(head)
    body = text.lstrip()
    if not body:
        msg = "empty"
        raise UnreadableError(msg)
    if forced == "zeek" or (forced == "auto" and body.startswith(("#separator", "#fields"))):
        return _zeek(text, compression, rewrite)
    if forced in ("csv", "tsv") or (forced == "auto" and body[0] not in "{["):
        return _csv(text, compression, forced, rewrite)
    return _json(body, compression, rewrite)


def _decoded(head: bytes) -> tuple[str, bool]:
    """Text, and whether the file has to be rewritten as plain UTF-8 to be read."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if head.startswith(mark):
            return head[: len(head) // 2 * 2].decode(encoding, "ignore"), True
    return head.decode("utf-8", "replace"), False


# -- JSON


def _json(body: str, compression: Compression, rewrite: bool) -> Probe:
    format_ = _json_format(body)
    wrapped = WRAPPED.match(body)
    unwrap = wrapped[1] if wrapped else None
    records = list(_objects(body[wrapped.end() :]) if wrapped else _records(body, format_))
    if not records:
        msg = "no JSON object at its beginning"
        raise UnreadableError(msg)
    if all(isinstance(one.get(_BEATS_EXPORT), dict) and "_index" in one for one in records):
        unwrap = _BEATS_EXPORT
        records = [one[_BEATS_EXPORT] for one in records]
    keys = tuple(frozenset(_keys(one)) for one in records)
    dotted = any("." in key for one in records for key in one)
    shape = Shape(format_, compression, unwrap=unwrap, dotted=dotted, rewrite=rewrite)
    return Probe(shape, keys)


def _json_format(body: str) -> Format:
    if body[0] == "[":
        return Format.JSON_ARRAY
    lines = body.split("\n")
    complete = [line for line in lines[:-1] or lines if line.strip()][:_SAMPLES]
    whole = sum(1 for line in complete if next(_objects(line), None) is not None and line.rstrip()[-1] == "}")
    return Format.NDJSON if whole * 2 > len(complete) else Format.JSON


def _records(body: str, format_: Format) -> Iterator[dict[str, Any]]:
    if format_ is not Format.NDJSON:
        return _objects(body[1:] if format_ is Format.JSON_ARRAY else body)
    firsts = (next(_objects(line), None) for line in body.split("\n")[:_SAMPLES])
    return (one for one in firsts if one is not None)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The complete JSON objects at the beginning of a text, at most some, with or without commas between."""
    decoder = json.JSONDecoder()
    place = 0
    for _ in range(_SAMPLES):
        while place < len(text) and text[place] in ", \t\r\n":
            place += 1
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict):
            yield value


def _keys(record: Mapping[str, Any], prefix: str = "", depth: int = 1) -> Iterator[str]:
    for key, value in record.items():
        yield prefix + key
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            yield from _keys(value, f"{prefix}{key}.", depth + 1)


# -- tables in text


def _csv(text: str, compression: Compression, forced: str, rewrite: bool) -> Probe:
    first = text.split("\n", 1)[0].rstrip("\r")
    if "\x00" in first:
        msg = "binary data; known are NDJSON, JSON, CSV, Zeek logs and Parquet, plain, gzip or zstd"
        raise UnreadableError(msg)
    delimiters = "\t" if forced == "tsv" else _DELIMITERS
    rows = [(delimiter, _header(first, delimiter)) for delimiter in delimiters]
    delimiter, names = max(rows, key=lambda row: len(row[1]))
    is_header = len(names) > 1 and all(names) and len({name.lower() for name in names}) == len(names)
    if not is_header:
        msg = "neither JSON nor Parquet, and its first line is no header of a CSV table"
        raise UnreadableError(msg)
    shape = Shape(Format.CSV, compression, names=names, delimiter=delimiter, rewrite=rewrite)
    return Probe(shape, (frozenset(_prefixes(names)),))


def _header(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(name.strip() for name in next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return ()


def _prefixes(names: Iterable[str]) -> Iterator[str]:
    """`a.b.c` stands for the keys a, a.b and a.b.c."""
    for name in names:
        parts = name.split(".")
        yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _zeek(text: str, compression: Compression, rewrite: bool) -> Probe:
    header = dict(
        line[1:].split("\t", 1) if "\t" in line else line[1:].split(" ", 1)
        for line in text.split("\n")[:20]
        if line.startswith("#") and ("\t" in line or " " in line)
    )
    names = tuple(header.get("fields", "").rstrip("\r").split("\t"))
    types = header.get("types", "").rstrip("\r").split("\t")
    if names == ("",) or header.get("separator", "\\x09").strip() != "\\x09":
        msg = "a Zeek log without a #fields line, or with another separator than the tab"
        raise UnreadableError(msg)
    lists = frozenset(
        name for name, of in zip(names, types, strict=False) if of.startswith(("set[", "vector["))
    )
    hint = header.get("path", "").strip() or None
    shape = Shape(
        Format.ZEEK, compression, names, lists, header.get("set_separator", ","), hint=hint, rewrite=rewrite
    )
    return Probe(shape, (frozenset(_prefixes(names)),))


def probe_table(names: Iterable[str]) -> Probe:
    """A Parquet file, by its (dotted) columns."""
    return Probe(Shape(Format.PARQUET), (frozenset(_prefixes(names)),))
