"""The standard suite for Synchronous Template, against a product of its own."""

from __future__ import annotations

from typing import Any

from stix_shifter_modules.synchronous_template.tests import product as own
from stix_shifter_utils.testing import ConnectorSuite


class TestSynchronousTemplate(ConnectorSuite):
    """Folder, cases, paging, faults and the closed loop: no network."""

    module = "synchronous_template"
    pattern = "[ipv4-addr:value LIKE '192.0.2.%']"

    def every_row(self, product: Any) -> dict[str, Any]:
        return {"dialect1": own.NETWORK_EVENTS, "dialect2": own.HOST_EVENTS}
