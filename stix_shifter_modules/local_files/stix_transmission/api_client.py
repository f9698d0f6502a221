"""Log files as a data source: the search id is the DuckDB query, a page is read when it is asked for.

Finding and reading files is done in the modules beside this one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

from stix_shifter_modules.local_files.stix_transmission.engine import Limits
from stix_shifter_modules.local_files.stix_transmission.library import Library, Places
from stix_shifter_modules.local_files.stix_transmission.scan import Scan
from stix_shifter_utils.errors import ConfigurationError, SourceTimeoutError
from stix_shifter_utils.transmission import Page

_KEPT_SCANS: Final = 8
_GRACE_S: Final = 5.0
"""How long an interrupted query may take to end."""

_AUTH_OPTIONS: Final = ("key", "secret", "token")


class APIClient:
    """Files on disk or in an object store, searched in place.

    Queries keep their place: asking for pages in order reads the files once. The list of files is made once.
    """

    def __init__(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        options = connection.get("options") or {}
        self._timeout_s = float(options.get("timeout") or 600)
        self._library = Library(_places(connection, configuration))
        self._scans: dict[str, Scan] = {}

    def close(self) -> None:
        """Close all files. The client can still be used."""
        for scan in self._scans.values():
            scan.close()
        self._library.close()

    async def ping_data_source(self) -> Mapping[str, Any]:
        """That files are there and can be read: how many, how large, and of which dialects."""
        stock = await asyncio.to_thread(lambda: self._library.stock)
        dialects: dict[str, int] = {}
        for item in stock.items:
            dialects[item.pack] = dialects.get(item.pack, 0) + 1
        size = sum(item.file.size for item in stock.items)
        return {
            "files": len(stock.items),
            "bytes": size,
            "dialects": dialects,
            "left_out": len(stock.left_out),
        }

    async def get_search_results(self, query: str, offset: int, length: int, metadata: Any = None) -> Page:
        """Rows in the order of files and records; `metadata` holds warnings about the files, if any."""
        del metadata  # a page needs no token: told so that the caller may hand back what it was given
        scan = self._scan(query)
        rows, done = await self._in_time(scan, offset, length)
        warnings = list(self._library.warnings)
        return Page(rows, {"warnings": warnings} if warnings else None, done)

    async def delete_search(self, query: str) -> None:
        """Close the files."""
        scan = self._scans.pop(query, None)
        if scan is not None:
            scan.close()

    def _scan(self, query: str) -> Scan:
        scan = self._scans.pop(query, None) or Scan(self._library, query)
        self._scans[query] = scan
        while len(self._scans) > _KEPT_SCANS:
            self._scans.pop(next(iter(self._scans))).close()
        return scan

    async def _in_time(self, scan: Scan, offset: int, length: int) -> tuple[list[dict[str, Any]], bool]:
        """A page, interrupted when it takes too long or is not wanted any more."""
        running = asyncio.ensure_future(asyncio.to_thread(scan.page, offset, length))
        try:
            done, _ = await asyncio.wait({running}, timeout=self._timeout_s)
            if not done:
                scan.interrupt()
                done, _ = await asyncio.wait({running}, timeout=_GRACE_S)
        except asyncio.CancelledError:
            scan.interrupt()
            raise
        if not done:
            msg = "a file store does not answer; raise options.timeout or narrow connection.path"
            raise SourceTimeoutError(msg)
        return running.result()


def _places(connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> Places:
    options = connection.get("options") or {}
    return Places(
        paths=_paths(connection.get("path")),
        storage=_storage(connection.get("storage_options") or {}, configuration.get("auth") or {}),
        format=connection.get("format") or "auto",
        dialect=connection.get("dialect") or "auto",
        hive=bool(connection.get("hive_partitioning")),
        limits=Limits(options.get("memory_limit") or "2GB", int(options.get("threads") or 0)),
    )


def _paths(value: Any) -> tuple[str, ...]:
    paths = [value] if isinstance(value, str) else value
    if not isinstance(paths, list) or not paths or not all(isinstance(one, str) and one for one in paths):
        msg = "connection.path must be a path, glob or URL, or a list of such"
        raise ConfigurationError(msg)
    return tuple(paths)


def _storage(options: Any, auth: Mapping[str, Any]) -> dict[str, Any]:
    """What fsspec is given for a URL: the options as they are, and the secrets."""
    secret = auth.get("storage_secrets") or "{}"
    try:
        secrets = json.loads(secret)
    except ValueError:
        secrets = None
    if not isinstance(options, Mapping) or not isinstance(secrets, dict):
        wrong = (
            "configuration.auth.storage_secrets"
            if isinstance(options, Mapping)
            else "connection.storage_options"
        )
        msg = f"{wrong} must be a JSON object of fsspec options"
        raise ConfigurationError(msg)
    named = {name: auth[name] for name in _AUTH_OPTIONS if auth.get(name)}
    return {**options, **named, **secrets}
