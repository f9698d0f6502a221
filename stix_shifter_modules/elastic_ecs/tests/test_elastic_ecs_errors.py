"""The classes of errors of Elasticsearch and OpenSearch: the code of each, one clear message, no row lost."""

from __future__ import annotations

from typing import Any, ClassVar

from stix_shifter_modules.elastic_ecs.tests import product as own
from stix_shifter_modules.elastic_ecs.tests import test_elastic_ecs as base
from stix_shifter_utils.testing.suite_errors import ErrorSuite


class TestElasticEcsErrors(ErrorSuite):
    """A search is a point in time: it expires, and nobody can cancel it."""

    suite = base.TestElasticEcs
    without: ClassVar = {"cancelled job": "a search answers at once, so there is none to cancel"}

    def expire_token(self, product: Any) -> None:
        product.accounts.clear()

    def unknown_table(self, product: Any) -> tuple[dict[str, Any], Any]:
        return {**own.connection(product), "indices": "winlogbeat-old"}, "*:*"

    def expire_job(self, product: Any) -> None:
        product.points.clear()


class TestOpenSearchErrors(TestElasticEcsErrors):
    """The same for the other product."""

    class suite(base.TestElasticEcs):  # noqa: N801  the name that the suite has
        __test__ = False
        distribution = "opensearch"
