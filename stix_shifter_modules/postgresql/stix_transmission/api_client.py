"""PostgreSQL by the asynchronous driver asyncpg: connecting, and what SQLSTATE codes mean.

Codes and classes are those of the PostgreSQL manual, appendix A ("PostgreSQL Error Codes").
"""

from __future__ import annotations

import contextlib
import logging
import ssl
from typing import TYPE_CHECKING

import asyncpg

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

BY_STATE: dict[str, type[TransmissionError]] = {
    "28": AuthenticationError,
    "42501": ForbiddenError,
    "25006": ForbiddenError,
    "3D000": InvalidParameterError,
    "3F000": InvalidParameterError,
    "42P01": InvalidParameterError,
    "42": QueryRejectedError,
    "22": QueryRejectedError,
    "2201B": QueryRejectedError,
    "54": QueryRejectedError,
    "53300": TooManyRequestsError,
    "57014": SourceTimeoutError,
    "57P": ConnectionFailedError,
    "08": ConnectionFailedError,
}
NO_TLS = "rejected SSL upgrade"  # the driver has no type of its own for this answer


class _Session:
    """One connection that may only read."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self.connection = connection

    async def fetch(self, query: str) -> Rows:
        rows: Rows = await self.connection.fetch(query)
        return rows


class APIClient(SqlSource):
    """A table of a PostgreSQL server."""

    product = "PostgreSQL"
    clock = "extract(epoch FROM clock_timestamp())"
    driver_errors = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[_Session]:
        connection = await self._connect()
        try:
            yield _Session(connection)
        finally:
            connection.terminate()

    async def _connect(self) -> asyncpg.Connection[asyncpg.Record]:
        if not self.wants_tls:
            return await self._connect_with(None)
        try:
            return await self._connect_with(self.tls.context())
        except ConnectionError as error:
            if NO_TLS not in str(error):
                raise
            if self.tls_is_demanded:
                raise self.without_tls() from error
        log.warning("%s offers no TLS: queries and rows can be read on the way", self.where)
        return await self._connect_with(None)

    async def _connect_with(self, context: ssl.SSLContext | None) -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(
            host=self.connection["host"],
            port=int(self.connection["port"]),
            user=self.credentials["username"],
            password=self.credentials["password"],
            database=self.connection["database"],
            ssl=context if context else False,
            timeout=self.timeout_s,
            statement_cache_size=0,
            server_settings={
                "default_transaction_read_only": "on",
                "statement_timeout": str(int(self.timeout_s * 1000)),
                "standard_conforming_strings": "on",
                "synchronize_seqscans": "off",  # pages of one table come in one order
                "TimeZone": "UTC",
            },
        )

    def meaning(self, error: Exception) -> StixShifterError:
        if isinstance(error, ssl.SSLError):
            return self.untrusted(error)
        if not isinstance(error, asyncpg.PostgresError):
            return self.refused(error)
        state = str(error.sqlstate)
        kind = next(
            (BY_STATE[state[:size]] for size in (5, 3, 2) if state[:size] in BY_STATE), TransmissionError
        )
        if kind is SourceTimeoutError:
            return self.too_slow()
        return kind(f"{self.where}: {error} (SQLSTATE {state})")
