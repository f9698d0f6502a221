"""A fake product: a real HTTP(S) server on the loopback interface with a product's API; breaks on demand.

A connector's tests subclass `FakeProduct` and write its API as routes. Faults (stalls, resets, cut answers,
HTML, bad statuses) are switched on per test and are the same for every product. No knowledge of STIX here.
"""

from __future__ import annotations

import re
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote

from stix_shifter_utils.testing.exchange import Answer, Received, Refusal
from stix_shifter_utils.testing.faults import ArmedFault, Fault, FaultKind
from stix_shifter_utils.testing.server import Server

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Self


Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    pattern: re.Pattern[str]
    open_to_all: bool


def route(method: str, path: str, *, open_to_all: bool = False) -> Callable[[Handler], Handler]:
    """Mark a method of a FakeProduct as the answer to `GET /v2/jobs/{job_id}`.

    It is called with the Received and the path's parts (decoded) as keywords. `open_to_all` leaves out
    `authorize`.
    """
    parts = re.split(r"\{(\w+)\}", path)
    text = "".join(re.escape(part) if i % 2 == 0 else f"(?P<{part}>[^/]+)" for i, part in enumerate(parts))

    def mark(handler: Handler) -> Handler:
        handler.__dict__["route"] = _Route(method, re.compile(text), open_to_all)
        return handler

    return mark


class FakeProduct:
    """A product on 127.0.0.1 for as long as the `with` block lasts.

    Subclass it: `authorize` refuses bad credentials, methods marked `@route` answer. Each request runs in
    its own thread under one lock, so a route may use plain attributes. `requests` holds what came, in
    order.
    """

    host: ClassVar[str] = "127.0.0.1"
    wanted_port: int = 0  # the system chooses

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self.lock = threading.RLock()
        self._context = context
        self._faults: list[ArmedFault] = []
        self._broken: list[str] = []
        self._server: Server | None = None
        self._routes = sorted(_routes_of(self), key=lambda pair: pair[0].pattern.pattern)

    # -- what a product overrides

    def authorize(self, request: Received) -> None:
        """Raise Refusal(401) for credentials that are not good; the base lets everybody in."""

    # -- what a test uses

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return self._running().port

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self._context else 'http'}://{self.host}:{self.port}"

    def fail(self, fault: Fault, *, times: int | None = None, on: str = "") -> None:
        """Break the next `times` requests (None: all) whose `METHOD /path` begins with `on`."""
        with self.lock:
            self._faults.append(ArmedFault(fault, on, times))

    def heal(self) -> None:
        """Take all faults away."""
        with self.lock:
            self._faults.clear()

    def seen(self, method: str = "", path: str = "") -> list[Received]:
        """The requests so far, of one method and with a path that begins so."""
        with self.lock:
            return [r for r in self.requests if r.method.startswith(method) and r.path.startswith(path)]

    def __enter__(self) -> Self:
        self._server = Server(self.handle, (self.host, self.wanted_port), self._context)
        self._server.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._running().stop()
        self._server = None
        if self._broken and kind is None:
            message = f"routes of the fake product failed:\n{''.join(self._broken)}"
            raise AssertionError(message)

    def _running(self) -> Server:
        if self._server is None:
            message = "the product is not running: use it in a `with` block"
            raise RuntimeError(message)
        return self._server

    # -- what the server asks

    def handle(self, request: Received) -> tuple[Fault | None, Answer]:
        """The answer to a request and what is to go wrong with it.

        A fault that is an answer itself (a bad status) comes instead of the route; with any other the
        product has done its work, and only the answer suffers.
        """
        with self.lock:
            self.requests.append(request)
            fault = next((a.fault for a in self._faults if a.takes(f"{request.method} {request.path}")), None)
            if fault is not None and fault.kind is FaultKind.ANSWER:
                return None, Answer(fault.body, fault.status, fault.headers)
            try:
                return fault, self._routed(request)
            except Refusal as refusal:
                return fault, refusal.answer
            except Exception:  # noqa: BLE001 -- a failing route fails the test when the product stops
                self._broken.append(traceback.format_exc())
                return fault, Answer({"error": "the fake product failed"}, 500)

    def _routed(self, request: Received) -> Answer:
        fits = [(r, h, m) for r, h in self._routes if (m := r.pattern.fullmatch(request.path))]
        for each, handler, match in fits:
            if each.method == request.method:
                if not each.open_to_all:
                    self.authorize(request)
                return handler(request, **{name: unquote(part) for name, part in match.groupdict().items()})
        raise Refusal(405 if fits else 404, f"no {request.method} {request.path} here")


def _routes_of(product: FakeProduct) -> Iterator[tuple[_Route, Handler]]:
    for name in dir(type(product)):
        mark = getattr(getattr(type(product), name), "__dict__", {}).get("route")
        if isinstance(mark, _Route):
            yield mark, getattr(product, name)
