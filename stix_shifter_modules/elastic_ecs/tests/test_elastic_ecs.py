"""The standard suite for Elasticsearch, against a product of its own that evaluates the queries."""

from __future__ import annotations

from typing import Any

from stix_shifter_modules.elastic_ecs.tests import product as own
from stix_shifter_utils.testing import ConnectorSuite
from stix_shifter_utils.testing.languages import lucene
from stix_shifter_utils.transmission import nested_record


class TestElasticEcs(ConnectorSuite):
    """Folder, cases, paging, faults and the closed loop: no network."""

    module = "elastic_ecs"
    pattern = "[process:command_line LIKE '%-enc%']"

    def product(self) -> own.Product:
        return own.Product()

    def connection(self, product: Any) -> dict[str, Any]:
        return own.connection(product)

    def configuration(self, product: Any) -> dict[str, Any]:
        return {"auth": {"username": own.USER, "password": own.PASSWORD}}

    def searches_left(self, product: Any) -> int:
        return len(product.points)

    def outside_literals(self, query: Any) -> str:
        return lucene.outside_literals(query) if isinstance(query, str) else super().outside_literals(query)

    def broken_query(self, product: Any) -> str:
        return 'process.name:"unfinished'

    def every_row(self, product: Any) -> dict[str, Any]:
        return {"default": [nested_record(row) for row in own.EVENTS]}
