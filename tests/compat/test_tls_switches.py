"""Earlier clients switch verification off inside the connector; typed connectors obey that too."""

import asyncio
import ssl

import pytest

from stix_shifter_utils.errors import CertificateError
from stix_shifter_utils.testing import Answer, Authority, FakeProduct, Received, route
from stix_shifter_utils.transmission import HttpSource

AUTHORITY = Authority()


class Product(FakeProduct):
    @route("GET", "/ping")
    def ping(self, received: Received) -> Answer:
        return Answer({})


def source(product: Product) -> HttpSource:
    return HttpSource({"host": product.host, "port": product.port}, {})


def get(asked: HttpSource) -> int:
    return asyncio.run(asked.http.get("/ping")).status


@pytest.mark.parametrize("is_used_before", [False, True])
def test_verification_is_off_for_this_source_alone_and_warned_about(
    caplog: pytest.LogCaptureFixture, is_used_before: bool
) -> None:
    with Product(AUTHORITY.certificate("127.0.0.1").server_context()) as product:
        unchecked, checked = source(product), source(product)
        if is_used_before:
            with pytest.raises(CertificateError):
                get(unchecked)
        unchecked.client.ssl_context.check_hostname = False
        unchecked.client.ssl_context.verify_mode = ssl.CERT_NONE
        assert get(unchecked) == 200
        assert "TLS verification is switched off for 127.0.0.1" in caplog.text
        with pytest.raises(CertificateError):
            get(checked)
        unchecked.client.ssl_context.verify_mode = ssl.CERT_REQUIRED
        with pytest.raises(CertificateError):
            get(unchecked)


def test_leaving_out_the_host_name_alone_switches_nothing_off() -> None:
    with Product(AUTHORITY.certificate("127.0.0.1").server_context()) as product:
        asked = source(product)
        asked.client.ssl_context.check_hostname = False
        with pytest.raises(CertificateError):
            get(asked)
