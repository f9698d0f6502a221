"""PostgreSQL's connector against a real server: the standard suite of databases, with its own words."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from stix_shifter_utils.testing.certificates import Authority
from stix_shifter_utils.testing.event_table import create_table, event_rows, missing_events
from stix_shifter_utils.testing.servers import DatabaseServer, missing_postgresql, postgresql
from stix_shifter_utils.testing.suite_database import MOST_ROWS, DatabaseSuite, write_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(bool(missing_postgresql()), reason=str(missing_postgresql())),
    pytest.mark.skipif(bool(missing_events()), reason=str(missing_events())),
]


async def fill(server: DatabaseServer) -> None:
    """The table `events` with the sample rows."""
    connection = await asyncpg.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        database=server.database,
    )
    try:
        await connection.execute(create_table("events", integer="bigint", text="text"))
        rows = [tuple(row.values()) for row in event_rows(MOST_ROWS)]
        await connection.copy_records_to_table("events", records=rows)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[DatabaseServer]:
    """A server with TLS and the sample rows."""
    with tempfile.TemporaryDirectory() as name:
        certificate, key = write_pair(authority, Path(name))
        _give_to_the_server(key)
        with postgresql(["ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}"]) as running:
            asyncio.run(fill(running))
            yield running


def _give_to_the_server(key: Path) -> None:
    """As root the server runs as another user, and it demands a key that only its owner can read."""
    key.chmod(0o600)
    if os.geteuid() == 0:
        for path in key.parent.iterdir():
            shutil.chown(path, "postgres")


class TestPostgreSql(DatabaseSuite):
    """The standard suite over a real server."""

    module = "postgresql"
    cipher_query = "SELECT coalesce(cipher, '') AS cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    slow_query = "SELECT pg_sleep(5)"

    @staticmethod
    def without_tls() -> AbstractContextManager[DatabaseServer]:
        return postgresql()
