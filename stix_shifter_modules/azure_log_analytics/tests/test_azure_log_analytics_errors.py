"""The classes of errors of this API: the code of each, one clear message, no row lost."""

from __future__ import annotations

from typing import Any, ClassVar

from stix_shifter_modules.azure_log_analytics.tests import product as own
from stix_shifter_modules.azure_log_analytics.tests import test_azure_log_analytics as base
from stix_shifter_utils.testing.error_classes import RENEWED
from stix_shifter_utils.testing.suite_errors import ErrorSuite

AT_ONCE = "a query is answered at once and whole, so no search is kept"


class TestLogAnalyticsErrors(ErrorSuite):
    """Tokens are renewed."""

    suite = base.TestLogAnalytics
    codes: ClassVar = {"expired token": RENEWED, "unknown index or table": "invalid_query"}
    without: ClassVar = {"cancelled job": AT_ONCE, "expired job": AT_ONCE}

    def expire_token(self, product: Any) -> None:
        product.desk.expire()

    def unknown_table(self, product: Any) -> tuple[dict[str, Any], Any]:
        return own.connection(product), "DeviceNoEvents | take 5"
