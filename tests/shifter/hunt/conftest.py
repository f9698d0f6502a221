"""What the tests of hunts share: products that really evaluate queries, bundles in files, sources of both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.hunt import Source
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.results import compile_mapping, translate_rows
from stix_shifter_utils.stix import bundle_of
from stix_shifter_utils.testing import Answer, FakeProduct, Received, Refusal, SqlTables, route

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]
USER, PASSWORD = "hunter", "corr3ct-h0rse-battery"
START_MS = 1704110400000  # 2024-01-01T12:00:00Z
WINDOW = "START t'2024-01-01T00:00:00.000Z' STOP t'2024-01-02T00:00:00.000Z'"


def network_event(number: int) -> Row:
    """A connection; several happen in one minute."""
    return {
        "event_time": START_MS + number // 3 * 60_000,
        "src_ip": f"192.0.2.{number % 20}",
        "dst_ip": f"198.51.100.{number % 4}",
        "src_port": 49152 + number,
        "dst_port": (443, 53, 8080)[number % 3],
        "protocol": "TCP" if number % 3 else "UDP",
        "host_name": None if number % 7 == 0 else f"host{number % 6}.example.com",
        "url": f"https://host{number % 6}.example.com/d/{number}?q=it's" if number % 2 else None,
        "severity": ("low", "medium", "high", None)[number % 4],
    }


def host_event(number: int) -> Row:
    """A process start."""
    return {
        "event_time": START_MS + number * 45_000,
        "file_name": ("cmd.exe", "bash", "größe 100%.sh")[number % 3],
        "md5": f"{number % 6:032x}",
        "sha256": f"{number % 6:064x}" if number % 6 else None,  # a file of one id is the same in every row
        "folder": (r"C:\Windows\System32", "/usr/bin", "/opt")[number % 3],
        "pid": 1000 + number,
        "command_line": f"run --job {number} 'a b'",
        "user_name": None if number % 4 == 0 else f"user{number % 4}",
        "severity": ("critical", "low")[number % 2],
    }


class Tables(FakeProduct):
    """A product with both tables, for the connector synchronous_template; it counts its answers of rows."""

    def __init__(self, network: Iterable[Row] = (), host: Iterable[Row] = ()) -> None:
        super().__init__()
        self.searches: dict[str, list[Row]] = {}
        self.state = "done"
        self.tables = SqlTables({
            "network_events": list(network) or [dict.fromkeys(network_event(1))],
            "host_events": list(host) or [dict.fromkeys(host_event(1))],
        })  # fmt: skip

    def authorize(self, request: Received) -> None:
        if request.basic() != (USER, PASSWORD):
            raise Refusal(401, "unknown user or wrong password")

    @route("GET", "/v1/health")
    def health(self, request: Received) -> Answer:
        return Answer({"status": "up"})

    @route("GET", "/v1/rows")
    def rows(self, request: Received) -> Answer:
        first, size = int(request.query["from"]), int(request.query["size"])
        return Answer({"rows": self.tables.select(request.query["query"])[first : first + size]})

    # the asynchronous API, for the connector async_template

    @route("POST", "/v1/searches")
    def submit(self, request: Received) -> Answer:
        search_id = f"search-{len(self.requests)}"
        self.searches[search_id] = self.tables.select(request.json()["query"])
        return Answer({"id": search_id}, 201)

    @route("GET", "/v1/searches/{search_id}")
    def status(self, request: Received, search_id: str) -> Answer:
        self._there(search_id)
        return Answer({"state": self.state, "percent": 50})

    @route("GET", "/v1/searches/{search_id}/rows")
    def search_rows(self, request: Received, search_id: str) -> Answer:
        self._there(search_id)
        first, size = int(request.query["from"]), int(request.query["size"])
        return Answer({"rows": self.searches[search_id][first : first + size]})

    @route("DELETE", "/v1/searches/{search_id}")
    def delete(self, request: Received, search_id: str) -> Answer:
        self._there(search_id)
        del self.searches[search_id]
        return Answer(b"", 204)

    def _there(self, search_id: str) -> None:
        if search_id not in self.searches:
            raise Refusal(404, "no such search")


def table_source(name: str, product: Tables, *, password: str = PASSWORD, **more: Any) -> Source:
    """A source over a product's tables."""
    options = more.pop("options", {})
    connector = more.pop("connector", "synchronous_template")
    return Source(
        name,
        connector,
        {"host": f"http://{product.host}", "port": product.port, "options": options},
        {"auth": {"username": USER, "password": password}},
        **more,
    )


