"""MySQL and MariaDB by the asynchronous driver aiomysql: connecting, and what server error numbers mean.

Numbers are those of the servers' reference manuals ("Server Error Message Reference", "Client Error Message
Reference").
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from typing import TYPE_CHECKING

import aiomysql
from pymysql.constants import CLIENT
from pymysql.err import MySQLError

from stix_shifter_utils.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ForbiddenError,
    InvalidParameterError,
    QueryRejectedError,
    SourceTimeoutError,
    StixShifterError,
    TooManyRequestsError,
    TransmissionError,
)
from stix_shifter_utils.transmission.sql import Rows, SqlSource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = logging.getLogger(__name__)

GOODBYE_S = 2.0
"""How long a server may take to close its side of a connection."""

BY_NUMBER: dict[int, type[TransmissionError]] = {
    **dict.fromkeys((1045, 1698, 1862, 2049, 2059, 2061), AuthenticationError),
    **dict.fromkeys((1044, 1142, 1143, 1227, 1370, 1792), ForbiddenError),
    **dict.fromkeys((1046, 1049, 1146), InvalidParameterError),
    **dict.fromkeys((1054, 1064, 1139, 1149, 1222, 1267, 1305, 1525, 3685), QueryRejectedError),
    **dict.fromkeys((2002, 2003, 2005, 2006, 2013, 2055, 1053), ConnectionFailedError),
    **dict.fromkeys((1317, 1969, 3024), SourceTimeoutError),
    **dict.fromkeys((1040, 1203, 1226), TooManyRequestsError),
}


class _Session:
    """One connection that may only read."""

    def __init__(self, connection: aiomysql.Connection) -> None:
        self.connection = connection

    async def prepare(self, timeout_s: float) -> None:
        """Times in UTC, no writing, and the server itself stops a query that we no longer wait for."""
        is_mariadb = "mariadb" in str(self.connection.get_server_info()).lower()
        limit = (
            f"max_statement_time = {timeout_s:f}"
            if is_mariadb
            else f"max_execution_time = {timeout_s * 1000:.0f}"
        )
        async with self.connection.cursor() as cursor:
            await cursor.execute("SET SESSION TRANSACTION READ ONLY")
            await cursor.execute(f"SET SESSION time_zone = '+00:00', sql_mode = '', {limit}")

    async def fetch(self, query: str) -> Rows:
        async with self.connection.cursor(aiomysql.DictCursor) as cursor:
            await cursor.execute(query)
            rows: Rows = await cursor.fetchall()
            return rows


class APIClient(SqlSource):
    """A table of a MySQL or MariaDB server."""

    product = "MySQL"
    clock = "UNIX_TIMESTAMP(NOW(6))"
    driver_errors = (MySQLError, OSError)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[_Session]:
        connection = await self._connect()
        try:
            session = _Session(connection)
            await session.prepare(self.timeout_s)
            yield session
        finally:
            await _close(connection)

    async def _connect(self) -> aiomysql.Connection:
        connection = await aiomysql.connect(
            host=self.connection["host"],
            port=int(self.connection["port"]),
            user=self.credentials["username"],
            password=self.credentials["password"],
            db=self.connection["database"],
            charset="utf8mb4",
            ssl=self.tls.context() if self.wants_tls else None,
            connect_timeout=self.timeout_s,
            autocommit=True,
        )
        if self.wants_tls and not connection.server_capabilities & CLIENT.SSL:
            self._go_on_in_the_clear(connection)
        return connection

    def _go_on_in_the_clear(self, connection: aiomysql.Connection) -> None:
        """The driver connects without TLS, and without a word, to a server that offers none."""
        if self.tls_is_demanded:
            connection.close()
            raise self.without_tls()
        log.warning("%s offers no TLS: queries and rows can be read on the way", self.where)

    def meaning(self, error: Exception) -> StixShifterError:
        cause = error.__cause__ or error.__context__
        for candidate in (error, cause):
            if isinstance(candidate, ssl.SSLError):
                return self.untrusted(candidate)
        number, text = _number_and_text(error)
        kind = BY_NUMBER.get(number)
        if kind is ConnectionFailedError or (isinstance(error, OSError) and number == 0):
            return self.refused(cause or error)
        if kind is SourceTimeoutError:
            return self.too_slow()
        return (kind or TransmissionError)(f"{self.where}: {text} (error {number})")


async def _close(connection: aiomysql.Connection) -> None:
    """Close, and wait until TLS has said goodbye: an event loop that ends before leaves the socket open."""
    writer = connection._writer  # noqa: SLF001  the driver has no way of its own to wait
    connection.close()
    if writer is None:
        return
    try:
        await asyncio.wait_for(writer.wait_closed(), GOODBYE_S)
    except (OSError, asyncio.TimeoutError):
        writer.transport.abort()


def _number_and_text(error: Exception) -> tuple[int, str]:
    number, *rest = error.args or (0,)
    return (number if isinstance(number, int) else 0), str(rest[-1] if rest else error)
