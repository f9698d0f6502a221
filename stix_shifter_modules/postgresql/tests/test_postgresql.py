"""PostgreSQL's connector against a real server: the standard suite, TLS, and what SQLSTATE codes mean."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import asyncpg
import pytest

from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_utils.testing.certificates import Authority
from stix_shifter_utils.testing.event_table import COLUMNS, create_table, event_rows, missing_events
from stix_shifter_utils.testing.servers import DatabaseServer, missing_postgresql, postgresql
from stix_shifter_utils.testing.suite import ConnectorSuite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(bool(missing_postgresql()), reason=str(missing_postgresql())),
    pytest.mark.skipif(bool(missing_events()), reason=str(missing_events())),
]

ROWS = functools.cache(lambda: event_rows(1_000))


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
        await connection.copy_records_to_table("events", records=[tuple(row.values()) for row in ROWS()])
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[DatabaseServer]:
    """A server with TLS and the sample rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server may run as another user
        pair = authority.certificate("127.0.0.1")
        (folder / "cert.pem").write_text(pair.cert_pem, encoding="ascii")
        (folder / "key.pem").write_text(pair.key_pem, encoding="ascii")
        _give_to_the_server(folder)
        settings = ["ssl=on", f"ssl_cert_file={folder / 'cert.pem'}", f"ssl_key_file={folder / 'key.pem'}"]
        with postgresql(settings) as running:
            asyncio.run(fill(running))
            yield running


def _give_to_the_server(folder: Path) -> None:
    """As root the server runs as another user, and it demands a key that only its owner can read."""
    (folder / "key.pem").chmod(0o600)
    if os.geteuid() == 0:
        for path in folder.iterdir():
            shutil.chown(path, "postgres")


def connection_to(server: DatabaseServer, **more: Any) -> dict[str, Any]:
    options = {"table": "events", **more.pop("options", {})}
    return {"host": server.host, "port": server.port, "database": server.database, **more, "options": options}


def credentials(server: DatabaseServer) -> dict[str, Any]:
    return {"auth": {"username": server.user, "password": server.password}}


class TestPostgreSql(ConnectorSuite):
    """The standard suite over a real server."""

    module = "postgresql"
    required_options: ClassVar = {"table": "events"}
    pattern = "[network-traffic:dst_port = 5985]"
    loop_patterns: ClassVar = 500

    @pytest.fixture(autouse=True)
    def _server(self, server: DatabaseServer) -> None:
        self.server = server

    def product(self) -> AbstractContextManager[Any]:
        return contextlib.nullcontext(self.server)

    def connection(self, product: DatabaseServer) -> dict[str, Any]:
        return connection_to(product)

    def configuration(self, product: DatabaseServer) -> dict[str, Any]:
        return credentials(product)

    def broken_query(self, product: DatabaseServer) -> str:
        return "SELECT * FROM events WHERE ((("

    def every_row(self, product: DatabaseServer) -> dict[str, list[dict[str, Any]]]:
        return {"default": ROWS()}


def transmission(server: DatabaseServer, **more: Any) -> StixTransmission:
    auth = more.pop("auth", credentials(server)["auth"])
    return StixTransmission("postgresql", connection_to(server, **more), {"auth": auth})


def cipher(source: StixTransmission) -> str:
    """The cipher of the connection that asks, empty without TLS."""
    query = "SELECT coalesce(cipher, '') AS cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    return str(source.results(query, 0, 1)["data"][0]["cipher"])


def test_with_its_authority_the_server_is_verified_and_the_connection_encrypted(
    server: DatabaseServer, authority: Authority
) -> None:
    source = transmission(server, selfSignedCert=authority.pem)
    assert source.ping() == {"success": True}
    assert cipher(source)


def test_another_authority_is_not_trusted(server: DatabaseServer) -> None:
    answer = transmission(server, selfSignedCert=Authority("Somebody else").pem).ping()
    assert answer["code"] == "certificate_fail"
    assert "options.tls" in answer["error"]


def test_unverified_tls_is_a_choice(server: DatabaseServer) -> None:
    assert cipher(transmission(server, options={"tls": "unverified"}))


def test_loopback_needs_no_tls(server: DatabaseServer) -> None:
    assert cipher(transmission(server)) == ""


def test_a_server_without_tls_is_refused_where_tls_is_demanded(authority: Authority) -> None:
    with postgresql() as plain:
        answer = transmission(plain, selfSignedCert=authority.pem).ping()
        assert answer["code"] == "certificate_fail"
        assert "offers no TLS" in answer["error"]
        assert transmission(plain).ping() == {"success": True}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT * FROM nowhere", "invalid_parameter"),
        ("SELECT nothing FROM events", "invalid_query"),
        ("SELECT * FROM events WHERE (", "invalid_query"),
        ("DROP TABLE events", "invalid_query"),
        ("SELECT pg_sleep(5)", "service_unavailable"),
    ],
)
def test_what_the_server_refuses_is_told_by_its_code(server: DatabaseServer, query: str, code: str) -> None:
    answer = transmission(server, options={"timeout": 1}).results(query, 0, 10)
    assert (answer["success"], answer["code"]) == (False, code), answer


def test_wrong_credentials_and_a_closed_port_are_told_apart(server: DatabaseServer) -> None:
    wrong = transmission(server, auth={"username": server.user, "password": "not-the-word"}).ping()
    assert wrong["code"] == "authentication_fail"
    assert "not-the-word" not in wrong["error"]
    closed = StixTransmission("postgresql", {**connection_to(server), "port": 1}, credentials(server)).ping()
    assert closed["code"] == "service_unavailable"


def test_a_session_cannot_write(server: DatabaseServer) -> None:
    source = transmission(server)
    answer = source.results(
        "SELECT 1) AS a; INSERT INTO events (url) VALUES ('x'); SELECT * FROM (SELECT 1", 0, 10
    )
    assert answer["success"] is False or len(answer["data"]) <= 1
    assert source.results("SELECT COUNT(*) AS n FROM events", 0, 1)["data"] == [{"n": len(ROWS())}]


def test_pages_hold_every_row_once(server: DatabaseServer) -> None:
    source = transmission(server)
    pages = [source.results("SELECT * FROM events", offset, 400)["data"] for offset in range(0, 2_000, 400)]
    assert [len(page) for page in pages] == [400, 400, 200, 0, 0]
    key = sorted(map(repr, ROWS()))
    assert sorted(repr({name: row[name] for name in COLUMNS}) for page in pages for row in page) == key
