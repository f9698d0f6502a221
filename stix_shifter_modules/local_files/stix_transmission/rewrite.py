"""A readable copy of a file that DuckDB cannot read as it is: cut or damaged data, a byte order mark, UTF-16.

The only case in which data is copied. The copy holds what could be read, unpacked, in UTF-8.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRAPPED: Final = re.compile(r'\s*\{\s*"(Records)"\s*:\s*\[')
"""How CloudTrail delivers: one object whose only key holds the records."""

_CHUNK: Final = 1024 * 1024
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LARGEST_TEXT: Final = 512 * 1024 * 1024
"""Characters of one JSON text that are read at once."""


def copy_as_utf8(source: IO[bytes], target: Path) -> bool:
    """Write `source` to `target` unpacked and in UTF-8, as far as it goes; whether it went to the end."""
    unpacked = _Unpacked(source)
    with target.open("wb") as out:
        for chunk in _utf8(unpacked):
            out.write(chunk)
    return unpacked.is_whole


def copy_objects(source: IO[bytes], target: Path) -> bool:
    """Write the objects of a list, or of several JSON texts, as NDJSON, up to the first damaged one.

    The list may be that of `{"Records": [...]}`. Whether all could be read. What is longer than some hundred
    million characters is cut there.
    """
    unpacked = _Unpacked(source)
    text = b"".join(_utf8(unpacked))[:_LARGEST_TEXT].decode("utf-8", "replace")
    wrapper = WRAPPED.match(text)
    place, end = wrapper.end() if wrapper else 0, len(text)
    decoder = json.JSONDecoder()
    with target.open("w", encoding="utf-8") as out:
        while (place := _next_value(text, place)) < end:
            try:
                value, place = decoder.raw_decode(text, place)
            except (ValueError, RecursionError):
                return False
            out.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
    return unpacked.is_whole and _is_closed(text)


def _next_value(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n,[]}":
        place += 1
    return place


def _is_closed(text: str) -> bool:
    """Whether what begins as a list or wrapper also ends so."""
    body = text.strip()
    return not body or body[-1] == {"[": "]", "{": "}"}.get(body[0])


def _utf8(chunks: _Unpacked) -> Iterator[bytes]:
    stream = iter(chunks)
    first = next(stream, b"")
    encoding = next((name for mark, name in _MARKS if first.startswith(mark)), None)
    if encoding is None:
        yield first
        yield from stream
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(first).encode()
    for chunk in stream:
        yield decoder.decode(chunk).encode()


class _Unpacked:
    """The bytes of a file, unpacked where it is gzip; ends quietly where the data is damaged."""

    def __init__(self, source: IO[bytes]) -> None:
        self.is_whole = True
        self._source = source

    def __iter__(self) -> Iterator[bytes]:
        data = self._source.read(_CHUNK)
        if data.startswith(b"\x1f\x8b"):
            yield from self._gunzip(data)
            return
        while data:
            yield data
            data = self._source.read(_CHUNK)

    def _gunzip(self, data: bytes) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(31)
        while data:
            try:
                chunk = unpacker.decompress(data)
            except zlib.error:
                self.is_whole = False
                return
            if chunk:
                yield chunk
            data = unpacker.unused_data or self._source.read(_CHUNK)
            if unpacker.eof and data:
                unpacker = zlib.decompressobj(31)
        self.is_whole = unpacker.eof
