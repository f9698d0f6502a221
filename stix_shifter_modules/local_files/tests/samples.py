"""What the tests of this connector share: files of invented records, and searches over them."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from stix_shifter_modules.local_files.stix_transmission.api_client import APIClient

if TYPE_CHECKING:
    from pathlib import Path

    from stix_shifter_utils.transmission import Page

Record = Mapping[str, Any]

CONN = {
    "ts": 1700000000.5, "uid": "CaaaaaaaaaaaaaaaA", "id.orig_h": "192.0.2.10", "id.orig_p": 50123,
    "id.resp_h": "198.51.100.7", "id.resp_p": 443, "proto": "tcp", "service": "ssl", "duration": 1.25,
    "orig_bytes": 120, "resp_bytes": 4096, "conn_state": "SF", "orig_pkts": 4, "resp_pkts": 6,
}  # fmt: skip


def conns(count: int) -> list[dict[str, Any]]:
    """Zeek connections one second apart, each from a port of its own."""
    return [
        {**CONN, "ts": 1700000000.5 + n, "uid": f"C{n:06d}", "id.orig_p": 40000 + n} for n in range(count)
    ]


def ndjson(records: Iterable[Record]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


class Files:
    """A folder of log files, and searches in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._clients: list[APIClient] = []

    def write(self, name: str, data: bytes | Iterable[Record]) -> Path:
        """A file of the folder; records are written as NDJSON, packed where the name ends in .gz."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = data if isinstance(data, bytes) else ndjson(data)
        path.write_bytes(
            gzip.compress(content) if name.endswith(".gz") and not isinstance(data, bytes) else content
        )
        return path

    def client(self, path: Any = None, auth: Mapping[str, Any] | None = None, **connection: Any) -> APIClient:
        made = APIClient(
            {"path": str(self.folder) if path is None else path, **connection}, {"auth": auth or {}}
        )
        self._clients.append(made)
        return made

    def page(self, query: str, offset: int = 0, length: int = 100_000, **connection: Any) -> Page:
        return asyncio.run(self.client(**connection).get_search_results(query, offset, length))

    def rows(self, query: str, **connection: Any) -> list[Any]:
        """All rows of a query, without the name of their pack."""
        return [next(iter(row.values())) for row in self.page(query, **connection).records]

    def ping(self, **connection: Any) -> Mapping[str, Any]:
        return asyncio.run(self.client(**connection).ping_data_source())

    def close(self) -> None:
        for client in self._clients:
            client.close()
