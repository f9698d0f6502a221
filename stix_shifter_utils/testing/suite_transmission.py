"""The part of the standard suite that needs a product: a fake one, or a real engine.

Without `product` these tests are left out, and the connector stays bronze. The faults of `faults.py` are
tried where the product is a `FakeProduct`; a connector with another kind of product has fault tests of its
own.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.errors import ErrorCode, TransmissionError
from stix_shifter_utils.testing.clock import FakeClock
from stix_shifter_utils.testing.faults import Fault
from stix_shifter_utils.testing.levels import silver
from stix_shifter_utils.testing.product import FakeProduct
from stix_shifter_utils.testing.sandbox import has_sandbox, load_sandbox
from stix_shifter_utils.testing.search import Search
from stix_shifter_utils.testing.suite_translation import IDENTITY, TranslationSuite
from stix_shifter_utils.transmission import HttpSource, Limits, collect, submit_poll_page_delete

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Mapping

    from stix_shifter_utils.connector import BaseEntryPoint
    from stix_shifter_utils.testing.sandbox import Sandbox

UNAVAILABLE = ErrorCode.TRANSMISSION_CONNECT.value
FAULTS: tuple[tuple[str, Fault, str], ...] = (
    ("401", Fault.answer(401), ErrorCode.TRANSMISSION_AUTH_CREDENTIALS.value),
    ("403", Fault.answer(403), ErrorCode.TRANSMISSION_FORBIDDEN.value),
    ("429", Fault.answer(429, retry_after=3), ErrorCode.TRANSMISSION_TOO_MANY_REQUESTS.value),
    ("500", Fault.answer(500), UNAVAILABLE),
    ("503", Fault.answer(503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"), UNAVAILABLE),
    ("close", Fault.close(), UNAVAILABLE),
    ("reset", Fault.reset(), UNAVAILABLE),
    ("cut", Fault.close(after=1), UNAVAILABLE),
    ("html", Fault.html(), ErrorCode.TRANSMISSION_UNKNOWN.value),
    ("half json", Fault.half_json(), ErrorCode.TRANSMISSION_UNKNOWN.value),
)
NEEDS_A_BODY = (Fault.close(after=1), Fault.half_json())
MOST_POLLS = 50


class TransmissionSuite(TranslationSuite):
    """Silver."""

    pattern: ClassVar[str] = ""

    # -- what a connector says of its product

    def product(self) -> AbstractContextManager[Any] | None:
        """The product to search: the sandbox's, unless said otherwise; None when there is none to be had."""
        return load_sandbox(self.module).product if has_sandbox(self.module) else None

    def connection(self, product: Any) -> dict[str, Any]:
        """How to reach it."""
        return dict(self._sandbox().connection(product))

    def configuration(self, product: Any) -> dict[str, Any]:
        """Credentials that it accepts."""
        return dict(self._sandbox().configuration)

    @classmethod
    @functools.cache
    def _sandbox(cls) -> Sandbox:
        return load_sandbox(cls.module)

    def wrong_configuration(self, product: Any) -> dict[str, Any]:
        """Credentials that it refuses; the good ones with each text changed, unless said otherwise."""
        good = self.configuration(product)["auth"]
        return {
            "auth": {
                key: f"wrong-{value[::-1]}" if isinstance(value, str) else value
                for key, value in good.items()
            }
        }

    def searches_left(self, product: Any) -> int:
        """How many searches it still keeps."""
        return 0

    def expire(self, product: Any, search_id: Any) -> bool:
        """Make the product forget a search; False where it keeps none."""
        return False

    # -- running things

    @contextlib.contextmanager
    def running(self) -> Iterator[Any]:
        """The product, or a skipped test."""
        product = self.product()
        if product is None:
            pytest.skip("no product to search here")
        with product as running:
            yield running

    @pytest.fixture(autouse=True)
    def _no_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(HttpSource, "clock", FakeClock())

    def connected(
        self, product: Any, configuration: Mapping[str, Any] | None = None, **options: Any
    ) -> BaseEntryPoint:
        """The connector, connected to the product."""
        connection = self.connection(product)
        connection["options"] = {**(connection.get("options") or {}), **options}
        return load_entry_point(self.module)(
            connection, dict(configuration or self.configuration(product)), options
        )

    def asked(self, entry: BaseEntryPoint, work: Awaitable[Any]) -> dict[str, Any]:
        """The classic answer of a call; an error in it is well formed and holds no secret."""
        answer = asyncio.run(_awaited(answer_of(work, self.module, secrets=())))
        assert isinstance(answer, dict), f"an answer is a dictionary, not {answer!r}"
        if answer.get("success") is False:
            text = answer["error"]
            assert text.startswith(f"{self.module} connector error => "), text
            assert len(text) > len(f"{self.module} connector error => "), "the error says nothing"
            assert not any(secret in json.dumps(answer) for secret in entry.secrets()), (
                "an error shows a secret"
            )
        return answer

    def query(self, product: Any) -> Any:
        """The first native query of `pattern`."""
        entry = self.connected(product, time_range=None)
        answer = asyncio.run(_awaited(entry.transform_query(entry.get_dialects()[0], self.pattern)))
        return answer["queries"][0]

    def finished(self, entry: BaseEntryPoint, query: Any) -> Any:
        """Start a search, wait until it is completed, give its id."""
        started = self.asked(entry, entry.create_query_connection(query))
        assert started["success"], started
        for _ in range(MOST_POLLS):
            status = self.asked(entry, entry.create_status_connection(started["search_id"]))
            assert status["success"], status
            assert 0 <= status["progress"] <= 100, status
            if status["status"] != "RUNNING":
                break
        assert status["status"] == "COMPLETED", status
        return started["search_id"]

    def all_rows(self, entry: BaseEntryPoint, search_id: Any, length: Any) -> list[Any]:
        """Every row, as clients fetch them: growing offset, metadata handed back, until a page is empty."""
        rows: list[Any] = []
        metadata = None
        while True:
            answer = self.asked(
                entry, entry.create_results_connection(search_id, str(len(rows)), length, metadata)
            )
            assert answer["success"], answer
            if not answer["data"]:
                return rows
            assert len(answer["data"]) <= int(length), (
                f"{len(answer['data'])} rows where {length} were asked for"
            )
            rows += answer["data"]
            metadata = json.loads(json.dumps(answer.get("metadata")))

    # -- the good way

    @silver
    def test_ping_answers(self) -> None:
        with self.running() as product:
            entry = self.connected(product)
            assert self.asked(entry, entry.ping_connection()) == {"success": True}

    @silver
    def test_a_search_finds_its_rows_page_by_page(self) -> None:
        with self.running() as product:
            query, entry = self.query(product), self.connected(product)
            found = [self.all_rows(entry, self.finished(entry, query), length) for length in (1000, "7", 3)]
            assert len(found[0]) > 3, "the pattern of this suite must find more than three rows"
            assert found[0] == found[1] == found[2], "paging loses, repeats or reorders rows"

    @silver
    def test_rows_become_a_bundle(self) -> None:
        with self.running() as product:
            entry = self.connected(product)
            search_id = self.finished(entry, self.query(product))
            answer = self.asked(entry, entry.create_results_stix_connection(search_id, 0, 3, IDENTITY))
            observed = [each for each in answer["objects"] if each["type"] == "observed-data"]
            assert len(observed) == 3, answer
            assert answer["stats"], answer

    @silver
    def test_deleting_a_search_leaves_nothing_behind(self) -> None:
        with self.running() as product:
            entry = self.connected(product)
            search_id = self.finished(entry, self.query(product))
            assert self.asked(entry, entry.delete_query_connection(search_id))["success"]
            assert self.searches_left(product) == 0
            if entry.is_async():
                status = self.asked(entry, entry.create_status_connection(search_id))
                assert status.get("code") == ErrorCode.TRANSMISSION_SEARCH_DOES_NOT_EXISTS.value, status

    @silver
    def test_a_search_that_is_left_early_is_deleted(self) -> None:
        async def first_page(entry: BaseEntryPoint, query: Any) -> int:
            flow = submit_poll_page_delete(Search(entry), query, Limits(page_size=2, first_poll_s=0.01))
            async with contextlib.aclosing(flow) as pages:
                async for page in pages:
                    return len(page.records)
            return 0

        with self.running() as product:
            query, entry = self.query(product), self.connected(product)
            assert asyncio.run(first_page(entry, query)) > 0
            assert self.searches_left(product) == 0

    # -- the bad ways

    @silver
    def test_wrong_credentials_are_refused(self) -> None:
        with self.running() as product:
            query = self.query(product)
            entry = self.connected(product, self.wrong_configuration(product))
            for call in (entry.ping_connection, lambda: self._first_answer(entry, query)):
                answer = self.asked(entry, call())
                assert answer.get("code") == ErrorCode.TRANSMISSION_AUTH_CREDENTIALS.value, answer

    @silver
    def test_a_search_that_expired_is_told(self) -> None:
        with self.running() as product:
            entry = self.connected(product)
            search_id = self.finished(entry, self.query(product))
            if not self.expire(product, search_id):
                pytest.skip("this product keeps no searches")
            status = self.asked(entry, entry.create_status_connection(search_id))
            results = self.asked(entry, entry.create_results_connection(search_id, 0, 5))
            for answer in (status, results):
                assert answer.get("code") == ErrorCode.TRANSMISSION_SEARCH_DOES_NOT_EXISTS.value, answer

    @silver
    def test_a_query_that_the_product_refuses_is_told(self) -> None:
        with self.running() as product:
            entry = self.connected(product)
            answer = self.asked(entry, self._first_answer(entry, self.broken_query(product)))
            assert answer.get("code") == ErrorCode.TRANSMISSION_QUERY_PARSING_ERROR.value, answer

    def broken_query(self, product: Any) -> Any:
        """A query that the product's own parser refuses."""
        return "] this is no query ["

    @silver
    @pytest.mark.parametrize(("fault", "code"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
    def test_a_broken_answer_has_its_code(self, fault: Fault, code: str) -> None:
        with self.faulty() as product:
            query, entry = self.query(product), self.connected(product)
            search_id = self.finished(entry, query)
            product.fail(fault)
            for name, work in self._calls(entry, query, search_id):
                before = len(product.requests)
                answer = self.asked(entry, work)
                if len(product.requests) > before and not (name == "delete" and fault in NEEDS_A_BODY):
                    assert answer.get("code") == code, f"{name}: {answer}"
            product.heal()
            assert self.asked(entry, entry.ping_connection())["success"], (
                "one bad answer must not spoil the next"
            )

    @silver
    def test_a_product_that_stalls_is_given_up(self) -> None:
        with self.faulty() as product:
            entry = self.connected(product, timeout=1)
            product.fail(Fault.stall())
            answer = self.asked(entry, entry.ping_connection())
            assert answer.get("code") == UNAVAILABLE, answer

    @silver
    def test_a_product_that_is_not_there_is_told(self) -> None:
        with self.faulty() as product:
            connection, configuration = self.connection(product), self.configuration(product)
        entry = load_entry_point(self.module)(connection, configuration, {})
        answer = self.asked(entry, entry.ping_connection())
        assert answer.get("code") == UNAVAILABLE, answer

    @silver
    def test_a_certificate_of_an_unknown_authority_is_refused(self) -> None:
        with self.faulty() as product:
            connection = self.connection(product)
            if not connection.pop("selfSignedCert", None):
                pytest.skip("this product is not asked over TLS with an authority of its own")
            entry = load_entry_point(self.module)(connection, self.configuration(product), {})
            answer = self.asked(entry, entry.ping_connection())
            assert answer.get("code") == ErrorCode.TRANSMISSION_CERT_ERROR.value, answer
            assert product.requests == [], "something was sent to an unknown server"

    @silver
    def test_what_was_found_before_a_break_is_kept(self) -> None:
        with self.faulty() as product:
            query, entry = self.query(product), self.connected(product)
            asked: list[int] = []
            found = asyncio.run(collect(self._broken_flow(product, entry, query, asked)))
            if len(product.requests) == asked[0]:  # the first answer held all rows, so nobody met the break
                assert found.complete, found
                assert len(found.records) > 3, found
                return
            assert len(found.records) == 2, found
            assert isinstance(found.error, TransmissionError), found
            assert "2 rows" in str(found.error), str(found.error)

    def _broken_flow(self, product: FakeProduct, entry: BaseEntryPoint, query: Any, asked: list[int]) -> Any:
        """A search in pages of two that breaks after the first; `asked` learns how many requests came."""

        def breaking(rows_seen: int) -> None:
            if rows_seen:
                asked.append(len(product.requests))
                product.fail(Fault.reset())

        limits = Limits(page_size=2, first_poll_s=0.01)
        return submit_poll_page_delete(Search(entry, before_page=breaking), query, limits)

    @contextlib.contextmanager
    def faulty(self) -> Iterator[FakeProduct]:
        """The product, when it is one that can break on demand."""
        with self.running() as product:
            if not isinstance(product, FakeProduct):
                pytest.skip("not an HTTP product: its faults have tests of their own")
            yield product

    async def _first_answer(self, entry: BaseEntryPoint, query: Any) -> Any:
        """The first answer that a query really gets from the product: of its rows, for a one-shot source."""
        started = await entry.create_query_connection(query)
        if not started["success"] or entry.is_async():
            return started
        return await entry.create_results_connection(started["search_id"], 0, 1)

    def _calls(
        self, entry: BaseEntryPoint, query: Any, search_id: Any
    ) -> Iterator[tuple[str, Awaitable[Any]]]:
        yield "ping", entry.ping_connection()
        yield "query", entry.create_query_connection(query)
        yield "status", entry.create_status_connection(search_id)
        yield "results", entry.create_results_connection(search_id, 0, 2)
        yield "delete", entry.delete_query_connection(search_id)


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
