"""The standard suite for Splunk, and what is Splunk's own: sessions, tokens, namespaces, job control."""

from __future__ import annotations

import asyncio
import re
from typing import Any, ClassVar

import pytest

from stix_shifter_modules.splunk.tests import product as own
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.testing import ConnectorSuite
from stix_shifter_utils.testing.languages.spl import read_spl


class TestSplunk(ConnectorSuite):
    """Folder, cases, paging, faults and the closed loop: no network."""

    module = "splunk"
    pattern = "[ipv4-addr:value LIKE '198.51.100.%']"
    loop_patterns: ClassVar = 20

    def outside_literals(self, query: Any) -> str:
        return outside(query)

    def broken_query(self, product: Any) -> Any:
        return "search a=1 | delete"

    def searches_left(self, product: Any) -> int:
        return len(product.jobs)

    def expire(self, product: Any, search_id: Any) -> bool:
        return product.jobs.pop(search_id) is not None

    def every_row(self, product: Any) -> dict[str, Any]:
        return {"default": [own.result(row) for row in product.rows]}


def outside(query: str) -> str:
    """A query without its literals; the strict reader must take it, with these commands and no others."""
    assert {stage.command for stage in read_spl(query)} <= {"search", "where", "head", "fields"}
    text = re.sub(r'"(?:[^"\\]|\\.)*"', "", query, flags=re.DOTALL)
    if '"' in text:
        message = "a literal does not end"
        raise ValueError(message)
    return text


def call(
    product: own.Product, name: str, *arguments: Any, auth: Any = None, **options: Any
) -> dict[str, Any]:
    """The classic answer of one call."""
    connection = {**own.connection(product), "options": options}
    configuration = {"auth": auth or {"username": own.USER, "password": own.PASSWORD}}
    entry = load_entry_point("splunk")(connection, configuration, options)

    async def answered() -> Any:
        return await answer_of(getattr(entry, name)(*arguments), "splunk", secrets=())

    answer = asyncio.run(answered())
    assert isinstance(answer, dict)
    return answer


QUERY = "search dest_port=443 earliest=1704067200 latest=1704153600 | head 10 | fields _time, dest_port"


def test_a_token_is_a_bearer_token_and_needs_no_login() -> None:
    with own.Product() as product:
        assert call(product, "ping_connection", auth={"token": own.TOKEN}) == {"success": True}
        assert product.seen("POST", "/services/auth/login") == []
        assert product.requests[0].headers["authorization"] == f"Bearer {own.TOKEN}"
        assert call(product, "ping_connection", auth={"token": "old"})["code"] == "authentication_fail"


def test_credentials_that_are_missing_are_told_before_anything_is_sent() -> None:
    with own.Product() as product:
        answer = call(product, "ping_connection", auth={"username": own.USER})
        assert answer["code"] == "invalid_parameter"
        assert "token" in answer["error"]
        assert product.requests == []


def test_a_session_that_ends_is_renewed_once() -> None:
    with own.Product() as product:
        entry = load_entry_point("splunk")(
            own.connection(product), {"auth": {"username": own.USER, "password": own.PASSWORD}}, {}
        )

        async def twice() -> list[Any]:
            first = await entry.ping_connection()
            product.sessions.keys.clear()
            return [first, await entry.ping_connection()]

        assert asyncio.run(twice()) == [{"success": True}, {"success": True}]
        assert len(product.seen("POST", "/services/auth/login")) == 2


def test_searches_run_in_the_namespace_that_is_named() -> None:
    with own.Product() as product:
        answer = call(product, "create_query_connection", QUERY, owner="nobody", app="Splunk_SA_CIM/x")
        assert answer["success"]
        assert product.requests[-1].path == "/servicesNS/nobody/Splunk_SA_CIM%2Fx/search/v2/jobs"


def test_a_user_that_may_not_search_is_forbidden_and_told_so() -> None:
    with own.Product() as product:
        product.limits.may_search = False
        answer = call(product, "create_query_connection", QUERY)
        assert answer["code"] == "forbidden"
        assert "insufficient permission" in answer["error"]


def test_too_many_searches_at_once_are_a_service_that_is_unavailable() -> None:
    with own.Product() as product:
        product.limits.concurrent = 0
        answer = call(product, "create_query_connection", QUERY)
        assert answer["code"] == "service_unavailable"
        assert "maximum number of concurrent" in answer["error"]
        assert len(product.seen("POST", "/services/search/v2/jobs")) == 1  # a search is not sent twice


@pytest.mark.parametrize(
    ("change", "status"), [({"failed": "out of disk"}, "ERROR"), ({"finalized": True}, "CANCELED")]
)
def test_jobs_that_fail_or_are_ended_early_are_told(change: dict[str, Any], status: str) -> None:
    with own.Product() as product:
        search_id = call(product, "create_query_connection", QUERY)["search_id"]
        for name, value in change.items():
            setattr(product.jobs[search_id], name, value)
        answers = [call(product, "create_status_connection", search_id) for _ in range(3)]
        assert answers[-1]["status"] == status


def test_progress_follows_the_job() -> None:
    with own.Product() as product:
        search_id = call(product, "create_query_connection", QUERY)["search_id"]
        answers = [call(product, "create_status_connection", search_id) for _ in range(3)]
        assert [(each["status"], each["progress"]) for each in answers] == [
            ("RUNNING", 0), ("RUNNING", 51), ("COMPLETED", 100),
        ]  # fmt: skip


def test_no_second_command_gets_to_the_product() -> None:
    with own.Product() as product:
        for query in ("search a=1 | delete", "search a=1 [search b=2]", "search `m`", "| rest /services"):
            assert call(product, "create_query_connection", query)["code"] == "invalid_query"
