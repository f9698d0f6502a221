"""Splunk's classes of errors: the code of each, one clear message, no row lost."""

from __future__ import annotations

from typing import Any, ClassVar

from stix_shifter_modules.splunk.tests import test_splunk as base
from stix_shifter_utils.testing.error_classes import RENEWED
from stix_shifter_utils.testing.suite_errors import ErrorSuite


class TestSplunkErrors(ErrorSuite):
    """A session that ends is renewed; a token cannot be."""

    suite = base.TestSplunk
    codes: ClassVar = {"expired token": RENEWED}
    without: ClassVar = {"unknown index or table": "an index that is not there has no events, Splunk says"}

    def expire_token(self, product: Any) -> None:
        product.sessions.keys.clear()

    def cancel(self, product: Any, search_id: Any) -> None:
        product.jobs[search_id].finalized = True
        product.jobs[search_id].asked = 3

    def expire_job(self, product: Any) -> None:
        product.jobs.clear()
