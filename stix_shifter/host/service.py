"""One request from its body to its answer: checked, held against the policy, run, recorded.

No HTTP library is known here; `application.py` reads requests and writes answers.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any

from stix_shifter.host.audit import Audit, count_of
from stix_shifter.host.calls import BusyError, Calls, StoppingError, TooLongError
from stix_shifter.host.operations import DELETE, OPERATIONS, START, Operation, Started
from stix_shifter.host.refusals import RefusalError
from stix_shifter.host.searches import Search, Searches, delete, delete_all
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.http.message import parse_json

if TYPE_CHECKING:
    from stix_shifter.host.access import Caller
    from stix_shifter.host.policy import Policy
    from stix_shifter.host.target import Target

Json = dict[str, Any]
STOP_S = 10.0
_SWEEP_S = 30.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Record:
    """What the audit log says of a request, filled in as it becomes known."""

    caller: str = "?"
    address: str = ""
    route: str = "?"
    connector: str = ""
    destination: str = ""
    reason: str = ""
    began: float = field(default_factory=time.monotonic)


class Service:
    """The host behind HTTP: its policy, its pool of calls, the searches that run, and the audit log.

    `identity` replaces the data source of results where it is not empty.
    """

    def __init__(self, policy: Policy, identity: Mapping[str, Any] | None = None) -> None:
        self.policy, self.identity = policy, dict(identity or {})
        self.audit = Audit(policy.audit)
        self.calls = Calls(policy.limits)
        self.searches = Searches(policy.limits.search_s)
        self._swept = time.monotonic()
        self._stopped = threading.Event()

    def answer(self, path: str, raw: bytes, caller: Caller, record: Record) -> Any:
        """The answer of a route to a body. Raises RefusalError; errors of a connector are answers."""
        operation = OPERATIONS[path]
        body = _body(operation, raw)
        target = operation.target(body, caller, self.policy)
        record.connector, record.destination = target.connector, target.shown
        search = Search(target, body["search_id"]) if "search_id" in body else None
        if search is not None:
            self.searches.asked(search)
        answer = self._run(operation, target, body)
        self._note(path, target, search, answer)
        return answer.answer if isinstance(answer, Started) else answer

    def record(self, record: Record, status: int, answer: Any, bytes_in: int, bytes_out: int) -> None:
        """Write the audit line of an answered request."""
        entry: Json = {
            "caller": record.caller,
            "address": record.address,
            "route": record.route,
            "connector": record.connector,
            "destination": record.destination,
            "status": status,
        }
        if isinstance(answer, Mapping) and "error" in answer:
            entry["code"] = answer.get("code")
        if record.reason:
            entry["reason"] = record.reason
        rows = count_of(answer)
        if rows is not None:
            entry["rows"] = rows
        ms = round((time.monotonic() - record.began) * 1000)
        self.audit.write({**entry, "bytes_in": bytes_in, "bytes_out": bytes_out, "ms": ms})

    def stop(self) -> None:
        """Refuse what comes, cancel what runs, delete every search that is left at a source. Only once."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self.calls.stop(STOP_S / 2)
        left = self.searches.take_all()
        deleted = delete_all(left, STOP_S)
        if left:
            log.info("%d of %d searches that were left have been deleted", deleted, len(left))
        self.audit.close()

    def _run(self, operation: Operation, target: Target, body: Json) -> Any:
        async def work() -> Any:
            asked = operation.work(target, body, self.identity)
            return await answer_of(
                asked, target.connector.partition(":")[0], translating=operation.translates
            )

        orphaned = functools.partial(self._orphaned, target) if operation.path == START else None
        try:
            return self.calls.answer(work, on_orphan=orphaned)
        except BusyError as error:
            text = "too many requests are running; try again in a moment"
            raise RefusalError(HTTPStatus.TOO_MANY_REQUESTS, text) from error
        except StoppingError as error:
            raise RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, "this host is going down") from error
        except TooLongError as error:
            text = f"{target.connector} did not answer within {self.policy.limits.request_s:g} s"
            raise RefusalError(HTTPStatus.GATEWAY_TIMEOUT, text) from error

    def _note(self, path: str, target: Target, search: Search | None, answer: Any) -> None:
        """Remember what runs at a source, and forget what was deleted."""
        if isinstance(answer, Started):
            self._started(target, answer)
        elif path == DELETE and search is not None and isinstance(answer, Mapping) and answer.get("success"):
            self.searches.ended(search)
        if time.monotonic() - self._swept > min(_SWEEP_S, self.policy.limits.search_s):
            self._swept = time.monotonic()
            self._delete_in_background(self.searches.take_forgotten())

    def _started(self, target: Target, started: Started) -> list[Search]:
        if not started.at_source:
            return []
        search = Search(target, started.answer.get("search_id"))
        self.searches.started(search)
        return [search]

    def _orphaned(self, target: Target, answer: Any) -> None:
        """A search began after its caller had been told that it took too long: nobody knows its id."""
        if isinstance(answer, Started):
            self._delete_in_background(self._started(target, answer))

    def _delete_in_background(self, searches: list[Search]) -> None:
        for search in searches:
            name = "stix-shifter-delete"
            threading.Thread(target=self._delete, args=(search,), name=name, daemon=True).start()

    def _delete(self, search: Search) -> None:
        try:
            self.calls.answer(lambda: delete(search))
        except (BusyError, StoppingError, TooLongError):
            self.searches.started(search)  # tried again later, or when the host goes down
        else:
            self.searches.ended(search)


def warm_up() -> None:
    """Load what the first request would wait for."""
    for name in (
        "stix_shifter.stix_translation.stix_translation",
        "stix_shifter.stix_transmission.stix_transmission",
        "stix_shifter_utils.http.wire",
    ):
        import_module(name)
    for path in OPERATIONS:
        _checker(path)


def _body(operation: Operation, raw: bytes) -> Json:
    try:
        body = parse_json(raw)
    except (ValueError, RecursionError) as error:
        text = f"the body is not JSON: {type(error).__name__}"
        raise RefusalError(HTTPStatus.BAD_REQUEST, text) from error
    problem = _problem(operation.path, body)
    if problem:
        raise RefusalError(HTTPStatus.BAD_REQUEST, problem)
    found: Json = body
    return found


def _problem(path: str, body: Any) -> str | None:
    """What is wrong with a body, without quoting a value of it: it may hold a password."""
    error = next(_checker(path).iter_errors(body), None)
    if error is None:
        return None
    place = "/".join(map(str, error.absolute_path)) or "the body"
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in (error.instance or {})]
        return f"{place} lacks {', '.join(missing)}"
    if error.validator == "anyOf" and not error.absolute_path:
        choices = ["/".join(one["required"]) for one in error.validator_value]
        return f"the body needs one of: {', '.join(choices)}"
    wanted = error.validator_value if error.validator in {"type", "pattern", "enum", "maximum"} else ""
    return f"{place}: does not fit {error.validator} {wanted}".rstrip()


@functools.lru_cache(maxsize=32)
def _checker(path: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(OPERATIONS[path].body)
