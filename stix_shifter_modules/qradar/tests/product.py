"""A QRadar to test against: tokens of authorised services, Ariel searches with their states, ranges, expiry.

The API is that of the documents 14.0 to 19.0, AQL is read and evaluated by `languages/aql.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.testing import Answer, Authority, FakeProduct, Received, Refusal, route
from stix_shifter_utils.testing.languages.aql import AqlError, run_aql
from stix_shifter_utils.testing.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AUTHORITY = Authority()
TOKEN = "3f1d7a4d-bd3e-4df2-4a43-0d1f4f0c9d9c"
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
START_MS = 1704110400000  # 2024-01-01T12:00:00Z
PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP"}
FUNCTIONS = {
    "PROTOCOLNAME": lambda number: PROTOCOLS.get(number, f"Protocol {number}"),
    "QIDNAME": lambda qid: f"Event {qid}",
    "CATEGORYNAME": lambda category: f"Category {category}",
    "LOGSOURCENAME": lambda source: f"Log source {source}",
    "LOGSOURCETYPENAME": lambda kind: {12: "Microsoft Windows Security Event Log"}.get(kind, f"Type {kind}"),
    "APPLICATIONNAME": lambda number: f"Application {number}",
}
NOBODY = {"sourceip": "0.0.0.0", "sourcev6": "0:0:0:0:0:0:0:0", "destinationv6": "0:0:0:0:0:0:0:0"}


def event(n: int) -> dict[str, Any]:
    """A log-in, a process start or a blocked connection, under Ariel's own names."""
    common: dict[str, Any] = {
        **NOBODY,
        "starttime": START_MS + n * 60_000,
        "endtime": START_MS + n * 60_000 + 500,
        "devicetime": START_MS + n * 60_000 - 1000,
        "eventcount": 1 + n % 3,
        "protocolid": (6, 17)[n % 2],
        "qid": 5000000 + n % 4,
        "category": 8052,
        "severity": n % 10,
        "credibility": 5,
        "relevance": n % 7,
        "magnitude": n % 9,
        "domainid": 0,
        "logsourceid": 60 + n % 3,
        "devicetype": 12,
        "username": (None, "alice", "Bob", "o'neil")[n % 4],
        "payload": f'<13>Jan 1 host{n}: it\'s "event" {n} \\ | %',
    }
    if n % 2:
        return {
            **common,
            "sourceip": f"192.0.2.{n}",
            "destinationip": f"198.51.100.{n % 4}",
            "sourceport": 49152 + n,
            "destinationport": (443, 53, 8080)[n % 3],
            "URL": f"https://host{n % 6}.example.com/d/{n}?q=it's",
        }
    name = ("cmd.exe", "Größe 100%.exe", "tool[1].exe")[n % 3]
    return {
        **common,
        "sourcev6": f"2001:db8:0:0:0:0:0:{n:x}",
        "Image": rf"C:\Windows\System32\{name}",
        "Process Name": name,
        "Process ID": str(1000 + n),
        "Process CommandLine": f'{name} /job {n} "a_b"',
        "ParentImage": r"C:\Windows\explorer.exe",
        "SHA256 Hash": f"{n % 5:064x}",
        "Filename": name,
        "EventID": "1",
    }


def flow(n: int) -> dict[str, Any]:
    """A flow."""
    return {
        **NOBODY,
        "starttime": START_MS + n * 90_000,
        "endtime": START_MS + n * 90_000 + 60_000,
        "firstpackettime": START_MS + n * 90_000,
        "lastpackettime": START_MS + n * 90_000 + 59_000,
        **({"sourceip": f"192.0.2.{n}"} if n % 5 else {"sourcev6": f"2001:db8:0:0:0:0:0:{n:x}"}),
        "destinationip": f"198.51.100.{n % 5}",
        "sourceport": 50000 + n if n % 7 else None,
        "destinationport": (443, 53, 22)[n % 3],
        "protocolid": (6, 17, 1)[n % 3],
        "sourcebytes": n * 100,
        "destinationbytes": n * 1000,
        "sourcepackets": n,
        "destinationpackets": n * 2,
        "applicationid": 1000 + n % 3,
        "flowdirection": ("L2R", "R2L")[n % 2],
        "flowtype": 0,
        "qid": 53250000 + n % 3,
        "category": 18448 + n % 2,
        "severity": n % 10,
        "credibility": 5 + n % 5,
        "relevance": n % 4,
        "domainid": n % 2,
        "sourcepayload": f"GET /{n}" if n % 3 else None,
    }


