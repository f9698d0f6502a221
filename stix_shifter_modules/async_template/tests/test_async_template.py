"""The standard suite for Async Template, against a product of its own."""

from __future__ import annotations

from typing import Any

from stix_shifter_modules.async_template.tests import product as own
from stix_shifter_utils.testing import ConnectorSuite


class TestAsyncTemplate(ConnectorSuite):
    """Folder, cases, paging, faults and the closed loop: no network."""

    module = "async_template"
    pattern = "[ipv4-addr:value LIKE '192.0.2.%']"

    def searches_left(self, product: Any) -> int:
        return len(product.searches)

    def expire(self, product: Any, search_id: Any) -> bool:
        return product.searches.pop(search_id) is not None

    def every_row(self, product: Any) -> dict[str, Any]:
        return {"dialect1": own.NETWORK_EVENTS, "dialect2": own.HOST_EVENTS}
