"""A small Elasticsearch (or OpenSearch) to test against: it reads and evaluates queries over ECS documents.

Answers and errors are shaped as the guides of both products show them: points in time and their expiry,
`search_after`, windows, index patterns, partial failures.
"""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.mapping import NativeFields
from stix_shifter_utils.testing import Answer, Authority, FakeProduct, Received, Refusal, Sandbox, route
from stix_shifter_utils.testing.languages.elastic_dsl import find
from stix_shifter_utils.testing.languages.terms import QueryRefusedError, TermIndex, milliseconds

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

AUTHORITY = Authority()
USER, PASSWORD = "hunter", "correct horse battery"
KEY_ID, KEY, TOKEN = "VuaCfGcBCdbkQm-e5aOx", "ui2lp2axTNmsyakw9tvNnw", "dGhpcyBpcyBub3Qx"
STREAM = "logs-endpoint.events-default"
LARGEST_WINDOW = 10_000
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
_FIELDS = Path(__file__).parents[1] / "stix_translation" / "json" / "fields.json"
_STATUS = {400: "parsing_exception", 401: "security_exception", 404: "index_not_found_exception"}
NAMES = ("powershell.exe", "cmd.exe", "svchost.exe", "größe 100%.exe")


def fields() -> NativeFields:
    """What the index template makes of the fields."""
    import json

    return NativeFields.read(json.loads(_FIELDS.read_text(encoding="utf-8")))


def process_event(n: int) -> dict[str, Any]:
    """A process start on Windows."""
    name = NAMES[n % len(NAMES)]
    return {
        "@timestamp": f"2024-01-01T12:{n % 60:02}:0{n % 10}.{n % 7}00Z",
        "event": {"kind": "event", "category": ["process"], "type": ["start"], "code": 4688 + n % 2,
                  "original": f"raw text {n}"},
        "host": {"name": f"WIN{n % 5}", "ip": ["10.0.0.1", f"10.0.{n % 4}.{n}"], "os": {"type": "windows"}},
        "process": {
            "pid": 1000 + n,
            "name": name,
            "executable": rf"C:\Windows\System{32 + n % 3}\{name}",
            "command_line": f'{name} -enc "{n}" && echo *done* (100%)' if n % 6 else None,
            "args": [name, "-enc", str(n)],
            "hash": {"md5": f"{n % 6:032x}", "sha256": f"{n % 6:064X}"},
            "parent": {"pid": 4 + n % 3, "name": "explorer.exe", "executable": r"C:\Windows\explorer.exe"},
        },
        "user.name": f"user{n % 4}",
        "message": f"Process {name} started: run {n} of job-{n % 3}",
    }  # fmt: skip


def network_event(n: int) -> dict[str, Any]:
    """A connection; every fifth is IPv6."""
    return {
        "@timestamp": f"2024-01-01T13:{n % 60:02}:00Z",
        "event": {"kind": "event", "category": ["network"], "duration": n * 1_000_000, "severity": n % 4},
        "source": {"ip": f"2001:db8::{n:x}" if n % 5 == 0 else f"192.0.2.{n}", "port": 49152 + n},
        "destination": {"ip": f"198.51.100.{n % 4}", "port": (443, 53, 8080)[n % 3], "bytes": n * n},
        "network": {"transport": ("tcp", "udp")[n % 2], "protocol": "dns" if n % 3 == 1 else None},
        "dns": {"question": {"name": f"Host{n % 6}.example.com"}, "resolved_ip": ["203.0.113.7"]},
        "url": {"full": f"https://host{n % 6}.example.com/d/{n}?q=it's" if n % 2 else None},
    }


def other_event(n: int) -> dict[str, Any]:
    """A file, a registry value, or a mail."""
    kinds: tuple[dict[str, Any], ...] = (
        {"file": {"name": f"a{n}.txt", "path": f"/home/u{n % 3}/a{n}.txt", "size": n * 100}},
        {"registry": {"path": rf"HKLM\Software\Run\v{n}", "value": f"v{n}", "data": {"strings": ["x"]}}},
        {
            "email": {
                "message_id": f"<{n}@example.com>",
                "subject": f"Offer {n}",
                "to": {"address": ["a@b.org"]},
            }
        },
    )
    return {"@timestamp": f"2024-01-01T14:{n:02}:00.5Z", "event": {"kind": "event"}, **kinds[n % 3]}


EVENTS = [
    *(process_event(n) for n in range(1, 41)),
    *(network_event(n) for n in range(1, 31)),
    *(other_event(n) for n in range(1, 16)),
]


@dataclass
class _PointInTime:
    streams: tuple[str, ...]
    ids: list[str]


