"""The standard suite for Elasticsearch and OpenSearch, against a product that evaluates the queries."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.elastic_ecs.tests import product as own
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.testing import ConnectorSuite, Fault
from stix_shifter_utils.testing.languages import lucene
from stix_shifter_utils.testing.search import Search
from stix_shifter_utils.transmission import Limits, collect, nested_record, submit_poll_page_delete

if TYPE_CHECKING:
    from collections.abc import Awaitable

GOOD = {"auth": {"username": own.USER, "password": own.PASSWORD}}
EVERYTHING = "*:*"


class TestElasticEcs(ConnectorSuite):
    """Folder, cases, paging, faults and the closed loop: no network."""

    module = "elastic_ecs"
    pattern = "[process:command_line LIKE '%-enc%']"
    distribution = "elasticsearch"

    def product(self) -> own.Product:
        return own.Product(distribution=self.distribution)

    def outside_literals(self, query: Any) -> str:
        return lucene.outside_literals(query) if isinstance(query, str) else super().outside_literals(query)

    def searches_left(self, product: Any) -> int:
        return len(product.points)

    def broken_query(self, product: Any) -> str:
        return 'process.name:"unfinished'

    def every_row(self, product: Any) -> dict[str, Any]:
        return {"default": [nested_record(row) for row in own.EVENTS]}


def asked(work: Awaitable[Any]) -> dict[str, Any]:
    async def awaited() -> Any:
        return await work

    answer = asyncio.run(awaited())
    assert isinstance(answer, dict)
    return answer


def entry(product: own.Product, configuration: Any = GOOD, **connection: Any) -> Any:
    return load_entry_point("elastic_ecs")({**own.connection(product), **connection}, configuration, {})


def searched(product: own.Product, query: Any = EVERYTHING, page_size: int = 7, **connection: Any) -> Any:
    """All rows of a query, as a hunt gets them."""
    flow = submit_poll_page_delete(Search(entry(product, **connection)), query, Limits(page_size=page_size))
    return asyncio.run(collect(flow))


@pytest.mark.parametrize("distribution", ["elasticsearch", "opensearch"])
def test_pages_hold_every_document_once_and_the_point_in_time_is_closed(distribution: str) -> None:
    rows = [{"@timestamp": "2024-01-01T00:00:00Z", "event.code": str(n)} for n in range(40)]  # one moment
    with own.Product(rows, distribution=distribution) as product:
        found = searched(product)
        assert found.complete
        assert sorted(int(row["event"]["code"]) for row in found.records) == list(range(40))
        assert product.points == []
        assert len(product.seen("POST", "/_search")) == 7  # the last one finds nothing more


def test_documents_come_in_the_order_of_their_times() -> None:
    with own.Product() as product:
        times = [row["@timestamp"] for row in searched(product).records]
    assert times == sorted(times)
    assert len(times) == len(own.EVENTS)


def test_the_query_dsl_finds_what_the_query_string_finds() -> None:
    pattern = f"[process:command_line LIKE '%-enc%' AND file:name = 'powershell.exe'] {own.WINDOW}"
    found = {}
    for language in ("lucene", "dsl"):
        translator = load_entry_point("elastic_ecs")(
            options={"query_language": language}
        ).get_query_translator()
        (query,) = asked(_value(translator.transform_query(pattern)))["queries"]
        with own.Product() as product:
            found[language] = searched(product, query).records
    assert found["lucene"] == found["dsl"]
    assert len(found["dsl"]) == 7


async def _value(value: Any) -> Any:
    return value


def test_beats_is_asked_only_by_name_and_answers_alike() -> None:
    pattern = f"[email-message:subject = 'x'] {own.WINDOW}"
    plain = load_entry_point("elastic_ecs")(options={})
    assert plain.get_dialects() == ["default"]
    assert plain.get_dialects(include_hidden=True) == ["default", "beats"]
    beats = load_entry_point("elastic_ecs")(options={"dialects": ["beats"]})
    assert beats.get_dialects() == ["beats"]
    assert asked(beats.transform_query("beats", pattern)) == asked(plain.transform_query("default", pattern))


KEYS = {
    "key and id": {"api_key": own.KEY, "id": own.KEY_ID},
    "encoded key": {"api_key": base64.b64encode(f"{own.KEY_ID}:{own.KEY}".encode()).decode()},
    "token": {"access_token": own.TOKEN},
    "user": GOOD["auth"],
}


@pytest.mark.parametrize("name", KEYS)
def test_each_kind_of_credentials_is_accepted(name: str) -> None:
    with own.Product() as product:
        assert asked(entry(product, {"auth": KEYS[name]}).ping_connection()) == {"success": True}


def test_without_credentials_nothing_is_sent() -> None:
    with own.Product() as product:
        answer = asked(_answered(entry(product, {"auth": {}}).ping_connection))
        assert answer["success"] is False
        assert "api_key" in answer["error"]
        assert product.requests == []


async def _answered(call: Any) -> Any:
    from stix_shifter_utils.connector.edge import answer_of

    return await answer_of(call(), "elastic_ecs")


def failed(product: own.Product, query: Any = EVERYTHING, **connection: Any) -> tuple[str, str]:
    """Code and message of the first call of a search that fails."""

    async def search() -> dict[str, Any]:
        from stix_shifter_utils.connector.edge import answer_of

        source = entry(product, **connection)
        started: Any = await answer_of(source.create_query_connection(query), "elastic_ecs")
        if not started["success"]:
            return dict(started)
        results = source.create_results_connection(started["search_id"], 0, 5)
        return dict(await answer_of(results, "elastic_ecs"))

    answer = asyncio.run(search())
    assert answer["success"] is False, answer
    return answer["code"], answer["error"]


@pytest.mark.parametrize(
    ("indices", "words"), [("no-such-index", "no such index"), ("winlogbeat-*", "nothing was searched")]
)
def test_an_index_that_is_not_there_is_told_by_name(indices: str, words: str) -> None:
    with own.Product() as product:
        code, message = failed(product, indices=indices)
    assert code == "invalid_parameter"
    assert indices in message
    assert words in message


def test_a_token_that_expired_is_told() -> None:
    with own.Product() as product:
        source = entry(product, {"auth": {"access_token": "expired"}})
        assert asked(_answered(source.ping_connection))["code"] == "authentication_fail"


def test_a_query_that_the_product_refuses_names_its_reason() -> None:
    with own.Product() as product:
        code, message = failed(product, "process.name:(a OR b AND c)")
    assert code == "invalid_query"
    assert "Failed to parse query" in message


def test_a_point_in_time_that_expired_is_told_and_rows_before_it_are_kept() -> None:
    with own.Product() as product:

        def expire(rows_seen: int) -> None:
            if rows_seen:
                product.points.clear()

        flow = submit_poll_page_delete(
            Search(entry(product), before_page=expire), EVERYTHING, Limits(page_size=9)
        )
        found = asyncio.run(collect(flow))
    assert len(found.records) == 9
    assert "No search context found" in str(found.error)


def test_a_cluster_that_does_not_tell_its_name_is_taken_for_elasticsearch() -> None:
    with own.Product() as product:
        product.fail(Fault.answer(403), on="GET /")
        assert len(searched(product).records) == len(own.EVENTS)


def test_shards_that_fail_are_an_error_and_no_shorter_answer() -> None:
    with own.Product() as product:
        searched(product)
        asked_for = [request.query for request in product.seen("POST", "/_search")]
    assert {query["allow_partial_search_results"] for query in asked_for} == {"false"}


def test_without_paging_one_window_is_searched_and_nothing_stays_behind() -> None:
    with own.Product() as product:
        found = searched(product, pagination=False)
        assert len(found.records) == len(own.EVENTS)
        assert product.seen("POST", "/logs-*/_pit") == []
        assert product.points == []


def test_an_interrupted_search_leaves_no_point_in_time() -> None:
    async def interrupted(product: own.Product) -> None:
        flow = submit_poll_page_delete(Search(entry(product)), EVERYTHING, Limits(page_size=5))
        began = asyncio.Event()

        async def read() -> None:
            async with contextlib.aclosing(flow) as pages:
                async for _ in pages:
                    began.set()
                    await asyncio.sleep(60)

        task = asyncio.ensure_future(read())
        await began.wait()
        assert len(product.points) == 1
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with own.Product() as product:
        asyncio.run(asyncio.wait_for(interrupted(product), 30))
        assert product.points == []
        assert product.seen("DELETE", "/_pit")
