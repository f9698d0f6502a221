"""Calling connectors' methods, and the role classes that join classic dictionaries with typed hooks."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from unittest.mock import Mock

import pytest

from stix_shifter_utils.connector import (
    BaseConnector,
    BaseDeleteConnector,
    BaseJsonConnector,
    BaseJsonResultsConnector,
    BaseJsonSyncConnector,
    BasePingConnector,
    BaseQueryConnector,
    BaseResultsConnector,
    BaseStatusConnector,
    BaseSyncConnector,
    answers,
)
from stix_shifter_utils.connector.calls import call, row_number, settle, takes_metadata
from stix_shifter_utils.errors import InvalidParameterError, NotImplementedModeError, ResponseError
from stix_shifter_utils.transmission import Page, Progress, SearchHandle, Status


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


@pytest.mark.parametrize(("value", "number"), [(0, 0), (5, 5), ("5", 5), (" 7 ", 7), ("+3", 3), (4.0, 4)])
def test_offsets_and_lengths_may_be_numbers_or_text(value: Any, number: int) -> None:
    assert row_number(value, "offset") == number
    assert type(row_number(value, "offset")) is int


@pytest.mark.parametrize(
    "value", [-1, "-1", "two", "", None, True, 1.5, [], "1e3", "٣", "9" * 400, float("nan")]
)
def test_anything_else_is_no_offset(value: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"^offset must be a whole number of 0 or more"):
        row_number(value, "offset")


def test_plain_and_async_values_settle_alike() -> None:
    async def later() -> int:
        return 2

    assert run(settle(1)) == 1
    assert run(settle(later())) == 2


class Client:
    """Every hook, some plain, some async."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def ping_data_source(self) -> None:
        self.calls.append("ping")

    async def create_search(self, query: str) -> SearchHandle:
        return SearchHandle(f"id of {query}", metadata={"shard": 1})

    async def get_search_status(self, search_id: str) -> Progress:
        return Progress(Status.RUNNING, 30)

    async def get_search_results(
        self, search_id: str, offset: int, length: int, metadata: Any = None
    ) -> Page:
        self.calls.append((search_id, offset, length, metadata))
        return Page([{"n": offset}], metadata="next")

    async def delete_search(self, search_id: str) -> None:
        self.calls.append(("delete", search_id))


def test_each_role_asks_the_hook_of_its_client() -> None:
    client = Client()
    assert run(BasePingConnector(client).ping_connection()) == {"success": True}
    assert run(BaseQueryConnector(client).create_query_connection("q")) == {
        "success": True,
        "search_id": "id of q",
        "metadata": {"shard": 1},
    }
    assert run(BaseStatusConnector(client).create_status_connection("i")) == {
        "success": True,
        "status": "RUNNING",
        "progress": 30,
    }
    assert run(BaseResultsConnector(client).create_results_connection("i", 5, 2, "token")) == {
        "success": True,
        "data": [{"n": 5}],
        "metadata": "next",
    }
    assert run(BaseDeleteConnector(client).delete_query_connection("i")) == {"success": True}
    assert client.calls == ["ping", ("i", 5, 2, "token"), ("delete", "i")]


def test_a_source_without_searches_of_its_own_has_the_query_as_its_search_id() -> None:
    query = {"any": ["data"]}
    assert run(BaseQueryConnector(object()).create_query_connection(query)) == {
        "success": True,
        "search_id": query,
    }
    assert run(BaseStatusConnector(object()).create_status_connection(query)) == {
        "success": True,
        "status": "COMPLETED",
        "progress": 100,
    }
    assert run(BaseDeleteConnector(object()).delete_query_connection(query)) == {"success": True}


@pytest.mark.parametrize("call_it", [
    lambda: BasePingConnector(object()).ping_connection(),
    lambda: BaseResultsConnector(object()).create_results_connection("i", 0, 1),
])  # fmt: skip
def test_what_every_source_must_have_is_asked_for_by_name(call_it: Any) -> None:
    with pytest.raises(NotImplementedModeError, match=r"ping_data_source|get_search_results"):
        run(call_it())


def test_metadata_goes_only_to_methods_that_take_it() -> None:
    def without(search_id: str, offset: int, length: int) -> tuple[Any, ...]:
        return search_id, offset, length

    def with_it(search_id: str, offset: int, length: int, metadata: Any = None) -> tuple[Any, ...]:
        return search_id, offset, length, metadata

    def any_keyword(*arguments: Any, **keywords: Any) -> tuple[Any, ...]:
        return (*arguments, keywords)

    assert run(call(without, "i", 0, 1, metadata="m")) == ("i", 0, 1)
    assert run(call(with_it, "i", 0, 1, metadata="m")) == ("i", 0, 1, "m")
    assert run(call(any_keyword, "i", 0, 1, metadata="m")) == ("i", 0, 1, {"metadata": "m"})
    assert run(call(with_it, "i", 0, 1, metadata=None)) == ("i", 0, 1, None)


