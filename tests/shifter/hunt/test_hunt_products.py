"""One pattern over ten sources at once, eight of them make-believe products: one valid bundle."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.hunt import HuntReport, Source, hunt
from stix_shifter_utils.pattern import Matcher, observed_from_objects, parse_pattern
from stix_shifter_utils.testing.sandbox import load_sandbox

from .conftest import WINDOW, network_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import MakeBundle

pytest.importorskip("cryptography", reason="the products speak TLS")
pytest.importorskip("duckdb", reason="log files need duckdb")
PRODUCTS = ("elastic_ecs", "splunk", "qradar", "msatp", "azure_log_analytics", "azure_sentinel")
TEMPLATES = ("async_template", "synchronous_template")
ASKED = (
    "[ipv4-addr:value LIKE '198.51.100.%' OR ipv4-addr:value LIKE '192.0.2.%'"
    " OR user-account:account_login = 'm.okafor']"
)
EVERYTHING = (
    "[ipv4-addr:value LIKE '%' OR user-account:account_login LIKE '%' OR file:name LIKE '%'"
    " OR url:value LIKE '%' OR process:pid > 0 OR x-ibm-finding:name LIKE '%']"
)


@pytest.fixture(scope="module")
def running() -> Iterator[list[Source]]:
    """Eight products with their sample rows."""
    with contextlib.ExitStack() as stack:
        sources = []
        for name in (*PRODUCTS, *TEMPLATES):
            sandbox = load_sandbox(name)
            stack.enter_context(sandbox.product)
            connection = dict(sandbox.connection(sandbox.product))
            sources.append(Source(name, name, connection, dict(sandbox.configuration)))
        yield sources


@pytest.fixture
def sources(running: list[Source], bundle_source: MakeBundle, tmp_path: Path) -> list[Source]:
    flow = {"_path": "conn", "uid": "C1", "id.orig_p": 51000, "id.resp_p": 443, "proto": "tcp"}
    rows = [
        {**flow, "ts": 1704110400.5 + n, "id.orig_h": f"192.0.{n % 3}.{n}", "id.resp_h": "203.0.113.9"}
        for n in range(1, 31)
    ]
    path = tmp_path / "conn.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return [
        *running,
        bundle_source("partner", map(network_event, range(40))),
        Source("zeek files", "local_files:zeek", {"path": str(path)}),
    ]


def by_source(report: HuntReport) -> dict[str, set[str]]:
    """The ids of the observations of each source."""
    names = {one["id"]: one["name"] for one in report.identities}
    found: dict[str, set[str]] = {name: set() for name in names.values()}
    for item in report:
        if item["type"] == "observed-data":
            found[names[item["created_by_ref"]]].add(item["id"])
    return found


def test_one_pattern_finds_in_ten_products_what_the_matcher_finds_in_all_their_rows(
    sources: list[Source],
) -> None:
    report = hunt(f"{ASKED} {WINDOW}", sources)
    assert report.worked, [(one.name, one.reason) for one in report.ledger.failed]
    found = by_source(report)
    assert len(found) == 10
    assert all(found.values()), {name: len(ids) for name, ids in found.items()}
    assert not any(one.state == "not asked" for one in report.ledger.sources)
    everything = hunt(f"{EVERYTHING} {WINDOW}", sources)
    objects: list[dict[str, Any]] = list(everything.objects())
    wanted = set(Matcher(parse_pattern(ASKED)).match(observed_from_objects(objects)).observed)
    assert {one for ids in found.values() for one in ids} == wanted
    assert len(wanted) < len({item["id"] for item in objects if item["type"] == "observed-data"})
    asked = {one.name: str(one.searches[0].query) for one in report.ledger.sources}
    assert asked["splunk"].startswith("search ")
    assert asked["qradar"].startswith("SELECT ")
    assert "| where " in asked["msatp"]
    assert_valid(report)


def test_a_chain_of_events_is_settled_across_the_products(sources: list[Source]) -> None:
    pattern = (
        f"([user-account:account_login = 'm.okafor'] FOLLOWEDBY [ipv4-addr:value LIKE '198.51.100.%'])"
        f" WITHIN 7200 SECONDS {WINDOW}"
    )
    report = hunt(pattern, sources)
    assert report.worked, [(one.name, one.reason) for one in report.ledger.failed]
    makers = {item["id"]: item["created_by_ref"] for item in report if item["type"] == "observed-data"}
    names = {one["id"]: one["name"] for one in report.identities}
    pairs = {tuple(names[makers[one]] for one in match) for match in report.matches(5000)}
    assert any(first != second for first, second in pairs), pairs
    assert {first for first, _ in pairs} & {"azure_log_analytics", "msatp"}


def assert_valid(report: HuntReport) -> None:
    import stix2validator

    bundle = report.bundle()
    result = stix2validator.validate_instance(bundle, stix2validator.ValidationOptions(version="2.1"))
    assert not result.errors, [str(error) for error in result.errors][:5]
    ids = [item["id"] for item in bundle["objects"]]
    assert len(ids) == len(set(ids)) > 300
