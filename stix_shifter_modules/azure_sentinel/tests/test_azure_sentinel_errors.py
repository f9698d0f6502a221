"""The classes of errors of the security API: the code of each, one clear message, no row lost."""

from __future__ import annotations

from typing import Any, ClassVar

from stix_shifter_modules.azure_sentinel.tests import test_azure_sentinel as base
from stix_shifter_utils.testing.error_classes import RENEWED
from stix_shifter_utils.testing.suite_errors import ErrorSuite

AT_ONCE = "each page is a request of its own, so no search is kept"


class TestAzureSentinelErrors(ErrorSuite):
    """Tokens are renewed."""

    suite = base.TestAzureSentinel
    codes: ClassVar = {"expired token": RENEWED}
    without: ClassVar = {
        "unknown index or table": "the API has two lists, alerts and incidents, and no others to name",
        "cancelled job": AT_ONCE,
        "expired job": AT_ONCE,
    }

    def expire_token(self, product: Any) -> None:
        product.desk.expire()