def translated(rows: Iterable[Row], identity: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The STIX 2.1 objects of each row, by the map of synchronous_template, without any search."""
    entry_point = load_entry_point("synchronous_template")(
        options={"stix_2.1": True, "reserved_names": "rename"}
    )
    translator = entry_point.get_results_translator(["dialect1", "dialect2"])
    mapping = compile_mapping(
        translator.mapping(), transformers=translator.transformers, options=translator.options
    )
    return list(translate_rows(rows, identity, mapping).groups())


MakeBundle = Callable[..., Source]


@pytest.fixture
def bundle_source(tmp_path: Path) -> MakeBundle:
    """`bundle_source(name, rows)`: a file with the rows as a STIX 2.1 bundle, and a source for it."""

    def make(name: str, rows: Iterable[Row], **more: Any) -> Source:
        path = tmp_path / f"{name}.json"
        source = Source(name, "stix_bundle", {"url": str(path)}, **more)
        groups = translated(rows, source.identity)
        objects = {item["id"]: item for group in groups for item in group}
        path.write_text(json.dumps(bundle_of(objects.values(), "2.1")), encoding="utf-8")
        return source

    return make


@pytest.fixture
def product() -> Iterator[Tables]:
    """A product with sixty connections and thirty process starts."""
    with Tables(map(network_event, range(60)), map(host_event, range(30))) as running:
        yield running


EVIL = (
    "<img src=x onerror='window.hit=1'>",
    "</script><script>window.hit=1</script>",
    "<!--<script>",
    "]]>",
    "<svg/onload=window.hit=1>",
    "javascript:window.hit=1",
    '"><iframe srcdoc="<script>parent.hit=1</script>">',
    "'-(window.hit=1)-'",
    "${window.hit=1}",
    "{{constructor.constructor('window.hit=1')()}}",
    "\u2028window.hit=1\u2029",
    "</style><style>*{display:none}</style>",
    "data:text/html,<script>window.hit=1</script>",
    "\u202eexe.fdp",
    "\x00\x1b[31m",
    "__proto__",
    "constructor",
    "https://evil.invalid/?<b>",
    "//evil.invalid/x.js",
    "&lt;script&gt;",
)
"""What would run, load or break out, if a page took it for more than text."""


class Twisted:
    """A report as a page sees it, with every text changed by `twist(text, key)`."""

    def __init__(self, report: Any, twist: Callable[[str, str], str]) -> None:
        self.report, self.twist, self.ledger = report, twist, self

    def to_json(self) -> Any:
        return self._twisted(self.report.ledger.to_json(), "")

    def matches(self, limit: int) -> Any:
        return self._twisted([list(one) for one in self.report.matches(limit)], "id")

    def objects(self) -> Iterator[Any]:
        for item in self.report.objects():
            made = self._twisted(item, "")
            yield {**made, "type": self.twist(item["type"], "type")}

    def _twisted(self, value: Any, key: str) -> Any:
        if isinstance(value, dict):
            made = {name: self._twisted(part, name) for name, part in value.items()}
            return made | {
                self.twist(name, "*"): self.twist(name, "*")
                for name in value
                if key != "verdicts" and self.twist(name, "*") not in made
            }
        if isinstance(value, list | tuple):
            return [self._twisted(part, key) for part in value]
        return self.twist(value, key) if isinstance(value, str) else value
