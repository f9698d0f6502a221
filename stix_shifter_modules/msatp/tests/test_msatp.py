"""The standard suite for Microsoft Defender, against its API on loopback; and real events through it."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_modules.msatp.tests import product as own
from stix_shifter_modules.msatp.tests import real_rows as real
from stix_shifter_utils.testing import ConnectorSuite
from stix_shifter_utils.testing.languages.kql import tokens_of


class TestMsatp(ConnectorSuite):
    """Folder, cases, paging, faults and the closed loop: no network."""

    module = "msatp"
    pattern = "[ipv4-addr:value LIKE '198.51.100.%']"
    loop_patterns: ClassVar = 30

    def outside_literals(self, query: Any) -> str:
        return " ".join(token.text for token in tokens_of(query) if token.kind != "text")

    def broken_query(self, product: Any) -> str:
        return "DeviceNetworkEvents | where RemoteIP == 'a' | extend x = 1"

    def every_row(self, product: Any) -> dict[str, Any]:
        rows: own.Rows = product.rows
        return rows


def test_an_expired_token_is_renewed_without_a_word() -> None:
    with own.Product() as product:
        source = StixTransmission("msatp", own.connection(product), own.CONFIGURATION)
        query = "DeviceNetworkEvents | take 5"
        assert len(source.results(query, 0, 5)["data"]) == 5
        product.desk.expire()
        assert len(source.results(query, 0, 5)["data"]) == 5
        assert len(product.seen("POST", f"/{own.TENANT}/oauth2")) == 2


def test_a_retiring_host_is_replaced_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    from stix_shifter_modules.msatp.stix_transmission.api_client import APIClient

    client = APIClient({"host": "api-eu.securitycenter.microsoft.com", "port": 443}, own.CONFIGURATION)
    assert client.base_url() == "https://graph.microsoft.com:443"
    assert "retires its hunting API" in caplog.text


def test_one_call_serves_all_pages_of_a_search() -> None:
    with own.Product() as product:
        source = StixTransmission("msatp", own.connection(product), own.CONFIGURATION)
        found = source.results("DeviceNetworkEvents | take 30", 0, 10)
        assert len(found["data"]) == 10
        assert [
            len(source.results("DeviceNetworkEvents | take 30", at, 10)["data"]) for at in (10, 20, 30)
        ] == [10, 10, 0]


class RealEvents(TestMsatp):
    """The same over real Windows events, for the loop alone: 100 patterns for each of five tables."""

    loop_patterns: ClassVar = 100

    def product(self) -> own.Product:
        return own.Product(real.real_rows(120))


@pytest.mark.engine
def test_the_loop_closes_over_real_events() -> None:
    if not real.FILE.is_file():
        pytest.skip(f"no sample data at {real.DATA}; set STIX_SHIFTER_TEST_DATA")
    RealEvents().test_the_loop_closes()
