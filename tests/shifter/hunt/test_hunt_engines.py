"""Twelve sources at once, real servers among them, four of which break: every row of the healthy ones."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.cli.hunt import exit_code
from stix_shifter.cli.hunt_table import closing_table
from stix_shifter.hunt import Source, hunt
from stix_shifter_utils.stix import bundle_of
from stix_shifter_utils.testing import Answer, Fault, Received, route
from stix_shifter_utils.testing.event_table import COLUMNS, create_table, event_rows, missing_events
from stix_shifter_utils.testing.servers import mariadb, missing_mariadb, missing_postgresql, postgresql

from .conftest import PASSWORD, Tables, host_event, network_event, table_source, translated

if TYPE_CHECKING:
    from pathlib import Path

    from stix_shifter_utils.testing.servers import DatabaseServer

MISSING = missing_events() or missing_mariadb() or missing_postgresql()
pytestmark = [pytest.mark.engine, pytest.mark.skipif(bool(MISSING), reason=str(MISSING))]
PORTS = (53, 443)
PATTERN = "[network-traffic:dst_port IN (53, 443)] START t'2000-01-01T00:00:00Z' STOP t'2030-01-01T00:00:00Z'"
TAXII = "application/taxii+json;version=2.1"


class Partner(Tables):
    """A product that also hands out a bundle, and the same as a TAXII 2.1 collection in pages of 20."""

    objects: list[dict[str, Any]] = []  # noqa: RUF012  set once per test

    @route("GET", "/bundle.json", open_to_all=True)
    def bundle(self, request: Received) -> Answer:
        return Answer(dict(bundle_of(self.objects, "2.1")))

    @route("GET", "/api/collections/c1/objects/", open_to_all=True)
    def collection(self, request: Received) -> Answer:
        first = int(request.query.get("next", 0))
        page = self.objects[first : first + 20]
        more = first + 20 < len(self.objects)
        envelope = {"more": more, "objects": page, **({"next": str(first + 20)} if more else {})}
        return Answer(envelope, headers={"Content-Type": TAXII})


def fill_mariadb(server: DatabaseServer, rows: list[dict[str, Any]]) -> None:
    import pymysql

    with contextlib.closing(
        pymysql.connect(
            host=server.host, port=server.port, user=server.user, password=server.password,
            database=server.database,
        )
    ) as connection, connection.cursor() as cursor:  # fmt: skip
        cursor.execute(create_table("events", integer="BIGINT", text="TEXT"))
        marks = ", ".join(["%s"] * len(COLUMNS))
        cursor.executemany(f"INSERT INTO events VALUES ({marks})", [tuple(row.values()) for row in rows])
        connection.commit()


async def fill_postgresql(server: DatabaseServer, rows: list[dict[str, Any]]) -> None:
    import asyncpg

    connection = await asyncpg.connect(
        host=server.host, port=server.port, user=server.user, password=server.password,
        database=server.database,
    )  # fmt: skip
    try:
        await connection.execute(create_table("events", integer="bigint", text="text"))
        await connection.copy_records_to_table("events", records=[tuple(row.values()) for row in rows])
    finally:
        await connection.close()


def database_source(name: str, connector: str, server: DatabaseServer) -> Source:
    connection = {"host": server.host, "port": server.port, "database": server.database}
    auth = {"username": server.user, "password": server.password}
    secrets = frozenset({server.password})
    return Source(
        name, connector, {**connection, "options": {"table": "events"}}, {"auth": auth}, secrets=secrets
    )


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def sample(folder: str, name: str, count: int) -> list[dict[str, Any]]:
    from stix_shifter_utils.testing.event_table import _folder  # the one place that knows where samples are

    with gzip.open(_folder() / folder / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]


def test_twelve_sources_of_which_four_break(tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="local files need duckdb")
    rows = event_rows(600)
    halves = rows[:300], rows[300:]
    zeek = sample("zeek", "lsass-conn.ndjson.gz", 200)
    write_lines(tmp_path / "zeek" / "conn.ndjson", [{**row, "_path": "conn"} for row in zeek])
    network, host = (
        [network_event(number) for number in range(40)],
        [host_event(number) for number in range(20)],
    )
    with (
        mariadb() as maria, postgresql() as postgres,
        Partner(network, host) as partner, Tables(network) as slow, Tables(network) as cutting,
    ):  # fmt: skip
        fill_mariadb(maria, halves[0])
        asyncio.run(fill_postgresql(postgres, halves[1]))
        http = Source("http bundle", "stix_bundle", {"url": f"{partner.url}/bundle.json"})
        groups = translated(network, http.identity)
        partner.objects = list({item["id"]: item for group in groups for item in group}.values())
        (tmp_path / "bundle.json").write_text(json.dumps(bundle_of(partner.objects, "2.1")))
        slow.fail(Fault.stall())
        cutting.fail(Fault.reset(after=40), on="GET /v1/rows")
        sources = [
            database_source("mariadb", "mysql", maria),
            database_source("postgresql", "postgresql", postgres),
            Source("zeek files", "local_files:zeek", {"path": str(tmp_path / "zeek" / "*.ndjson")}),
            Source("bundle file", "stix_bundle", {"url": str(tmp_path / "bundle.json")}),
            http,
            Source("taxii", "stix_bundle", {"url": f"{partner.url}/api/collections/c1/"}),
            table_source("tables", partner),
            table_source("searches", partner, connector="async_template"),
            Source("dead", "stix_bundle", {"url": "http://127.0.0.1:9/bundle.json"}),
            table_source("slow", slow, time_limit_s=2.0),
            table_source("refusing", partner, password="wr0ng-password"),
            table_source("cutting", cutting),
        ]
        report = hunt(PATTERN, sources)
    sys.stderr.write(closing_table(report.ledger))
    assert exit_code(report) == 3
    in_network = sum(row["dst_port"] in PORTS for row in network)
    assert {entry.name: entry.matched for entry in report.ledger.sources} == {
        "mariadb": sum(row["dest_port"] in PORTS for row in halves[0]),
        "postgresql": sum(row["dest_port"] in PORTS for row in halves[1]),
        "zeek files": sum(row["id.resp_p"] in PORTS for row in zeek),
        **dict.fromkeys(("bundle file", "http bundle", "taxii", "tables", "searches"), in_network),
        **dict.fromkeys(("dead", "slow", "refusing", "cutting"), 0),
    }
    assert {entry.name for entry in report.ledger.failed} == {"dead", "slow", "refusing", "cutting"}
    assert all(entry.reason for entry in report.ledger.failed)
    slowest = max(entry.took_s for entry in report.ledger.sources)
    assert report.ledger.took_s < slowest + 5
    assert_valid(report.bundle())
    said = json.dumps(report.bundle()) + json.dumps(report.ledger.to_json()) + closing_table(report.ledger)
    assert not [secret for secret in (PASSWORD, maria.password, "wr0ng-password") if secret in said]


def assert_valid(bundle: dict[str, Any]) -> None:
    import stix2validator

    result = stix2validator.validate_instance(bundle, stix2validator.ValidationOptions(version="2.1"))
    assert not result.errors, [str(error) for error in result.errors][:5]
    ids = [item["id"] for item in bundle["objects"]]
    assert len(ids) == len(set(ids))