def test_doubles_and_builtins_can_be_called_too() -> None:
    assert takes_metadata(Mock())
    assert not takes_metadata(len)


def test_a_query_answer_without_success_gets_it_from_the_search_id() -> None:
    assert answers.search({"search_id": "x"}) == {"success": True, "search_id": "x"}
    assert answers.search({"error": "e"}) == {"success": False, "error": "e"}


@pytest.mark.parametrize(("make", "key"), [(answers.search, "search_id"), (answers.page, "data")])
def test_a_dictionary_that_answers_nothing_is_no_answer(make: Any, key: str) -> None:
    with pytest.raises(ResponseError, match=rf"\{{'rows', 'next'\}} has no '{key}'"):
        make({"rows": [], "next": None})
    assert make({"code": "unknown"}) == {"success": False, "code": "unknown"}


def test_a_status_answer_without_progress_gets_a_number() -> None:
    assert answers.progress({"success": True, "status": "RUNNING"})["progress"] == 0
    assert answers.progress({"success": True, "status": "COMPLETED"})["progress"] == 100
    assert answers.progress({"success": True, "status": Status.RUNNING, "progress": 5})["status"] == "RUNNING"
    assert "progress" not in answers.progress({"success": False, "error": "e", "code": "c"})


def test_progress_is_between_0_and_100() -> None:
    assert answers.progress(Progress(Status.RUNNING, 250))["progress"] == 100
    assert answers.progress(Progress(Status.RUNNING, -3))["progress"] == 0
    assert answers.progress(Progress(Status.COMPLETED, 20))["progress"] == 100


def test_answers_are_new_dictionaries() -> None:
    given = {"search_id": "x"}
    answers.search(given)
    answers.done(given)
    assert given == {"search_id": "x"}


@pytest.mark.parametrize("convert", [answers.done, answers.search, answers.progress, answers.page])
def test_an_answer_of_the_wrong_kind_is_an_error_that_names_it(convert: Any) -> None:
    with pytest.raises(ResponseError, match="answered with float where"):
        convert(1.5)


def test_the_json_variants_are_the_same_classes() -> None:
    assert BaseJsonConnector is BaseConnector
    assert BaseJsonSyncConnector is BaseSyncConnector
    assert BaseJsonResultsConnector is BaseResultsConnector


def test_a_single_class_has_to_write_what_it_offers() -> None:
    with pytest.raises(NotImplementedError):
        run(BaseConnector().ping_connection())
    assert run(BaseSyncConnector().create_query_connection("q")) == {"success": True, "search_id": "q"}
    assert run(BaseSyncConnector().create_status_connection("q"))["status"] == "COMPLETED"
    assert run(BaseSyncConnector().delete_query_connection("q")) == {"success": True}


class FakeEntryPoint:
    """What results_stix asks of an entry point."""

    def __init__(self, rows: dict[str, Any]) -> None:
        self.rows = rows
        self.translated: Any = None

    async def create_results_connection(self, *_: Any) -> dict[str, Any]:
        return self.rows

    async def translate_results(self, data_source: Any, data: Any) -> dict[str, Any]:
        self.translated = data
        return {"type": "bundle", "objects": [data_source]}


def test_results_as_a_bundle_have_stats_and_metadata_and_no_more_rows_than_asked() -> None:
    entry_point: Any = FakeEntryPoint({"success": True, "data": [1, 2, 3], "metadata": {"next": 1}})
    answer = run(
        BaseResultsConnector().create_results_stix_connection(entry_point, "i", "0", "2", {"id": "x"})
    )
    assert entry_point.translated == [1, 2]
    assert [step["action"] for step in answer["stats"]] == ["transmission", "translation"]
    assert all(isinstance(step["time"], int) for step in answer["stats"])
    assert answer["metadata"] == {"next": 1}
    assert "success" not in answer


def test_failed_results_are_the_error_with_stats() -> None:
    entry_point: Any = FakeEntryPoint({"success": False, "error": "e", "code": "c"})
    answer = run(BaseConnector().create_results_stix_connection(entry_point, "i", 0, 2, {}))
    assert (answer["error"], answer["code"]) == ("e", "c")
    assert [step["action"] for step in answer["stats"]] == ["transmission"]