TABLES = {"events": [event(n) for n in range(1, 61)], "flows": [flow(n) for n in range(1, 41)]}


@dataclass
class Search:
    """A search, how often its status was asked for, and what it found."""

    table: str
    rows: list[dict[str, Any]]
    asked: int = 0
    ended: str = ""


def refused(status: int, code: int, text: str) -> Refusal:
    """A no in QRadar's words."""
    refusal = Refusal(status, text)
    short = {401: "Unauthorized", 403: "Forbidden", 404: "We could not find the resource you requested."}
    words = short.get(status, "The request was well-formed but was unable to be followed")
    response = {"code": status, "message": words}
    body = {"http_response": response, "code": code, "description": "", "details": {}, "message": text}
    refusal.answer = Answer(body, status)
    return refusal


class Product(FakeProduct):
    """The console's REST API on the loopback interface, behind TLS."""

    def __init__(self, tables: Mapping[str, Sequence[dict[str, Any]]] | None = None) -> None:
        super().__init__(AUTHORITY.certificate("127.0.0.1").server_context())
        self.tables = dict(TABLES if tables is None else tables)
        self.searches: dict[str, Search] = {}
        self.may_search, self.token = True, TOKEN

    def select(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        return run_aql(query, self.tables, FUNCTIONS)

    def authorize(self, request: Received) -> None:
        if request.headers.get("sec") != self.token:
            raise refused(401, 18, "You are unauthorized to access the requested resource.")

    @route("GET", "/api/help/versions")
    def versions(self, request: Received) -> Answer:
        return Answer([{"id": 1, "version": "19.0"}])

    @route("POST", "/api/ariel/searches")
    def submit(self, request: Received) -> Answer:
        if not self.may_search:
            raise refused(403, 26, "Your account is not authorized to access the requested resource")
        query = request.form().get("query_expression", "")
        try:
            rows = self.select(query)
        except AqlError as error:
            raise refused(422, 2000, f"The query_expression contains invalid AQL syntax: {error}") from error
        search_id = f"0d1f4f0c-4df2-4a43-9d9c-{len(self.requests):012d}"
        table = "flows" if " FROM flows" in query else "events"
        self.searches[search_id] = Search(table, rows)
        return Answer(self._state(search_id), 201)

    @route("GET", "/api/ariel/searches/{search_id}")
    def status(self, request: Received, search_id: str) -> Answer:
        self._search(search_id).asked += 1
        return Answer(self._state(search_id))

    @route("GET", "/api/ariel/searches/{search_id}/results")
    def results(self, request: Received, search_id: str) -> Answer:
        search = self._search(search_id)
        if search.asked < 4:
            raise refused(404, 1003, "Search results not found. The search is still in progress.")
        asked = re.fullmatch(r"items=(\d+)-(\d+)", request.headers.get("range", "items=0-999999"))
        if asked is None:
            raise refused(422, 1005, "The Range header is not valid.")
        return Answer({search.table: search.rows[int(asked[1]) : int(asked[2]) + 1]})

    @route("DELETE", "/api/ariel/searches/{search_id}")
    def delete(self, request: Received, search_id: str) -> Answer:
        self._search(search_id)
        state = self._state(search_id)
        del self.searches[search_id]
        return Answer(state, 202)

    def _state(self, search_id: str) -> dict[str, Any]:
        search = self.searches[search_id]
        at = min(search.asked, 4)
        status = search.ended or ("WAIT", "WAIT", "EXECUTE", "SORTING", "COMPLETED")[at]
        errors = [{"code": "0", "message": "out of disk"}] if search.ended == "ERROR" else []
        return {"search_id": search_id, "status": status, "progress": at * 25, "error_messages": errors}

    def _search(self, search_id: str) -> Search:
        if search_id not in self.searches:
            raise refused(404, 1002, "The search does not exist.")
        return self.searches[search_id]


def connection(product: Product) -> dict[str, Any]:
    """How to reach the running product."""
    return {"host": product.host, "port": product.port, "selfSignedCert": AUTHORITY.pem}


def sandbox() -> Sandbox:
    """For `stix-shifter sandbox qradar`."""
    return Sandbox(
        product=Product(),
        connection=connection,
        configuration={"auth": {"sec": TOKEN}},
        pattern=f"[ipv4-addr:value LIKE '198.51.100.%'] {WINDOW}",
    )
