"""Looking at sources before a hunt: who answers, and what of the mapping their rows fill."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.hunt import Source
from stix_shifter.hunt.doctor import check_all, examine
from stix_shifter_utils.testing import Fault

from .conftest import PASSWORD, Tables, network_event, table_source

if TYPE_CHECKING:
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


def test_a_source_that_tells_no_time_has_no_difference(bundle_source: MakeBundle) -> None:
    found = asyncio.run(examine(bundle_source("partner", [network_event(1)])))
    assert found.to_json()["clock_ahead_s"] is None


def test_the_doctor_names_the_permissions_that_are_missing(product: Tables) -> None:
    product.fail(Fault.answer(403, body='{"error": "no right to search"}'), on="GET /v1/rows")
    found = asyncio.run(examine(table_source("tables", product), hours=ALL_TIME)).to_json()
    assert found["works"]
    assert found["permissions_missing"] == ["search dialect1", "search dialect2"]
    product.heal()
    assert asyncio.run(examine(table_source("tables", product), hours=1)).permissions_missing == []
