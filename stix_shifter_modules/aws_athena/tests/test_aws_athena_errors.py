"""Athena's classes of errors: the code of each, one clear message, no row lost."""

from __future__ import annotations

from typing import Any, ClassVar

from stix_shifter_modules.aws_athena.tests import product as own
from stix_shifter_modules.aws_athena.tests import test_aws_athena as base
from stix_shifter_utils.testing.suite_errors import ErrorSuite


class TestAwsAthenaErrors(ErrorSuite):
    """Keys of a user are not renewed; what a query finds stands in S3, and may be gone."""

    suite = base.TestAwsAthena
    stall_timeout_s: ClassVar = 3

    def expire_token(self, product: Any) -> None:
        product.keys.expired |= set(product.keys.secrets)

    def unknown_table(self, product: Any) -> tuple[dict[str, Any], Any]:
        return {**own.connection(product), "ocsf_table_name": "nothing"}, self.made.query(product)

    def cancel(self, product: Any, search_id: Any) -> None:
        product.executions[search_id.partition(":")[0]].stopped = True

    def expire_job(self, product: Any) -> None:
        product.executions.clear()
