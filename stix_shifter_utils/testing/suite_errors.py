"""Every class of errors, for a connector and its fake product: the code, one clear message, no row lost.

```python
class TestAcmeWatchErrors(ErrorSuite):
    suite = base.TestAcmeWatch                 # its ConnectorSuite, imported as a module

    def unknown_table(self, product): ...      # each class that no fault acts out has a hook
```

A class is never forgotten quietly: a hook that is not written fails its test, unless `without` says why the
product cannot break in that way. `codes` holds what differs from `error_classes`. Not proven here: what a
status means to all (`test_client`), nor the answers of the good way (`suite_transmission`).

| override          | says                                                              |
|-------------------|-------------------------------------------------------------------|
| `suite`           | the connector's ConnectorSuite                                    |
| `expire_token`    | make tokens, sessions or keys that were good no good              |
| `unknown_table`   | the connection to something that is not there, and a query for it |
| `cancel`          | end a search as the product's users or administrators do          |
| `expire_job`      | make the product forget its searches                              |
| `codes`,`without` | a code for a class of errors, or why there is none                |
| `stall_timeout_s` | the time limit under which the product gives a page, but no more   |
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.errors import TransmissionError
from stix_shifter_utils.testing.clock import FakeClock
from stix_shifter_utils.testing.error_classes import BY_NAME, CANCELED, ERROR_CLASSES, RENEWED, ErrorClass
from stix_shifter_utils.testing.faults import FaultKind
from stix_shifter_utils.testing.search import Search
from stix_shifter_utils.transmission import HttpSource, Limits, collect, submit_poll_page_delete

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stix_shifter_utils.connector import BaseEntryPoint
    from stix_shifter_utils.testing.product import FakeProduct
    from stix_shifter_utils.testing.suite import ConnectorSuite
    from stix_shifter_utils.transmission import Collected, Progress

PAGE = 2
_POLLS = 20
_MESSAGES = 200
"""The most characters of ours; what a source says comes after."""


class ErrorSuite:
    """One test for each class; see the module."""

    suite: ClassVar[type[ConnectorSuite]]
    codes: ClassVar[Mapping[str, str]] = {}
    without: ClassVar[Mapping[str, str]] = {}
    stall_timeout_s: ClassVar[int] = 2

    # -- what a connector says of its product

    def expire_token(self, product: Any) -> None:
        """Make what was good no good."""
        raise NotImplementedError(_missing("expire_token", "expired token"))

    def unknown_table(self, product: Any) -> tuple[dict[str, Any], Any]:
        """The connection to an index, table or workspace that is not there, and a query for it."""
        raise NotImplementedError(_missing("unknown_table", "unknown index or table"))

    def cancel(self, product: Any, search_id: Any) -> None:
        """End a search."""
        raise NotImplementedError(_missing("cancel", "cancelled job"))

    def expire_job(self, product: Any) -> None:
        """Forget all searches."""
        raise NotImplementedError(_missing("expire_job", "expired job"))

    @classmethod
    def row(cls) -> dict[str, str]:
        """The code for each class, or why there is none, as docs/errors.md shows it."""
        return {
            each.name: cls.without.get(each.name) or cls.codes.get(each.name, each.code)
            for each in ERROR_CLASSES
        }

    # -- the tests

    @pytest.fixture(autouse=True)
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> FakeClock:
        clock = FakeClock()
        monkeypatch.setattr(HttpSource, "clock", clock)
        return clock

    def test_what_is_left_out_or_otherwise_is_a_class_and_has_a_reason(self) -> None:
        assert set(self.codes) | set(self.without) <= set(BY_NAME)
        assert not set(self.codes) & set(self.without)
        assert all(len(reason.split()) > 3 for reason in self.without.values()), "say why, in a sentence"

    @pytest.mark.parametrize("name", list(BY_NAME))
    def test_a_class_of_errors_has_its_code_and_one_clear_message_and_loses_no_row(
        self, name: str, clock: FakeClock
    ) -> None:
        if name in self.without:
            return
        kind = BY_NAME[name]
        self.made = self.suite()
        special: Mapping[str, Callable[[ErrorClass], None]] = {
            "bad credentials": self._credentials,
            "expired token": self._token,
            "unknown index or table": self._table,
            "syntax refused": self._syntax,
            "cancelled job": self._cancelled,
            "expired job": self._expired,
        }
        special.get(name, self._fault)(kind)
        if name.startswith("429"):
            assert max(clock.slept) >= 7, "Retry-After is not obeyed"

    def _credentials(self, kind: ErrorClass) -> None:
        with self.made.running() as product:
            query = self.made.query(product)
            entry = self.made.connected(product, self.made.wrong_configuration(product))
            self._refused(kind, entry, query)

    def _token(self, kind: ErrorClass) -> None:
        with self.made.running() as product:
            found = self._broken(product, lambda: self.expire_token(product))
            if self.codes.get(kind.name) == RENEWED:
                assert found.complete, found
                assert len(found.records) > PAGE, found
                entry = self.made.connected(product)
                for _ in range(2):
                    assert self.made.asked(entry, entry.ping_connection())["success"]
                    self.expire_token(product)
            else:
                self._kept(kind, product, found)

    def _table(self, kind: ErrorClass) -> None:
        with self.made.running() as product:
            connection, query = self.unknown_table(product)
            entry = load_entry_point(self.made.module)(connection, self.made.configuration(product), {})
            self._refused(kind, entry, query)

    def _syntax(self, kind: ErrorClass) -> None:
        with self.made.running() as product:
            entry = self.made.connected(product)
            self._refused(kind, entry, self.made.broken_query(product))

    def _cancelled(self, kind: ErrorClass) -> None:
        with self.made.running() as product:
            query, entry = self.made.query(product), self.made.connected(product)
            started = self.made.asked(entry, entry.create_query_connection(query))
            self.cancel(product, started["search_id"])
            status = self.made.asked(entry, entry.create_status_connection(started["search_id"]))
            assert (status["success"], status["status"]) == (True, CANCELED), status
            flow = submit_poll_page_delete(_Ending(entry, self, product), query, Limits(first_poll_s=0.01))
            error = asyncio.run(collect(flow)).error
            assert re.search(kind.advice, str(error)), f"the message does not say what to do: {error}"

    def _expired(self, kind: ErrorClass) -> None:
        with self.made.running() as product:
            self._kept(kind, product, self._broken(product, lambda: self.expire_job(product)))

    def _fault(self, kind: ErrorClass) -> None:
        with self.made.faulty() as product:
            fault = kind.fault
            assert fault is not None
            options: dict[str, Any] = (
                {"timeout": self.stall_timeout_s} if fault.kind is FaultKind.STALL else {}
            )
            found = self._broken(product, lambda: product.fail(fault), **options)
            if not found.complete:
                self._kept(kind, product, found)
                return
            assert len(found.records) > PAGE, found  # the first answer held all rows
            query, entry = self.made.query(product), self.made.connected(product, **options)
            self._refused(kind, entry, query)

    # -- what is looked at

    def _broken(self, product: FakeProduct, breaking: Callable[[], None], **options: Any) -> Collected:
        """A search in small pages that breaks after the first."""
        query, entry = self.made.query(product), self.made.connected(product, **options)
        source = Search(entry, before_page=lambda rows: breaking() if rows == PAGE else None)
        limits = Limits(page_size=PAGE, first_poll_s=0.01)
        return asyncio.run(collect(submit_poll_page_delete(source, query, limits)))

    def _kept(self, kind: ErrorClass, product: FakeProduct, found: Collected) -> None:
        assert len(found.records) == PAGE, f"rows were lost: {len(found.records)} came, {found.error}"
        assert isinstance(found.error, TransmissionError), found.error
        text = str(found.error)
        assert f"the {PAGE} rows that came before are kept" in text, text
        answer = asyncio.run(answer_of(_raised(found.error), self.made.module, secrets=()))
        self._clear(kind, self.made.connected(product), answer)

    def _refused(self, kind: ErrorClass, entry: BaseEntryPoint, query: Any) -> None:
        answer = asyncio.run(answer_of(_answer(entry, query), self.made.module, secrets=()))
        assert answer.get("success") is False, f"{kind.name} went unnoticed: {answer}"
        self._clear(kind, entry, answer)

    def _clear(self, kind: ErrorClass, entry: BaseEntryPoint, answer: dict[str, Any]) -> None:
        """The documented code, and one message that says what to do and holds no secret."""
        assert answer["code"] == self.codes.get(kind.name, kind.code), answer
        start, text = f"{self.made.module} connector error => ", answer["error"]
        assert text.startswith(start), text
        said = text.removeprefix(start)
        assert said.count(start) == 0, f"one message inside another: {text}"
        assert "\n" not in said, f"more than one line: {text}"
        assert "Traceback" not in said, text
        assert "Error(" not in said, f"an exception's repr: {text}"
        own = re.sub(r"https?://\S+", "", re.split("it says: |beginning ", said)[0])
        assert len(own) <= _MESSAGES, f"too long: {text}"
        assert re.search(kind.advice, said), f"the message does not say what to do: {text}"
        assert not any(secret in str(answer) for secret in entry.secrets()), "an error shows a secret"


class _Ending(Search):
    """A search that is ended while it is polled."""

    def __init__(self, entry: BaseEntryPoint, suite: ErrorSuite, product: Any) -> None:
        super().__init__(entry)
        self._suite, self._product = suite, product

    async def get_search_status(self, search_id: Any, metadata: Any = None) -> Progress:
        self._suite.cancel(self._product, search_id)
        return await super().get_search_status(search_id, metadata)


async def _raised(error: TransmissionError) -> dict[str, Any]:
    raise error


async def _answer(entry: BaseEntryPoint, query: Any) -> dict[str, Any]:
    """The first answer that says no, from the search's start to its first rows."""
    found: dict[str, Any] = await entry.create_query_connection(query)
    search_id = found.get("search_id")
    for _ in range(_POLLS if entry.is_async() and found["success"] else 0):
        found = await entry.create_status_connection(search_id)
        if not found["success"] or found["status"] != "RUNNING":
            break
    if found["success"]:
        found = await entry.create_results_connection(search_id, 0, 1)
    return found


def _missing(hook: str, name: str) -> str:
    return f"write {hook}, or say in `without` why this product has no {name!r}"
