"""Which files a connection means: paths, globs, folders and URLs, on disk or in an object store.

Nothing is read here but names and the beginnings of files; what a file holds is told by `probe.py`.
"""

from __future__ import annotations

import glob
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from stix_shifter_utils.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    SourceUnavailableError,
    StixShifterError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fsspec import AbstractFileSystem

HEAD_BYTES: Final = 256 * 1024
TAIL_BYTES: Final = 1024
_WORKERS: Final = 16
_GLOB: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file: `path` as DuckDB is told it, `size` in bytes (compressed as it lies there)."""

    path: str
    size: int


@dataclass(slots=True)
class Store:
    """The file systems that the paths of a connection are on: the disk, and at most one per URL scheme."""

    options: Mapping[str, Any]
    remote: dict[str, AbstractFileSystem] = field(default_factory=dict)
    found: list[LogFile] = field(default_factory=list)

    def find(self, places: Iterable[str]) -> list[LogFile]:
        """All files of all places, each once, sorted by path.

        Raises ConfigurationError naming the first place without a file, or a TransmissionError of the store.
        """
        found: dict[str, LogFile] = {}
        for place in places:
            files = self._remote(place) if _scheme(place) else _on_disk(place)
            if not files:
                msg = f"{place}: no file found; check connection.path"
                raise ConfigurationError(msg)
            found.update((one.path, one) for one in files)
        self.found = [found[path] for path in sorted(found)]
        return self.found

    def systems(self) -> list[AbstractFileSystem]:
        """The file systems that DuckDB needs beside the disk: the files found there, for reading."""
        from stix_shifter_modules.local_files.stix_transmission.listed import ListedFiles

        return [
            ListedFiles(system, {one.path: one.size for one in self.found if _scheme(one.path) == scheme})
            for scheme, system in self.remote.items()
        ]

    def head(self, path: str) -> bytes:
        """The first bytes of a file. Raises OSError."""
        scheme = _scheme(path)
        if not scheme:
            with Path(path).open("rb") as file:
                return file.read(HEAD_BYTES)
        system = self.remote[scheme]
        data: bytes = system.cat_file(path, start=0, end=HEAD_BYTES)
        return data

    def tail(self, file: LogFile) -> bytes:
        """The last bytes of a file. Raises OSError."""
        start = max(file.size - TAIL_BYTES, 0)
        scheme = _scheme(file.path)
        if scheme:
            data: bytes = self.remote[scheme].cat_file(file.path, start=start, end=file.size)
            return data
        with Path(file.path).open("rb") as opened:
            opened.seek(start)
            return opened.read(TAIL_BYTES)

    def open(self, path: str) -> Any:
        """A file for reading bytes. Raises OSError."""
        scheme = _scheme(path)
        return self.remote[scheme].open(path, "rb") if scheme else Path(path).open("rb")

    def each(self, work: Callable[[LogFile], Any], files: list[LogFile]) -> list[Any]:
        """`work` on every file, in order; at once where a store answers slowly."""
        if len(files) == 1 or not any(_scheme(one.path) for one in files):
            return [work(one) for one in files]
        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(work, files))

    def _remote(self, place: str) -> list[LogFile]:
        system = self._system(place)
        try:
            pattern = place if _GLOB & set(place) else place.rstrip("/")
            if system.isdir(pattern) and not _GLOB & set(place):
                pattern = f"{pattern}/**"
            details: dict[str, dict[str, Any]] = system.glob(pattern, detail=True)
        except store_errors() as error:
            raise store_error(place, error) from error
        files = (info for info in details.values() if info["type"] == "file" and not _is_hidden(info["name"]))
        return [LogFile(system.unstrip_protocol(info["name"]), int(info.get("size") or 0)) for info in files]

    def _system(self, place: str) -> AbstractFileSystem:
        import fsspec

        scheme = _scheme(place)
        if scheme not in self.remote:
            try:
                self.remote[scheme] = fsspec.core.url_to_fs(place, **self.options)[0]
            except (ImportError, ValueError, TypeError) as error:
                msg = f"{scheme}:// cannot be read: {error}"
                raise ConfigurationError(msg) from error
        return self.remote[scheme]


def _scheme(place: str) -> str:
    r"""`s3` of `s3://bucket/key`; empty for a path on disk (also `C:\logs`)."""
    scheme = urlsplit(place).scheme if "://" in place else ""
    return "" if scheme == "file" else scheme


def _on_disk(place: str) -> list[LogFile]:
    path = os.path.expanduser(place.removeprefix("file://"))  # noqa: PTH111  globs are texts, not paths
    if Path(path).is_dir():
        paths = [os.path.join(top, name) for top, _, names in os.walk(path) for name in names]  # noqa: PTH118
        paths = [one for one in paths if not _is_hidden(os.path.relpath(one, path))]
    elif Path(path).is_file():
        paths = [path]
    else:
        paths = [one for one in glob.glob(path, recursive=True) if Path(one).is_file()]  # noqa: PTH207
    return [LogFile(str(Path(one).absolute()), Path(one).stat().st_size) for one in paths]


def _is_hidden(path: str) -> bool:
    """Files that are no data by custom: `.crc`, `_SUCCESS`, and all below such folders."""
    return any(part.startswith((".", "_")) for part in Path(path).parts)


def store_errors() -> tuple[type[Exception], ...]:
    """What reading files may raise: the system's errors, and those of the object store libraries in use."""
    found: list[type[Exception]] = [OSError]
    for module, name in (("botocore.exceptions", "BotoCoreError"), ("aiohttp", "ClientError")):
        if module in sys.modules:
            found.append(getattr(sys.modules[module], name))
    return tuple(found)


def store_error(place: str, error: Exception) -> StixShifterError:
    """What an error of reading means; the message names the place and the remedy."""
    name = type(error).__name__
    if isinstance(error, FileNotFoundError):
        return ConfigurationError(f"{place}: not found; check connection.path")
    if isinstance(error, PermissionError):
        return ForbiddenError(f"{place}: access denied; check the rights on it or configuration.auth")
    if "Credential" in name:
        return AuthenticationError(f"{place}: no valid credentials; check configuration.auth")
    if isinstance(error, ConnectionError) or "Connect" in name:
        return ConnectionFailedError(f"{place}: the store cannot be reached: {error}")
    return SourceUnavailableError(f"{place}: {error}")