class Product(FakeProduct):
    """One data stream of documents on the loopback interface, behind TLS."""

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]] | None = None,
        context: ssl.SSLContext | None = None,
        *,
        distribution: str = "elasticsearch",
    ) -> None:
        super().__init__(context or AUTHORITY.certificate("127.0.0.1").server_context())
        self.rows = list(EVENTS if rows is None else rows)
        self.index = TermIndex(self.rows, fields().kinds)
        self.order = sorted(range(len(self.rows)), key=lambda place: (self.moment(place), place))
        self.distribution = distribution
        self.points: list[_PointInTime] = []
        self.accounts = {(USER, PASSWORD)}
        self._numbers = itertools.count(1)

    def moment(self, place: int) -> int:
        """The time of a document, as it is sorted."""
        return milliseconds(self.rows[place]["@timestamp"])

    def authorize(self, request: Received) -> None:
        key = base64.b64encode(f"{KEY_ID}:{KEY}".encode()).decode()
        good = {f"ApiKey {key}", f"Bearer {TOKEN}"}
        if request.basic() not in self.accounts and request.headers.get("authorization") not in good:
            raise _refusal(401, "unable to authenticate user for REST request")

    @route("GET", "/")
    def about(self, request: Received) -> Answer:
        version = {"number": "8.15.0", "lucene_version": "9.11.1"}
        if self.distribution == "opensearch":
            version = {"distribution": "opensearch", "number": "2.17.0"}
        return Answer({"name": "node-1", "cluster_name": "sandbox", "version": version})

    # Points in time.

    @route("POST", "/{indices}/_pit")
    def open(self, request: Received, indices: str) -> Answer:
        return Answer({"id": self._open(request, indices, "elasticsearch")})

    @route("POST", "/{indices}/_search/point_in_time")
    def open_elsewhere(self, request: Received, indices: str) -> Answer:
        return Answer({"pit_id": self._open(request, indices, "opensearch"), "creation_time": 0})

    def _open(self, request: Received, indices: str, distribution: str) -> str:
        if self.distribution != distribution:
            raise _refusal(400, f"no handler found for uri [{request.path}] and method [POST]")
        if "keep_alive" not in request.query:
            raise _refusal(400, "[keep_alive] is missing")
        self.points.append(_PointInTime(self._streams(indices), [f"pit-{next(self._numbers)}"]))
        return self.points[-1].ids[0]

    @route("DELETE", "/_pit")
    def close(self, request: Received) -> Answer:
        return self._close([request.json()["id"]])

    @route("DELETE", "/_search/point_in_time")
    def close_elsewhere(self, request: Received) -> Answer:
        return self._close(request.json()["pit_id"])

    def _close(self, ids: list[str]) -> Answer:
        left = [point for point in self.points if not set(point.ids) & set(ids)]
        closed, self.points = len(self.points) - len(left), left
        return Answer({"succeeded": True, "num_freed": closed}, 200 if closed else 404)

    def _streams(self, indices: str) -> tuple[str, ...]:
        """The data streams that a list of names and patterns means. Refused for a name that is none."""
        for name in indices.split(","):
            if "*" not in name and name != STREAM:
                raise _refusal(404, f"no such index [{name}]")
        return (STREAM,) if any(fnmatchcase(STREAM, name) for name in indices.split(",")) else ()

    # Searches.

    @route("POST", "/_search")
    def search(self, request: Received) -> Answer:
        body = request.json()
        if "pit" not in body:
            return self._found(body, (STREAM,), None)
        wanted = body["pit"]["id"]
        point = next((each for each in self.points if wanted in each.ids), None)
        if point is None:
            raise _refusal(
                404, f"No search context found for id [{wanted}]", "search_context_missing_exception"
            )
        point.ids.append(f"pit-{next(self._numbers)}")
        return self._found(body, point.streams, point.ids[-1])

    @route("POST", "/{indices}/_search")
    def search_as_it_is(self, request: Received, indices: str) -> Answer:
        return self._found(request.json(), self._streams(indices), None)

    def _found(self, body: Mapping[str, Any], streams: Sequence[str], pit: str | None) -> Answer:
        first, size = int(body.get("from", 0)), int(body["size"])
        if first + size > LARGEST_WINDOW:
            raise _refusal(400, "Result window is too large, from + size must be less than or equal to 10000")
        try:
            places = find(body["query"], self.index) if streams else set()
        except QueryRefusedError as error:
            raise _refusal(400, f"Failed to parse query: {error}", "query_shard_exception") from error
        hits = [(self.moment(place), place) for place in self.order if place in places]
        if "search_after" in body:
            hits = [hit for hit in hits if list(hit) > body["search_after"]]
        found = [
            {"_index": STREAM, "_id": str(place), "_source": self.rows[place], "sort": [moment, place]}
            for moment, place in hits[first : first + size]
        ]
        shards = {"total": len(streams), "successful": len(streams), "skipped": 0, "failed": 0}
        answer: dict[str, Any] = {"took": 1, "timed_out": False, "_shards": shards, "hits": {"hits": found}}
        return Answer(answer if pit is None else {**answer, "pit_id": pit})


def _refusal(status: int, reason: str, kind: str = "") -> Refusal:
    cause = {"type": kind or _STATUS[status], "reason": reason}
    refusal = Refusal(status, reason)
    refusal.answer = Answer({"error": {"root_cause": [cause], **cause}, "status": status}, status)
    return refusal


def connection(product: Product) -> dict[str, Any]:
    """How to reach the running product."""
    return {
        "host": product.host,
        "port": product.port,
        "selfSignedCert": AUTHORITY.pem,
        "indices": "logs-*",
    }


def sandbox() -> Sandbox:
    """For `stix-shifter sandbox elastic_ecs`."""
    return Sandbox(
        product=Product(),
        connection=connection,
        configuration={"auth": {"username": USER, "password": PASSWORD}},
        pattern=f"[process:command_line LIKE '%-enc%' AND file:name = 'powershell.exe'] {WINDOW}",
    )
