"""MySQL's connector against a real MariaDB: the standard suite of databases, with its own words.

MariaDB is not MySQL: its regular expressions are PCRE (MySQL 8: ICU) and JSON is text there.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql
import pytest

from stix_shifter_utils.testing.certificates import Authority
from stix_shifter_utils.testing.event_table import COLUMNS, create_table, event_rows, missing_events
from stix_shifter_utils.testing.hostile import outside_literals
from stix_shifter_utils.testing.servers import DatabaseServer, mariadb, missing_mariadb
from stix_shifter_utils.testing.suite_database import MOST_ROWS, DatabaseSuite, write_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(bool(missing_mariadb()), reason=str(missing_mariadb())),
    pytest.mark.skipif(bool(missing_events()), reason=str(missing_events())),
]


def fill(server: DatabaseServer) -> None:
    """The table `events` with the sample rows."""
    place = {"host": server.host, "port": server.port, "database": server.database}
    opened: Any = pymysql.connect(**place, user=server.user, password=server.password)
    with contextlib.closing(opened) as connection, connection.cursor() as cursor:
        cursor.execute(create_table("events", integer="BIGINT", text="TEXT"))
        marks = ", ".join(["%s"] * len(COLUMNS))
        rows = [tuple(row.values()) for row in event_rows(MOST_ROWS)]
        cursor.executemany(f"INSERT INTO events VALUES ({marks})", rows)
        connection.commit()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[DatabaseServer]:
    """A server with TLS and the sample rows."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = write_pair(authority, Path(folder))
        with mariadb([f"--ssl-cert={certificate}", f"--ssl-key={key}"]) as running:
            fill(running)
            yield running


class TestMySql(DatabaseSuite):
    """The standard suite over a real server."""

    module = "mysql"
    cipher_query = (
        "SELECT VARIABLE_VALUE AS cipher FROM information_schema.SESSION_STATUS"
        " WHERE VARIABLE_NAME = 'SSL_CIPHER'"
    )
    slow_query = "SELECT SLEEP(5)"

    @staticmethod
    def without_tls() -> AbstractContextManager[DatabaseServer]:
        return mariadb(["--skip-ssl"])

    def outside_literals(self, query: Any) -> str:
        return outside_literals(query, backslash=True)
