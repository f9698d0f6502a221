"""Bundles: written as a stream, or made in memory. Nothing is checked here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from stix_shifter_utils.stix.ids import BundleId, bundle_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stix_shifter_utils.stix.names import Version


@dataclass(frozen=True, slots=True)
class Written:
    """Finished objects that are JSON text already, `count` lines; and their ids, if these are known."""

    lines: bytes
    count: int
    ids: bytes | None = None

    def joined_ids(self) -> bytes:
        """The ids, one behind the other."""
        if self.ids is not None:
            return self.ids
        return "".join(orjson.loads(line)["id"] for line in self.lines.splitlines()).encode()


def parts_of(objects: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any] | Written]:
    """Objects as their stream has them: one that can hand over text (`written()`) is asked for that."""
    written = getattr(objects, "written", None)
    parts: Iterable[Mapping[str, Any] | Written] = objects if written is None else written()
    return parts


def bundle_of(objects: Iterable[Mapping[str, Any]], version: Version) -> dict[str, Any]:
    """A bundle of the objects, in order. Its id follows from theirs: the same objects, the same bundle."""
    listed = list(objects)
    bundle: dict[str, Any] = {
        "type": "bundle",
        "id": bundle_id(item["id"] for item in listed),
        "objects": listed,
    }
    if version == "2.0":
        bundle["spec_version"] = version
    return bundle


def write_bundle(objects: Iterable[Mapping[str, Any]], out: BinaryIO, *, version: Version) -> int:
    """Write a bundle as its objects come, and return how many they were. The id, made of all, comes last.

    When the objects end in an error, what was written is closed to a whole bundle before the error goes on.
    """
    count, running = 0, BundleId()
    out.write(b'{"type":"bundle","objects":[')
    try:
        for item in parts_of(objects):
            out.write(b",\n" if count else b"\n")
            if isinstance(item, Written):
                out.write(item.lines[:-1].replace(b"\n", b",\n"))
                running.add(item.joined_ids())
                count += item.count
            else:
                out.write(orjson.dumps(item))
                running.add(item["id"].encode())
                count += 1
    finally:
        ending = {"id": running.finish()} | ({"spec_version": version} if version == "2.0" else {})
        out.write(b"\n]," + orjson.dumps(ending)[1:] + b"\n")
    return count


def write_ndjson(objects: Iterable[Mapping[str, Any]], out: BinaryIO) -> int:
    """Write one object per line, and return how many they were."""
    count = 0
    for item in parts_of(objects):
        if isinstance(item, Written):
            out.write(item.lines)
            count += item.count
        else:
            out.write(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count
