"""Fixtures of the proxy host's tests: a host over TLS with a token, and two products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stix_shifter_modules.async_template.tests import product as async_product
from stix_shifter_modules.synchronous_template.tests import product as sync_product
from tests.shifter.host.hosting import Destination, HostProcess, destination, running_host, token_file

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("flask", reason="the proxy host needs the extra 'host'")
pytest.importorskip("cheroot", reason="the proxy host needs the extra 'host'")


@pytest.fixture
def async_source() -> Iterator[Destination]:
    with async_product.Product() as product:
        yield destination("async_template", product, async_product)


@pytest.fixture
def sync_source() -> Iterator[Destination]:
    with sync_product.Product() as product:
        yield destination("synchronous_template", product, sync_product)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    """A host over TLS that asks for a token and allows the two templates and bundles, on loopback."""
    folder = tmp_path_factory.mktemp("host")
    allowed = ("async_template", "synchronous_template", "stix_bundle")
    arguments = [word for name in allowed for word in ("--allow-connector", name)]
    places = ["--allow-destination", "127.0.0.0/8", "--allow-destination", f"file:{folder}/*"]
    with running_host(folder, "--token-file", token_file(folder), *arguments, *places) as running:
        yield running
        assert running.stop() == 0
