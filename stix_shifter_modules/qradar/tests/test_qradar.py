"""The standard suite for QRadar, and what is its own: services, saved lists of columns, AQL as it stands."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest

from stix_shifter_modules.qradar.stix_translation.query_constructor import saved
from stix_shifter_modules.qradar.stix_transmission.api_client import NO_ADDRESSES
from stix_shifter_modules.qradar.tests import product as own
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.testing import ConnectorSuite
from stix_shifter_utils.testing.hostile import outside_literals
from stix_shifter_utils.testing.languages.aql import read_aql


def shown(product: own.Product, dialect: str) -> list[dict[str, Any]]:
    """All rows of a table, as they come out of the connector."""
    rows = product.select(f"SELECT {', '.join(saved(dialect))} FROM {dialect}")
    return [{name: None if value in NO_ADDRESSES else value for name, value in row.items()} for row in rows]


class TestQradar(ConnectorSuite):
    """Folder, cases, paging, faults and the closed loop: no network."""

    module = "qradar"
    pattern = "[network-traffic:src_port > 0]"
    loop_patterns: ClassVar = 25

    def outside_literals(self, query: Any) -> str:
        read_aql(query, own.FUNCTIONS)
        return outside_literals(query)

    def searches_left(self, product: Any) -> int:
        return len(product.searches)

    def expire(self, product: Any, search_id: Any) -> bool:
        return product.searches.pop(search_id) is not None

    def every_row(self, product: Any) -> dict[str, Any]:
        return {dialect: shown(product, dialect) for dialect in ("events", "flows")}


QUERY = "SELECT sourceip FROM events START 1704067200000 STOP 1704153600000"


def call(product: own.Product, name: str, *arguments: Any) -> dict[str, Any]:
    """The classic answer of one call."""
    entry = load_entry_point("qradar")(own.connection(product), {"auth": {"sec": own.TOKEN}}, {})

    async def answered() -> Any:
        return await answer_of(getattr(entry, name)(*arguments), "qradar", secrets=())

    answer = asyncio.run(answered())
    assert isinstance(answer, dict)
    return answer


def test_states_and_progress_follow_the_search() -> None:
    with own.Product() as product:
        search_id = call(product, "create_query_connection", QUERY)["search_id"]
        answers = [call(product, "create_status_connection", search_id) for _ in range(4)]
        states = [(each["status"], each["progress"]) for each in answers]
        assert states == [("RUNNING", 25), ("RUNNING", 50), ("RUNNING", 75), ("COMPLETED", 100)]


@pytest.mark.parametrize("state", ["ERROR", "CANCELED"])
def test_searches_that_end_early_are_told(state: str) -> None:
    with own.Product() as product:
        search_id = call(product, "create_query_connection", QUERY)["search_id"]
        product.searches[search_id].ended = state
        assert call(product, "create_status_connection", search_id)["status"] == state


def test_pages_are_ranges_that_include_their_end() -> None:
    with own.Product() as product:
        search_id = call(product, "create_query_connection", QUERY)["search_id"]
        product.searches[search_id].asked = 4
        answer = call(product, "create_results_connection", search_id, 10, 5)
        assert len(answer["data"]) == 5
        assert product.requests[-1].headers["range"] == "items=10-14"


def test_addresses_that_stand_for_none_are_none() -> None:
    with own.Product() as product:
        search_id = call(product, "create_query_connection", "SELECT sourceip, sourcev6 FROM events")[
            "search_id"
        ]
        product.searches[search_id].asked = 4
        rows = call(product, "create_results_connection", search_id, 0, 100)["data"]
        assert {"sourceip": "192.0.2.1", "sourcev6": None} in rows
        assert {"sourceip": None, "sourcev6": "2001:db8:0:0:0:0:0:2"} in rows


def test_a_service_that_may_not_search_is_forbidden() -> None:
    with own.Product() as product:
        product.may_search = False
        answer = call(product, "create_query_connection", QUERY)
        assert answer["code"] == "forbidden"
        assert "not authorized" in answer["error"]


def test_aql_is_sent_as_it_stands_under_its_own_language() -> None:
    entry = load_entry_point("qradar")(options={"language": "aql"})
    assert asyncio.run(entry.transform_query("aql", QUERY)) == {"queries": [QUERY]}
    assert entry.get_query_translator().dialect == "aql"
    assert load_entry_point("qradar")(options={}).get_query_translator().dialect == "events"


def test_the_saved_list_of_columns_can_be_replaced() -> None:
    mapping = {"aql_flows_fields": {"default": ["starttime", "sourceip", "LONG(flowid) AS id"]}}
    entry = load_entry_point("qradar")(options={"mapping": mapping})
    query = entry.get_query_translator("flows").plan("[ipv4-addr:value = '1.2.3.4']").queries[0].body
    assert str(query).startswith("SELECT starttime, sourceip, LONG(flowid) AS id FROM flows WHERE ")
    wrong = load_entry_point("qradar")(options={"mapping": {"aql_flows_fields": {"default": "starttime"}}})
    with pytest.raises(MappingFileError, match="aql_flows_fields"):
        wrong.get_query_translator("flows").plan("[ipv4-addr:value = '1.2.3.4']")


def test_every_column_of_the_lists_is_mapped_and_the_other_way_round() -> None:
    entry = load_entry_point("qradar")(options={})
    for dialect in ("events", "flows"):
        names = {column.rsplit(" AS ", 1)[-1] for column in saved(dialect)}
        assert (
            names == set(entry.get_query_translator(dialect).mapping().index.natives) | {"eventcount"} & names
        )
