"""Looking at sources before a hunt: who answers, and what of the mapping their rows fill."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.hunt import Source
from stix_shifter.hunt.doctor import check_all, examine
from stix_shifter.hunt.filled import filled_shares
from stix_shifter_utils.http.tally import Tally, tallied
from stix_shifter_utils.testing import Fault
from stix_shifter_utils.testing.servers import mariadb, missing_mariadb, missing_postgresql, postgresql
from stix_shifter_utils.transmission.sql import SqlSource

from .conftest import PASSWORD, Tables, network_event, table_source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stix_shifter_utils.errors import StixShifterError

    from .conftest import MakeBundle

ALL_TIME = 24 * 366 * 50


def test_every_source_is_pinged_and_failures_are_told(product: Tables, bundle_source: MakeBundle) -> None:
    sources = [
        table_source("tables", product),
        bundle_source("partner", [network_event(1)]),
        table_source("refusing", product, password="wr0ng-password"),
        Source("dead", "stix_bundle", {"url": "no-such-file.json"}),
        Source("unknown", "no_such_connector", {"host": "h"}),
    ]
    found = asyncio.run(check_all(sources))
    assert [one.works for one in found] == [True, True, False, False, False]
    assert found[2].code == "authentication_fail"
    assert "no-such-file.json" in found[3].error
    assert "unsupported data source" in found[4].error
    assert "wr0ng-password" not in json.dumps([one.to_json() for one in found])


def test_a_source_that_hangs_is_given_up(product: Tables) -> None:
    product.fail(Fault.stall())
    (found,) = asyncio.run(check_all([table_source("tables", product, time_limit_s=0.5)]))
    assert (found.works, found.code) == (False, "service_unavailable")


def test_the_doctor_tells_which_mapped_fields_are_filled(product: Tables) -> None:
    found = asyncio.run(examine(table_source("tables", product), hours=ALL_TIME, rows=50))
    dialects = {one.name: one for one in found.dialects}
    network: dict[str, Any] = dialects["dialect1"].to_json()
    assert network["rows_looked_at"] == 50
    assert network["filled"]["src_ip"] == 1.0
    assert 0 < network["filled"]["url"] < 1
    assert "file_name" in network["never_filled"]
    assert dialects["dialect2"].filled["file_name"] == 1.0


def test_the_doctor_says_nothing_secret_and_keeps_what_fails_apart(product: Tables) -> None:
    product.fail(Fault.answer(500, body=f'{{"error": "{PASSWORD}"}}'), on="GET /v1/rows")
    found = asyncio.run(examine(table_source("tables", product), hours=ALL_TIME))
    assert found.checked.works
    assert [bool(one.error) for one in found.dialects] == [True, True]
    assert PASSWORD not in json.dumps(found.to_json())


@pytest.mark.parametrize("hours", [1])
def test_a_window_without_rows_fills_nothing(product: Tables, hours: int) -> None:
    found = asyncio.run(examine(table_source("tables", product), hours=hours))
    assert all(one.rows == 0 and not any(one.filled.values()) for one in found.dialects)


def test_a_bundle_has_no_mapping_to_look_at(bundle_source: MakeBundle) -> None:
    found = asyncio.run(examine(bundle_source("partner", [network_event(1)])))
    assert found.checked.works
    assert [one.filled for one in found.dialects] == [{}]


def test_the_doctor_tells_how_far_the_source_s_clock_is_ahead(
    product: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = asyncio.run(examine(table_source("tables", product), hours=1))
    assert ours.to_json()["clock_ahead_s"] == pytest.approx(0, abs=30)
    late = format_datetime(datetime.now(timezone.utc) + timedelta(minutes=10), usegmt=True)
    monkeypatch.setattr(
        "stix_shifter_utils.testing.server._Handler.date_time_string", lambda *_: late, raising=True
    )
    ahead = asyncio.run(examine(table_source("tables", product), hours=1))
    assert ahead.to_json()["clock_ahead_s"] == pytest.approx(600, abs=30)


def test_what_a_source_does_not_tell_is_said_and_not_left_out(bundle_source: MakeBundle) -> None:
    found = asyncio.run(examine(bundle_source("partner", [network_event(1)]), hours=ALL_TIME)).to_json()
    assert found["clock_ahead_s"] is None
    assert found["not_known"] == {
        "clock_ahead_s": "not known for this source: it does not tell its time",
        "retention_days_stated": "not known for this source: ask who runs it",
    }
    (dialect,) = found["dialects"]
    assert dialect["error"] is None
    assert dialect["rows_looked_at"] > 0
    assert dialect["not_known"].startswith("no field is mapped here: the source hands out STIX")


def test_of_a_source_that_does_not_answer_nothing_is_known(product: Tables) -> None:
    dead = asyncio.run(examine(Source("dead", "stix_bundle", {"url": "no-such-file.json"}))).to_json()
    assert set(dead["not_known"]) == {
        "clock_ahead_s", "retention_days_stated", "permissions_missing", "dialects",
    }  # fmt: skip
    product.fail(Fault.answer(500, body='{"error": "out of order"}'), on="GET /v1/rows")
    ill = asyncio.run(examine(table_source("tables", product), hours=ALL_TIME)).to_json()
    assert ill["works"]
    assert "searching failed otherwise" in ill["not_known"]["permissions_missing"]
    assert [one["not_known"] for one in ill["dialects"]] == ["no row could be fetched"] * 2


def test_hours_without_rows_are_told_apart_from_fields_without_values(product: Tables) -> None:
    found = asyncio.run(examine(table_source("tables", product), hours=1)).to_json()
    assert [one["not_known"] for one in found["dialects"]] == ["there is no row in these hours (--hours)"] * 2
    assert "permissions_missing" not in found["not_known"]


def test_nested_fields_are_looked_at_by_their_whole_path() -> None:
    leaf = {"key": "x-a.b", "object": "a"}
    mapping = {
        "source": {"ip": [leaf, leaf], "port": leaf},
        "registry": {"key": leaf, "path": leaf},
        "process.name": leaf,
        "dns": {"answers": {"data": leaf}},
    }
    rows = [
        {"source": {"ip": "192.0.2.1", "port": None}, "process": {"name": "a"}, "registry": {"key": ""}},
        {"source.ip": "192.0.2.1", "dns": {"answers": [{"type": "A"}, {"data": "b"}]}, "registry": "odd"},
    ]
    assert filled_shares(mapping, rows) == {
        "source.ip": 1.0, "source.port": 0.0, "registry.key": 0.0, "registry.path": 0.0,
        "process.name": 0.0, "dns.answers.data": 0.5,
    }  # fmt: skip
    assert set(filled_shares(mapping, []).values()) == {0.0}


class Database(SqlSource):
    """A database whose clock is ten minutes ahead."""

    product, driver_errors, clock = "Database", (), "NOW()"

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Any]:
        class Session:
            async def fetch(self, query: str) -> list[dict[str, Any]]:
                assert query == "SELECT NOW() AS answer"
                return [{"answer": Decimal(str(time.time() + 600))}]

        yield Session()

    def meaning(self, error: Exception) -> StixShifterError:
        raise error


def test_a_database_tells_its_time_when_it_is_pinged() -> None:
    database, tally = Database({"host": "h", "port": 1}, {}), Tally()

    async def ping() -> None:
        await database.ping_data_source()  # nobody wants to know
        with tallied(tally):
            await database.ping_data_source()

    asyncio.run(ping())
    assert tally.clock_ahead_s == pytest.approx(600, abs=30)


@pytest.mark.engine
@pytest.mark.parametrize("name", ["mysql", "postgresql"])
def test_real_databases_tell_their_time(name: str) -> None:
    """That the server's clock is ours, whatever the zone it lives in."""
    missing = missing_mariadb() if name == "mysql" else missing_postgresql()
    if missing:
        pytest.skip(missing)
    with mariadb() if name == "mysql" else postgresql() as server:
        connection = {"host": server.host, "port": server.port, "database": server.database}
        source = Source(
            name, name, {**connection, "options": {"table": "nowhere"}},
            {"auth": {"username": server.user, "password": server.password}},
        )  # fmt: skip
        found = asyncio.run(examine(source, hours=1)).to_json()
    assert found["works"]
    assert abs(found["clock_ahead_s"]) <= 5
    assert "clock_ahead_s" not in found["not_known"]


def test_the_doctor_names_the_permissions_that_are_missing(product: Tables) -> None:
    product.fail(Fault.answer(403, body='{"error": "no right to search"}'), on="GET /v1/rows")
    found = asyncio.run(examine(table_source("tables", product), hours=ALL_TIME)).to_json()
    assert found["works"]
    assert found["permissions_missing"] == ["search dialect1", "search dialect2"]
    product.heal()
    assert asyncio.run(examine(table_source("tables", product), hours=1)).permissions_missing == []
