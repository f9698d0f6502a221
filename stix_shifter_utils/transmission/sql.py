"""A database as a data source: one read-only SELECT for each page, rows as plain JSON values.

What every SQL source shares: paging a query text, the time limit, TLS options. How to connect, and what the
driver's errors mean, is the connector's own. The values of rows are made plain in `plain.py`.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
import ipaddress
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from stix_shifter_utils.errors import (
    CertificateError,
    ConnectionFailedError,
    QueryRejectedError,
    SourceTimeoutError,
    StixShifterError,
)
from stix_shifter_utils.http import TlsOptions
from stix_shifter_utils.http.tally import open_tally
from stix_shifter_utils.transmission.model import Page
from stix_shifter_utils.transmission.plain import plain_row

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

DEFAULT_TIMEOUT_S = 30.0
Rows = Sequence[Mapping[str, Any]]


class SqlSession(Protocol):
    """One open connection: `fetch` runs one SELECT and answers its rows in order, column name to value."""

    async def fetch(self, query: str) -> Rows: ...


class SqlSource(abc.ABC):
    """Base of the API client of a connector whose source is asked in SQL.

    A synchronous source: the search id is the query text. Each page runs `SELECT * FROM (query) LIMIT length
    OFFSET offset` in a session of its own that may not write, so rows that arrive between two pages can
    shift them; a stable order is the query's business.

    The option `tls` is `auto` (TLS where the server offers it, with a warning where it does not; demanded
    where a CA is configured), `require`, `unverified` or `off`.
    """

    product: ClassVar[str]
    """The vendor's name, for messages."""

    driver_errors: ClassVar[tuple[type[Exception], ...]]
    """What the driver raises; `meaning` sorts them."""

    clock: ClassVar[str] = ""
    """The expression that tells the server's time in seconds since 1970; empty where there is none."""

    def __init__(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        self.connection = connection
        self.credentials: Mapping[str, Any] = configuration.get("auth") or {}
        options = connection.get("options") or {}
        self.timeout_s = float(options.get("timeout") or DEFAULT_TIMEOUT_S)
        self.tls_mode = str(options.get("tls") or "auto")
        self.tls = TlsOptions(
            ca_pem=connection.get("selfSignedCert") or connection.get("cert") or None,
            verify=self.tls_mode != "unverified",
        )

    @property
    def where(self) -> str:
        """The source for messages: product, host and port."""
        return f"{self.product} at {self.connection['host']}:{self.connection['port']}"

    @property
    def tls_is_demanded(self) -> bool:
        """True when a connection without TLS must not be used."""
        return self.tls_mode in {"require", "unverified"} or bool(self.tls.ca_pem)

    @property
    def wants_tls(self) -> bool:
        """True when TLS is asked for at all: not on loopback, where `auto` needs none."""
        if self.tls_mode == "off":
            return False
        return self.tls_is_demanded or not _is_loopback(str(self.connection["host"]))

    @abc.abstractmethod
    def open(self) -> AbstractAsyncContextManager[SqlSession]:
        """A session that may only read, closed on leaving."""

    @abc.abstractmethod
    def meaning(self, error: Exception) -> StixShifterError:
        """What an error of the driver means to the caller, by the driver's type or code."""

    async def ping_data_source(self) -> None:
        """Raises a TransmissionError when the source cannot be reached or refuses the credentials."""
        rows = await self._run(f"SELECT {self.clock or 1} AS answer")
        tally = open_tally()
        if self.clock and tally is not None:
            with contextlib.suppress(KeyError, IndexError, TypeError, ValueError):  # it told something else
                tally.told(float(rows[0]["answer"]), time.time())

    async def get_search_results(self, query: str, offset: int, length: int) -> Page:
        """Rows `offset` to `offset + length` of the query's answer."""
        if not length:
            return Page((), done=True)
        rows = await self._run(page_of(query, offset, length))
        return Page([plain_row(row) for row in rows], done=len(rows) < length)

    async def _run(self, query: str) -> Rows:
        try:
            return await asyncio.wait_for(self._fetch(query), self.timeout_s)
        except (asyncio.TimeoutError, TimeoutError) as error:
            raise self.too_slow() from error

    async def _fetch(self, query: str) -> Rows:
        try:
            async with self.open() as session:
                return await session.fetch(query)
        except self.driver_errors as error:
            raise self.meaning(error) from error

    def too_slow(self) -> SourceTimeoutError:
        """The error for an answer that took longer than `options.timeout`."""
        limit = f"within {self.timeout_s:g} s"
        message = f"{self.where} did not answer {limit}; raise options.timeout or narrow the time window"
        return SourceTimeoutError(message)

    def refused(self, error: BaseException) -> ConnectionFailedError:
        """The error for an address where nobody answers."""
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        message = f"cannot connect to {self.where}: {reason}; check connection.host and connection.port"
        return ConnectionFailedError(message)

    def without_tls(self) -> CertificateError:
        """The error for a server that offers no TLS where it is demanded."""
        message = f"{self.where} offers no TLS; set options.tls to 'off' to talk to it in the clear"
        return CertificateError(message)

    def untrusted(self, error: BaseException) -> CertificateError:
        """The error for a certificate that cannot be verified."""
        remedy = "give its CA as connection.selfSignedCert, or set options.tls to 'unverified'"
        return CertificateError(f"the certificate of {self.where} is not trusted: {error}; {remedy}")


def page_of(query: str, offset: int, length: int) -> str:
    """One page of a query, asked as a sub-select. Raises QueryRejectedError for what is no SELECT."""
    text = query.strip().rstrip(";").rstrip()
    if text[:6].upper() != "SELECT":
        message = "only a SELECT can be run; translate a STIX pattern to get one"
        raise QueryRejectedError(message)
    return f"SELECT * FROM (\n{text}\n) AS stix_page LIMIT {length:d} OFFSET {offset:d}"  # noqa: S608  the query is the caller's


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
