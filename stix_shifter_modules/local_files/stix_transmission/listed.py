"""The files that were found in an object store, as a file system for DuckDB: these only, for reading."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from fsspec import AbstractFileSystem

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNCHANGED: Final = datetime(2000, 1, 1, tzinfo=timezone.utc)


class ListedFiles(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """Stands between DuckDB and a file system: no query can write or see more. Sizes need no request."""

    cachable = False

    def __init__(self, system: AbstractFileSystem, sizes: Mapping[str, int]) -> None:
        super().__init__()
        self._system, self._sizes = system, sizes
        self.protocol = system.protocol

    def glob(self, path: str, **_: Any) -> list[str]:
        return [path] if path in self._sizes else []

    def unstrip_protocol(self, name: str) -> str:
        return name

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        if path not in self._sizes:
            raise FileNotFoundError(path)
        return {"name": path, "size": self._sizes[path], "type": "file"}

    def modified(self, path: str) -> datetime:
        """The same for all, without a request: while they are searched, files count as unchanged."""
        del path
        return _UNCHANGED

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        if mode != "rb":
            raise PermissionError(path)
        if path not in self._sizes:
            raise FileNotFoundError(path)
        return self._system.open(path, "rb")
