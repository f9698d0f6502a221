"""The standard suite of a connector to a database, over a real server: TLS, errors of the server, pages.

The server holds the table `events` of `event_table.py`, and offers TLS with a certificate of `authority`. A
test file has fixtures `server` and `authority`, and says what each database writes in its own way.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.testing.certificates import Authority
from stix_shifter_utils.testing.event_table import COLUMNS, event_rows
from stix_shifter_utils.testing.suite import ConnectorSuite

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from stix_shifter_utils.connector import BaseEntryPoint
    from stix_shifter_utils.testing.servers import DatabaseServer

MOST_ROWS = 1_000
PAGE = 400
WRONG = "not-the-word"
REFUSED = {
    "an unknown table": ("SELECT * FROM nowhere", "invalid_parameter"),
    "an unknown column": ("SELECT nothing FROM events", "invalid_query"),
    "no syntax": ("SELECT * FROM events WHERE (", "invalid_query"),
    "no SELECT": ("DROP TABLE events", "invalid_query"),
}


def write_pair(authority: Authority, folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key as files that a server reads, perhaps as another user."""
    folder.chmod(0o755)
    pair = authority.certificate("127.0.0.1")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_text(pair.cert_pem, encoding="ascii")
    key.write_text(pair.key_pem, encoding="ascii")
    return certificate, key


class DatabaseSuite(ConnectorSuite):
    """Bronze to gold, and what only databases have."""

    required_options: ClassVar = {"table": "events"}
    pattern = "[network-traffic:dst_port = 5985]"
    loop_patterns: ClassVar = 500
    cipher_query: ClassVar[str]
    """Asks for the cipher of the connection that asks, as `cipher`; empty without TLS."""
    slow_query: ClassVar[str]
    """Takes five seconds."""

    @staticmethod
    def without_tls() -> AbstractContextManager[DatabaseServer]:
        """A server that offers no TLS."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _server(self, server: DatabaseServer, authority: Authority) -> None:
        self.server, self.authority = server, authority

    def product(self) -> AbstractContextManager[Any]:
        return contextlib.nullcontext(self.server)

    def connection(self, product: DatabaseServer) -> dict[str, Any]:
        place = {"host": product.host, "port": product.port, "database": product.database}
        return {**place, "options": {"table": "events"}}

    def configuration(self, product: DatabaseServer) -> dict[str, Any]:
        return {"auth": {"username": product.user, "password": product.password}}

    def broken_query(self, product: DatabaseServer) -> str:
        return "SELECT * FROM events WHERE ((("

    def every_row(self, product: DatabaseServer) -> dict[str, list[dict[str, Any]]]:
        return {"default": event_rows(MOST_ROWS)}

    # -- asking it

    def source(
        self, server: DatabaseServer | None = None, *, password: str = "", options: Any = (), **more: Any
    ) -> BaseEntryPoint:
        """The connector, connected to the server or another one, with other parameters."""
        at = server or self.server
        connection = {**self.connection(at), **more}
        connection["options"] = {**connection["options"], **dict(options)}
        configuration = {"auth": {"username": at.user, "password": password or at.password}}
        return load_entry_point(self.module)(connection, configuration, {})

    def pinged(self, entry: BaseEntryPoint) -> dict[str, Any]:
        return self.asked(entry, entry.ping_connection())

    def page(self, entry: BaseEntryPoint, query: str, offset: int = 0, length: int = 10) -> dict[str, Any]:
        return self.asked(entry, entry.create_results_connection(query, offset, length))

    def cipher(self, entry: BaseEntryPoint) -> str:
        return str(self.page(entry, self.cipher_query)["data"][0]["cipher"])

    # -- TLS

    def test_with_its_authority_the_server_is_verified_and_the_connection_encrypted(self) -> None:
        source = self.source(selfSignedCert=self.authority.pem)
        assert self.pinged(source) == {"success": True}
        assert self.cipher(source)

    def test_another_authority_is_not_trusted(self) -> None:
        answer = self.pinged(self.source(selfSignedCert=Authority("Somebody else").pem))
        assert answer["code"] == "certificate_fail"
        assert "options.tls" in answer["error"]

    def test_unverified_tls_is_a_choice(self) -> None:
        assert self.cipher(self.source(options={"tls": "unverified"}))

    def test_loopback_needs_no_tls(self) -> None:
        assert self.cipher(self.source()) == ""

    def test_a_server_without_tls_is_refused_where_tls_is_demanded(self) -> None:
        with self.without_tls() as plain:
            answer = self.pinged(self.source(plain, selfSignedCert=self.authority.pem))
            assert answer["code"] == "certificate_fail"
            assert "offers no TLS" in answer["error"]
            assert self.pinged(self.source(plain)) == {"success": True}

    # -- what the server answers

    @pytest.mark.parametrize("name", REFUSED)
    def test_what_the_server_refuses_is_told_by_its_code(self, name: str) -> None:
        query, code = REFUSED[name]
        assert self.page(self.source(), query)["code"] == code

    def test_a_query_that_takes_too_long_is_given_up(self) -> None:
        answer = self.page(self.source(options={"timeout": 1}), self.slow_query)
        assert answer["code"] == "service_unavailable"

    def test_wrong_credentials_and_a_closed_port_are_told_apart(self) -> None:
        wrong = self.pinged(self.source(password=WRONG))
        assert wrong["code"] == "authentication_fail"
        assert WRONG not in wrong["error"]
        assert self.pinged(self.source(port=1))["code"] == "service_unavailable"

    def test_a_session_cannot_write(self) -> None:
        source = self.source()
        query = "SELECT 1) AS a; INSERT INTO events (url) VALUES ('x'); SELECT * FROM (SELECT 1"
        answer = self.page(source, query)
        assert answer["success"] is False or len(answer["data"]) <= 1
        assert self.page(source, "SELECT COUNT(*) AS n FROM events")["data"] == [{"n": MOST_ROWS}]

    def test_pages_hold_every_row_once(self) -> None:
        source = self.source()
        places = range(0, 5 * PAGE, PAGE)
        pages = [self.page(source, "SELECT * FROM events", place, PAGE)["data"] for place in places]
        assert [len(page) for page in pages] == [PAGE, PAGE, MOST_ROWS - 2 * PAGE, 0, 0]
        key = sorted(map(repr, event_rows(MOST_ROWS)))
        assert sorted(repr({name: row[name] for name in COLUMNS}) for page in pages for row in page) == key
