"""QRadar's classes of errors: the code of each, one clear message, no row lost."""

from __future__ import annotations

from typing import Any, ClassVar

from stix_shifter_modules.qradar.tests import product as own
from stix_shifter_modules.qradar.tests import test_qradar as base
from stix_shifter_utils.testing.suite_errors import ErrorSuite


class TestQradarErrors(ErrorSuite):
    """The token of an authorised service is not renewed; a table that is not there is a wrong query."""

    suite = base.TestQradar
    codes: ClassVar = {"unknown index or table": "invalid_query"}

    def expire_token(self, product: Any) -> None:
        product.token = "another"

    def unknown_table(self, product: Any) -> tuple[dict[str, Any], Any]:
        return own.connection(product), "SELECT sourceip FROM nothing"

    def cancel(self, product: Any, search_id: Any) -> None:
        product.searches[search_id].ended = "CANCELED"

    def expire_job(self, product: Any) -> None:
        product.searches.clear()
