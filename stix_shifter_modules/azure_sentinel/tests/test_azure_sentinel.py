"""The standard suite for alerts and incidents, against Microsoft Graph's API on loopback."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_modules.azure_sentinel.stix_translation.query_constructor import FILTERABLE
from stix_shifter_modules.azure_sentinel.tests import product as own
from stix_shifter_modules.azure_sentinel.tests.real_rows import product_rows
from stix_shifter_utils.testing import ConnectorSuite
from stix_shifter_utils.testing.languages.odata import tokens_of
from stix_shifter_utils.testing.real_data import missing


class TestAzureSentinel(ConnectorSuite):
    """Folder, cases, paging, faults and the closed loop: no network."""

    module = "azure_sentinel"
    pattern = "[x-ibm-finding:severity_name = 'high']"
    loop_patterns: ClassVar = 40

    def outside_literals(self, query: Any) -> str:
        (text,) = query.values()
        return " ".join(word for kind, word, _ in tokens_of(text) if kind != "text")

    def broken_query(self, product: Any) -> dict[str, str]:
        return {"alertV2": "severity eq 'high' and title eq 'a'"}

    def every_row(self, product: Any) -> dict[str, Any]:
        return {"alertV2": product.alerts, "incident": product.incidents}


class ManyPatterns(TestAzureSentinel):
    """The loop alone, with 500 patterns for alerts and 500 for incidents."""

    loop_patterns: ClassVar = 500


@pytest.mark.engine
def test_the_loop_closes_over_many_patterns() -> None:
    ManyPatterns().test_the_loop_closes()


class RealEvents(TestAzureSentinel):
    """The loop alone, over alerts and incidents about published events of Windows."""

    most: ClassVar = 60
    loop_patterns: ClassVar = 20

    def product(self) -> Any:
        product = own.Product()
        product.alerts, product.incidents = product_rows(self.most)
        return product


class ManyRealEvents(RealEvents):
    """The same over more of them, with 500 patterns for alerts and 500 for incidents."""

    most: ClassVar = 240
    loop_patterns: ClassVar = 500


@pytest.mark.skipif(bool(missing()), reason=missing())
@pytest.mark.parametrize("suite", [RealEvents, pytest.param(ManyRealEvents, marks=pytest.mark.engine)])
def test_the_loop_closes_over_published_events(suite: type[RealEvents]) -> None:
    alerts, incidents = product_rows(suite.most)
    assert len(alerts) == suite.most
    assert len(incidents) >= 40
    suite().test_the_loop_closes()


def test_what_can_be_filtered_is_what_the_api_documents() -> None:
    """Microsoft Learn, graph/api/security-list-alerts_v2 and security-list-incidents, query parameters."""
    assert own.FILTERABLE | {"serviceSource"} == FILTERABLE


def test_a_ready_token_needs_no_application() -> None:
    with own.Product() as product:
        product.desk.tokens.add("ready")
        source = StixTransmission(
            "azure_sentinel", own.connection(product), {"auth": {"access_token": "ready"}}
        )
        assert source.ping() == {"success": True}
        assert not product.seen("POST")


def test_large_pages_are_asked_for_in_the_portions_that_the_api_gives() -> None:
    with own.Product() as product:
        source = StixTransmission("azure_sentinel", own.connection(product), own.CONFIGURATION)
        assert len(source.results({"incident": ""}, 0, 5000)["data"]) == 30
        assert product.seen("GET", "/v1.0/security/incidents")[-1].query["$top"] == "50"
