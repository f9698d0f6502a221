"""Twelve sources at once, real servers among them, four of which break: every row of the healthy ones."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.hunt import Source
from stix_shifter_utils.stix import bundle_of
from stix_shifter_utils.testing import Answer, Fault, Received, route
from stix_shifter_utils.testing.event_table import COLUMNS, create_table, event_rows, missing_events
from stix_shifter_utils.testing.servers import mariadb, missing_mariadb, missing_postgresql, postgresql
from stix_shifter_utils.testing.taxii import missing_medallion, taxii_server

from .conftest import PASSWORD, USER, Tables, host_event, network_event, translated

if TYPE_CHECKING:
    from stix_shifter_utils.testing.servers import DatabaseServer

MISSING = missing_events() or missing_mariadb() or missing_postgresql() or missing_medallion()
pytestmark = [pytest.mark.engine, pytest.mark.skipif(bool(MISSING), reason=str(MISSING))]
ROOT = Path(__file__).resolve().parents[3]
PORTS = (53, 443)
PATTERN = "[network-traffic:dst_port IN (53, 443)] START t'2000-01-01T00:00:00Z' STOP t'2030-01-01T00:00:00Z'"


class Partner(Tables):
    """A product that also hands out a bundle."""

    objects: list[dict[str, Any]] = []  # noqa: RUF012  set once per test

    @route("GET", "/bundle.json", open_to_all=True)
    def bundle(self, request: Received) -> Answer:
        return Answer(dict(bundle_of(self.objects, "2.1")))


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


def database_profile(connector: str, server: DatabaseServer, variable: str) -> dict[str, Any]:
    connection = {"host": server.host, "port": server.port, "database": server.database}
    return {
        "connector": connector,
        "connection": {**connection, "options": {"table": "events"}},
        "config": {"auth": {"username": server.user, "password": f"${{env:{variable}}}"}},
    }


def product_profile(product: Tables, variable: str, **more: Any) -> dict[str, Any]:
    return {
        "connector": "synchronous_template",
        "connection": {"host": f"http://{product.host}", "port": product.port},
        "config": {"auth": {"username": USER, "password": f"${{env:{variable}}}"}},
        **more,
    }


def bundle_profile(url: str, **more: Any) -> dict[str, Any]:
    return {"connector": "stix_bundle", "connection": {"url": url}, **more}


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def sample(folder: str, name: str, count: int) -> list[dict[str, Any]]:
    from stix_shifter_utils.testing.event_table import _folder  # the one place that knows where samples are

    with gzip.open(_folder() / folder / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]


def flows(bundle: dict[str, Any]) -> dict[str, Counter[Any]]:
    """By the name of each source: address and port that its connections went to, with how often."""
    by_id = {item["id"]: item for item in bundle["objects"]}
    found: dict[str, Counter[Any]] = {}
    for item in bundle["objects"]:
        if item["type"] != "observed-data":
            continue
        traffic = [by_id[name] for name in item["object_refs"] if name.startswith("network-traffic")]
        (wanted,) = [one for one in traffic if one.get("dst_port") in PORTS]
        address = by_id[wanted["dst_ref"]]["value"] if "dst_ref" in wanted else None
        found.setdefault(by_id[item["created_by_ref"]]["name"], Counter())[address, wanted["dst_port"]] += 1
    return found


def wanted(rows: list[dict[str, Any]], address: str, port: str) -> Counter[Any]:
    return Counter((row[address], row[port]) for row in rows if row[port] in PORTS)


def test_twelve_sources_of_which_four_break(tmp_path: Path) -> None:
    """The command in a process of its own, with all secrets in its environment."""
    pytest.importorskip("duckdb", reason="local files need duckdb")
    rows = event_rows(600)
    halves = rows[:300], rows[300:]
    zeek = sample("zeek", "lsass-conn.ndjson.gz", 200)
    write_lines(tmp_path / "zeek" / "conn.ndjson", [{**row, "_path": "conn"} for row in zeek])
    network, host = list(map(network_event, range(40))), list(map(host_event, range(20)))
    groups = translated(network, Source("partner", "stix_bundle", {}).identity)
    objects = list({item["id"]: item for group in groups for item in group}.values())
    (tmp_path / "bundle.json").write_text(json.dumps(bundle_of(objects, "2.1")))
    with (
        mariadb() as maria, postgresql() as postgres, taxii_server(objects) as taxii,
        Partner(network, host) as partner, Tables(network) as slow, Tables(network) as cutting,
    ):  # fmt: skip
        fill_mariadb(maria, halves[0])
        asyncio.run(fill_postgresql(postgres, halves[1]))
        partner.objects = objects
        slow.fail(Fault.stall())
        cutting.fail(Fault.reset(after=40), on="GET /v1/rows")
        login = {"username": taxii.user, "password": "${env:TAXII_PASSWORD}"}
        profiles = {
            "mariadb": database_profile("mysql", maria, "MARIADB_PASSWORD"),
            "postgresql": database_profile("postgresql", postgres, "POSTGRESQL_PASSWORD"),
            "zeek files": {
                "connector": "local_files:zeek",
                "connection": {"path": str(tmp_path / "zeek" / "*.ndjson")},
            },
            "bundle file": bundle_profile(str(tmp_path / "bundle.json")),
            "http bundle": bundle_profile(f"{partner.url}/bundle.json"),
            "taxii": bundle_profile(taxii.url, config={"auth": login}),
            "tables": product_profile(partner, "PRODUCT_PASSWORD"),
            "searches": product_profile(partner, "PRODUCT_PASSWORD", connector="async_template"),
            "dead": bundle_profile("http://127.0.0.1:9/bundle.json"),
            "slow": product_profile(slow, "PRODUCT_PASSWORD", time_limit=2),
            "refusing": product_profile(partner, "WRONG_PASSWORD"),
            "cutting": product_profile(cutting, "PRODUCT_PASSWORD"),
        }
        secrets = {
            "MARIADB_PASSWORD": maria.password, "POSTGRESQL_PASSWORD": postgres.password,
            "TAXII_PASSWORD": taxii.password, "PRODUCT_PASSWORD": PASSWORD,
            "WRONG_PASSWORD": "wr0ng-password",
        }  # fmt: skip
        (tmp_path / "sources.yaml").write_text(json.dumps({"profiles": profiles}))
        done = run_hunt(tmp_path, secrets)
        assert not partner.searches
    sys.stderr.write(done.stderr)
    assert done.returncode == 3, done.stderr
    bundle = json.loads((tmp_path / "out" / "bundle.json").read_text())
    ledger = json.loads((tmp_path / "out" / "ledger.json").read_text())
    assert_valid(bundle)
    of_product = wanted(network, "dst_ip", "dst_port")
    assert flows(bundle) == {
        "mariadb": wanted(halves[0], "dest_ipaddr", "dest_port"),
        "postgresql": wanted(halves[1], "dest_ipaddr", "dest_port"),
        "zeek files": wanted(zeek, "id.resp_h", "id.resp_p"),
        **dict.fromkeys(("bundle file", "http bundle", "taxii", "tables", "searches"), of_product),
    }
    failed = {one["source"]: one for one in ledger["sources"] if one["state"] in {"failed", "partial"}}
    codes = {name: {search["code"] for search in one["searches"]} for name, one in failed.items()}
    assert codes == {
        "dead": {"service_unavailable"}, "slow": {"service_unavailable"},
        "refusing": {"authentication_fail"}, "cutting": {"service_unavailable"},
    }  # fmt: skip
    assert "not done within its time limit of 2 s" in json.dumps(failed["slow"])
    assert "ended in the middle of the answer" in json.dumps(failed["cutting"])
    assert ledger["took_s"] < max(one["took_s"] for one in ledger["sources"]) + 5
    everything = [done.stdout + done.stderr, *(path.read_text() for path in (tmp_path / "out").iterdir())]
    assert len(everything) == 4
    assert not [secret for secret in secrets.values() for text in everything if secret in text]


def run_hunt(folder: Path, secrets: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`stix-shifter hunt` over a folder's sources; bundle, ledger and page go into its folder `out`."""
    out = folder / "out"
    out.mkdir()
    files = ("--out", out / "bundle.json", "--ledger", out / "ledger.json", "--report", out / "report.html")
    command = [
        sys.executable,
        ROOT / "main.py",
        "hunt",
        PATTERN,
        "--sources",
        folder / "sources.yaml",
        *files,
    ]
    environment = {**os.environ, **secrets, "XDG_STATE_HOME": str(folder / "state")}
    return subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, timeout=90, check=False
    )


def assert_valid(bundle: dict[str, Any]) -> None:
    import stix2validator

    result = stix2validator.validate_instance(bundle, stix2validator.ValidationOptions(version="2.1"))
    assert not result.errors, [str(error) for error in result.errors][:5]
    ids = [item["id"] for item in bundle["objects"]]
    assert len(ids) == len(set(ids))
