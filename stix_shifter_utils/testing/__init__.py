"""What a connector's tests build on. Each name is loaded when first used: most need the `test` extra."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stix_shifter_utils.testing.certificates import Authority, Certificate
    from stix_shifter_utils.testing.clock import FakeClock
    from stix_shifter_utils.testing.exchange import Answer, Received, Refusal
    from stix_shifter_utils.testing.faults import Fault
    from stix_shifter_utils.testing.levels import Level
    from stix_shifter_utils.testing.product import FakeProduct, route
    from stix_shifter_utils.testing.sandbox import Sandbox
    from stix_shifter_utils.testing.sql_tables import SqlTables
    from stix_shifter_utils.testing.suite import ConnectorSuite

_HOMES = {
    "Answer": "exchange",
    "Authority": "certificates",
    "Certificate": "certificates",
    "ConnectorSuite": "suite",
    "FakeClock": "clock",
    "FakeProduct": "product",
    "Fault": "faults",
    "Level": "levels",
    "Received": "exchange",
    "Refusal": "exchange",
    "Sandbox": "sandbox",
    "SqlTables": "sql_tables",
    "route": "product",
}

__all__ = [
    "Answer",
    "Authority",
    "Certificate",
    "ConnectorSuite",
    "FakeClock",
    "FakeProduct",
    "Fault",
    "Level",
    "Received",
    "Refusal",
    "Sandbox",
    "SqlTables",
    "route",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
