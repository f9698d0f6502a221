"""Writing wheels and source distributions so that the same content gives the same bytes.

Sorted entries, one time for all, fixed modes and owners.
https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import stat
import tarfile
import time
import zipfile
from typing import TYPE_CHECKING

from packing import metadata

if TYPE_CHECKING:
    from pathlib import Path

    from packing.plan import Distribution
    from packing.sources import Files

_MODE = stat.S_IFREG | 0o644


def write_wheel(made: Distribution, licence: bytes, epoch: int, folder: Path) -> Path:
    """Write the wheel of a distribution and answer where it is."""
    info = f"{made.name}-{made.version}.dist-info"
    about = _dist_info(made, licence, metadata.wheel_description())
    path = folder / f"{made.name}-{made.version}-py2.py3-none-any.whl"
    return _write_zip(path, _with_record(made.files, about, info), epoch)


def write_editable(made: Distribution, licence: bytes, epoch: int, folder: Path, root: Path) -> Path:
    """Write a wheel that makes Python look into the checkout (PEP 660); it registers no connector by name."""
    info = f"{made.name}-{made.version}.dist-info"
    about = _dist_info(made, licence, metadata.wheel_description(("py3-none-any",), "0.editable"))
    path = folder / f"{made.name}-{made.version}-0.editable-py3-none-any.whl"
    pointer = {f"__editable__.{made.name}.pth": f"{root}\n".encode()}
    return _write_zip(path, _with_record(pointer, about, info), epoch)


def _dist_info(made: Distribution, licence: bytes, wheel: str) -> Files:
    texts = {
        "METADATA": metadata.core_metadata(made),
        "WHEEL": wheel,
        "entry_points.txt": metadata.entry_points(made),
        "top_level.txt": metadata.top_level(made),
    }
    return {"licenses/LICENSE": licence, **{name: text.encode() for name, text in texts.items() if text}}


def _with_record(files: Files, about: Files, info: str) -> Files:
    """Everything in its order: content, then `dist-info`, its RECORD last."""
    ordered = dict(sorted(files.items())) | {f"{info}/{name}": about[name] for name in sorted(about)}
    lines = [f"{_quoted(path)},sha256={_digest(data)},{len(data)}" for path, data in ordered.items()]
    record = f"{info}/RECORD"
    return {**ordered, record: "\n".join([*lines, f"{record},,", ""]).encode()}


def _quoted(path: str) -> str:
    return f'"{path}"' if "," in path else path


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _write_zip(path: Path, files: Files, epoch: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, time.gmtime(epoch)[:6])
            entry.external_attr, entry.create_system = _MODE << 16, 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return path


def write_tar(path: Path, files: Files, epoch: int) -> Path:
    """Write a `.tar.gz` in which everything lies in one folder, named like the archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    top = path.name.removesuffix(".tar.gz")
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mtime, entry.mode = len(data), epoch, 0o644
            archive.addfile(entry, io.BytesIO(data))
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=epoch) as packed:
        packed.write(plain.getvalue())
    return path
