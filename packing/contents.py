"""Looking into a wheel that was made: whether its name, record, metadata and files are as they must be."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from email import message_from_bytes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST = 20 * 1024 * 1024
_UNWANTED = ("__pycache__", ".pyc", "/conftest.py", "SKIP.ME")


def faults(path: Path, version: str) -> list[str]:
    """What is wrong with a wheel, a line each; nothing for a good one."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = path.name.split("-", maxsplit=1)[0]
    info = f"{name}-{version}.dist-info"
    found = [*_name_faults(path, name, version), *_record_faults(files, f"{info}/RECORD")]
    found += _metadata_faults(files.get(f"{info}/METADATA", b""), name, version)
    if f"{info}/licenses/LICENSE" not in files:
        found.append("carries no licence")
    if not any(one.endswith("/py.typed") for one in files):
        found.append("carries no typing marker")
    found += [f"holds {one}" for one in files if any(word in one for word in _UNWANTED)]
    return [f"{path.name}: {fault}" for fault in found]


def _name_faults(path: Path, name: str, version: str) -> Iterator[str]:
    if path.name != f"{name}-{version}-py2.py3-none-any.whl":
        yield f"is not called {name}-{version}-py2.py3-none-any.whl"
    if path.stat().st_size > _LARGEST:
        yield f"is larger than {_LARGEST} bytes"


def _record_faults(files: dict[str, bytes], record: str) -> Iterator[str]:
    rows = csv.reader(io.StringIO(files.get(record, b"").decode()))
    recorded = {row[0]: row[1] for row in rows if row}
    if recorded.keys() != files.keys():
        yield "its record names other files than it holds"
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        if name != record and recorded.get(name) != f"sha256={digest}":
            yield f"{name} differs from its record"


def _metadata_faults(text: bytes, name: str, version: str) -> Iterator[str]:
    about = message_from_bytes(text)
    if (about["Name"] or "").replace("-", "_") != name or about["Version"] != version:
        yield f"says it is {about['Name']} {about['Version']}"
    if about["License-Expression"] != "Apache-2.0" or about["Requires-Python"] != ">=3.10":
        yield "states another licence or another Python"
